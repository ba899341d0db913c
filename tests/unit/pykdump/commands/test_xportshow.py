# SPDX-License-Identifier: GPL-3.0-or-later
"""xportshow: which views the options ask for, and wrong command lines."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import xportshow  # noqa: E402


def views(*words: str) -> list[str]:
    options = xportshow.COMMAND.parser().parse_args(words)
    return [heading for heading, _ in xportshow._chosen(options)]


@pytest.mark.parametrize(
    ("words", "headings"),
    [
        ((), ["Summary"]),
        (("-a",), ["Sockets"]),
        (("-v", "-a"), ["Sockets"]),
        (("--port", "22"), ["Sockets"]),
        (("-p",), ["Sockets"]),
        (("--tcpstate", "SYN_SENT"), ["Sockets"]),
        (("-x",), ["UNIX sockets"]),
        (("-r", "--arp"), ["Neighbours", "Routes"]),
        (("--interface", "eth0"), ["Interfaces"]),
        (("--skbuffhead", "ffff888000000000"), ["Packets"]),
    ],
)
def test_the_options_choose_views(words: tuple[str, ...], headings: list[str]) -> None:
    assert views(*words) == headings


def test_everything_is_all_that_needs_no_value() -> None:
    missing = {heading for heading, names, _ in xportshow.VIEWS if xportshow.NEED_A_VALUE & set(names)}
    assert set(views("--everything")) == {heading for heading, _, _ in xportshow.VIEWS} - missing
    assert missing == {"Packets", "Decoded", "Sockets of processes"}


def test_a_finding_comes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from pykdump.command_layer import Finding

    def view(options: object) -> list[Finding]:
        return [Finding("link-down", "eth0 is up and has no link.", (), (address,)) for address in (1, 2)]

    monkeypatch.setattr(xportshow, "VIEWS", (("One", ("all",), view), ("Two", ("tcp",), view)))
    options = xportshow.COMMAND.parser().parse_args(["-a", "-t"])
    found = [event.addresses for event in xportshow.collect(options) if isinstance(event, Finding)]
    assert found == [(1,), (2,)]


@pytest.mark.parametrize("name", ["SYN_SENT", "syn-sent", "TCP_SYN_SENT"])
def test_names_of_states(name: str) -> None:
    assert xportshow.COMMAND.parser().parse_args(["--tcpstate", name]).tcpstate == "SYN_SENT"


@pytest.mark.parametrize(
    "words", [("--tcpstate", "OPEN"), ("--netns", "here"), ("--port", "http"), ("--pid", "-1"), ("--skbuffhead", "x")]
)
def test_a_wrong_value_is_one_line(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        xportshow.main(words)
    assert ended.value.code == 3
    assert len(capsys.readouterr().err.splitlines()) == 1
