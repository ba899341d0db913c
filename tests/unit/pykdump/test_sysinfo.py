# SPDX-License-Identifier: GPL-3.0-or-later
"""sys_info, parsed from recorded output of crash's sys command."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import sysinfo  # noqa: E402

TRANSCRIPTS = sorted((Path(__file__).parents[2] / "fixtures/transcripts").glob("sys-*.txt"))

SPLIT_DUMP = """\
      KERNEL: vmlinux  [TAINTED]
   DUMPFILES: vmcore1 [PARTIAL DUMP]
              vmcore2 [PARTIAL DUMP]
        CPUS: 64 [OFFLINE: 32]
        DATE: Tue Feb 17 11:02:33 UTC 2026
     RELEASE: 5.14.0-362.el9.aarch64
     MACHINE: aarch64  (unknown Mhz)
       PANIC: "Oops: 0000 [#1] SMP: again"
"""
LIVE = "DEBUG KERNEL: /boot/dbg/vmlinux (6.1.0)\n    DUMPFILE: /proc/kcore\n     RELEASE: 6.1.0-9\n"


def test_there_are_transcripts_of_both_crash_majors() -> None:
    assert {path.name[len("sys-") :][0] for path in TRANSCRIPTS} == {"8", "9"}


@pytest.mark.parametrize("path", TRANSCRIPTS, ids=lambda path: path.stem)
def test_a_recorded_transcript(path: Path) -> None:
    facts = sysinfo.system_facts(path.read_text())
    assert facts["machine"] == "x86_64"
    assert isinstance(facts["CPUS"], int)
    assert facts["CPUS"] > 0
    assert facts["RELEASE"].startswith(str(facts["kernel"]).rsplit(".", 1)[0])
    assert not facts["livedump"]
    assert len(facts["LOAD AVERAGE"].split(",")) == 3
    assert int(facts["TASKS"]) > 0
    for key in ("KERNEL", "DUMPFILE", "DATE", "UPTIME", "NODENAME", "VERSION", "MEMORY", "PANIC"):
        assert facts[key], key


def test_several_dump_files_and_odd_values() -> None:
    facts = sysinfo.system_facts(SPLIT_DUMP)
    assert facts["DUMPFILE"] == "vmcore1,vmcore2"
    assert facts["CPUS"] == 64
    assert facts["machine"] == "aarch64"
    assert facts["DATE"] == "Tue Feb 17 11:02:33 UTC 2026"
    assert facts["PANIC"] == '"Oops: 0000 [#1] SMP: again"'
    assert facts["kernel"] == "5.14.0"
    assert facts["DebugDir"] == "."


def test_a_live_system_searches_the_current_directory_first() -> None:
    facts = sysinfo.system_facts(LIVE)
    assert facts["livedump"]
    assert facts["DebugDir"] == "/boot/dbg"
    assert facts["debuginfo"][0] == "."


def test_nothing_is_asked_before_it_is_needed() -> None:
    kernel = fake_crash.install()
    info = sysinfo.SystemInfo()
    kernel.commands["sys"] = SPLIT_DUMP
    assert info.RELEASE == "5.14.0-362.el9.aarch64"
    kernel.commands.clear()
    assert info["PANIC"].startswith('"Oops')
    assert "DATE" in info
    assert info.get("NOTHING", 5) == 5
    assert set(info) == set(info.keys()) == {key for key, _ in info.items()}
    assert "aarch64" in str(info)
    with pytest.raises(KeyError):
        info["NOTHING"]
    with pytest.raises(AttributeError):
        _ = info.NOTHING


def test_versions_compare_as_numbers() -> None:
    version = sysinfo.KernelRev("5.14.0")
    assert version > "5.9.0"
    assert version >= "5.14"
    assert version < "6.0"
    assert version <= "5.14.0-rc1"
    assert not version > "5.14.0"
    assert version == "5.14.0"
