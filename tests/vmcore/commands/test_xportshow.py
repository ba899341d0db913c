# SPDX-License-Identifier: GPL-3.0-or-later
"""xportshow: each option once, text beside JSON, an early end of the output, and damaged arguments."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from support.session import CrashSession
from support.truth import Truth

Document = Callable[[str], dict[str, Any]]
OPTIONS = (
    "", "-a", "-l", "-t", "-u", "-w", "-x", "-a -v", "-a -vv", "-t -l", "-a -p", "-r", "-r -v", "-i", "-i -v",
    "--arp", "--rtcache", "--netfilter", "--softnet", "--softnet -vv", "-s", "--statistics -v", "--sysctl",
    "--devpack", "--summary", "--port 7001", "--tcpstate LISTEN", "--tcpstate NEW_SYN_RECV", "--retransonly",
    "--retransonly -v", "--packet --netlink --vsock", "--interface lo", "--interface lo -v", "--netns all -a",
    "--netns all -r -v", "--program *", "--pid 1", "--pid", "--everything",
)  # fmt: skip


@pytest.mark.parametrize("options", OPTIONS)
def test_each_option_works_in_text_and_in_json(crash_session: CrashSession, document: Document, options: str) -> None:
    output = crash_session.run(f"xportshow {options}")
    assert output.strip() and "Traceback" not in output and "Cannot tell" not in output
    assert not document(f"xportshow {options}")["problems"]


def test_the_table_shows_the_same_sockets(crash_session: CrashSession, document: Document) -> None:
    records = document("xportshow -t -a")["records"]
    lines = [line.split() for line in crash_session.run("xportshow -t -a").splitlines() if line.startswith("tcp")]
    names = {4: "tcp", 6: "tcp6"}
    assert [(words[0], words[1], words[2], words[5]) for words in lines] == [
        (names[row["ip_version"]], str(row["receive_queue"]), str(row["send_queue"]), row["state"]) for row in records
    ]


def test_the_head_of_the_output_ends_the_command(crash_session: CrashSession) -> None:
    began = time.monotonic()
    output = crash_session.run("xportshow -a -v | head -3")
    assert len(output.splitlines()) == 3
    assert time.monotonic() - began < crash_session._patience(20)
    assert crash_session.run("!jobs").strip() == ""


def test_listening_and_connected_are_all(document: Document) -> None:
    listening, connected, both = (document(f"xportshow -t {o}")["records"] for o in ("-l", "", "-a"))
    assert listening and connected
    assert {row["state"] for row in listening} == {"LISTEN"} and "LISTEN" not in {row["state"] for row in connected}
    assert Counter(row["address"] for row in both) == Counter(row["address"] for row in listening + connected)


def test_ports_states_and_retransmissions(document: Document) -> None:
    whole = document("xportshow -a -t -v")["records"]
    port = document("xportshow -a -t --port 7001")["records"]
    assert {r["address"] for r in port} == {r["address"] for r in whole if 7001 in (r["local_port"], r["remote_port"])}
    state = document("xportshow --tcpstate syn_sent")["records"]
    assert {r["address"] for r in state} == {r["address"] for r in whole if r["state"] == "SYN_SENT"} and state
    again = document("xportshow --retransonly")["records"]
    assert {r["address"] for r in again} == {r["address"] for r in whole if r["retransmits"]} and again


def test_the_summary_counts_the_sockets(document: Document) -> None:
    found = {
        (row["protocol"], row["state"]): row["sockets"]
        for row in document("xportshow --summary")["records"]
        if row["kind"] == "socket-count"
    }
    rows = document("xportshow -a")["records"]
    expected = Counter((row["protocol"], row["state"]) for row in rows)
    expected.update(
        ("unix", row["state"]) for row in document("xportshow -a -x")["records"] if row["kind"] == "unix-socket"
    )
    assert found == expected


def test_packets_of_a_queue(crash_session: CrashSession, document: Document, truth: Truth) -> None:
    (full,) = (row for row in document("xportshow -x -a")["records"] if row["path"] == "/run/name with blank.sock")
    members = crash_session.run(f"struct -o unix_sock.sk {full['address']}") and crash_session.run(
        "struct -o sock.sk_receive_queue"
    )
    offset = re.search(r"\[(\d+)\]", members)
    assert offset
    head = int(full["address"], 16) + int(offset[1])
    (packet,) = document(f"xportshow --skbuffhead {head:x}")["records"]
    assert packet["length"] == full["receive_queue"] == 42
    (decoded,) = document(f"xportshow --decode skb {packet['address']}")["records"]
    assert decoded == packet


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--netns ffffffff00000000", "no network namespace"),
        ("--pid 999999", "no process"),
        ("--program nobody", "no process"),
        ("--interface nothing0", "no interface"),
        ("--skbuffhead 1", "read"),
        ("--decode iph 1", "1"),
        ("--decode nonsense 1", "known are skb"),
    ],
)
def test_what_is_not_there_is_one_line(crash_session: CrashSession, options: str, words: str) -> None:
    output = crash_session.run(f"xportshow {options}")
    lines = [line for line in output.splitlines() if line.startswith("Cannot tell")]
    assert len(lines) == 1 and words in lines[0] and "Traceback" not in output


def test_a_wrong_state_is_one_line(crash_session: CrashSession) -> None:
    output = crash_session.run("xportshow --tcpstate OPEN")
    assert "unknown state 'OPEN'" in output and "Traceback" not in output
