# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the kernel's BTF is read from: memory, else the vmlinux file if that belongs to the dump, else nowhere."""

from __future__ import annotations

import json
import mmap
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mpykbuild.base.paths import PROJECT
from mpykbuild.vmcore.kdump_pages import KdumpPages
from support.session import CrashSession, Variant, Vmcore

NAMES = [line.split()[0] for line in (PROJECT / "tests/bench/structs.txt").read_text().splitlines() if line[:1] != "#"]
PAGE = 4096

PROGRAM = """
import json
import crash
names, choices, where = ARGUMENTS
result = {}
for choice in choices:
    crash.set_type_source(choice)
    found = {name: crash.struct_info("struct " + name) for name in names if crash.struct_size("struct " + name) >= 0}
    module = [crash.struct_size("struct " + name) for name in ("xfs_mount", "tun_struct")]
    result[choice] = {"state": crash.type_source(), "structs": found, "module": module}
crash.set_type_source("auto")
open(where, "w").write(json.dumps(result))
"""

Ask = Callable[[CrashSession, list[str]], dict[str, Any]]


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Return a session's layouts of the structs, for each choice of a source."""

    def run(session: CrashSession, choices: list[str]) -> dict[str, Any]:
        program, where = tmp_path / "ask.py", tmp_path / "answer.json"
        program.write_text(PROGRAM.replace("ARGUMENTS", repr((NAMES, choices, str(where)))))
        output = session.run(f"epython {program}", timeout=600)
        assert where.exists(), output
        answer: dict[str, Any] = json.loads(where.read_text())
        return answer

    return run


def btf_frames(session: CrashSession) -> range:
    """Numbers of the page frames that hold nothing but BTF."""
    text = "print(hex(crash.sym2addr('__start_BTF')), hex(crash.sym2addr('__stop_BTF')))"
    start, stop = (int(word, 16) for word in session.run(f'epython -c "import crash; {text}"').split()[:2])
    first = (start + PAGE - 1) // PAGE * PAGE
    found = re.search(rf"^{first:x}\s+([0-9a-f]+)", session.run(f"vtop {first:x}"), re.MULTILINE)
    assert found is not None
    frame = int(found[1], 16) // PAGE
    return range(frame, frame + (stop - first) // PAGE)


@pytest.fixture(scope="module")
def without_btf(vmcore: Vmcore, tmp_path_factory: pytest.TempPathFactory) -> Callable[[CrashSession], Vmcore]:
    """The dump without the pages of its BTF; made once."""
    out = tmp_path_factory.mktemp("without_btf") / "vmcore"

    def make(session: CrashSession) -> Vmcore:
        if not out.exists():
            frames = btf_frames(session)
            with KdumpPages(vmcore.vmcore) as pages:
                assert pages.write_without(out, frames.__contains__, 31) == len(frames) > 1000
        return Vmcore(vmcore.vmlinux, out, vmcore.truth)

    return make


def test_the_file_says_what_memory_says(crash_session: CrashSession, ask: Ask, vmcore: Vmcore) -> None:
    expected = ask(crash_session, ["btf", "file"])
    assert (expected["btf"]["state"]["kernel"], expected["btf"]["state"]["file"]) == ("memory", None)
    assert expected["file"]["state"]["kernel"] == "file"
    assert Path(expected["file"]["state"]["file"]).resolve() == vmcore.vmlinux.resolve()
    assert len(expected["btf"]["structs"]) > 200
    assert expected["file"]["structs"] == expected["btf"]["structs"]
    assert min(expected["file"]["module"]) > 100
    assert expected["file"]["module"] == expected["btf"]["module"]
    assert "tun" in expected["file"]["state"]["modules"]


@pytest.mark.long
def test_a_dump_without_these_pages(
    crash_session: CrashSession, variant: Variant, without_btf: Callable[[CrashSession], Vmcore], ask: Ask
) -> None:
    wanted = ask(crash_session, ["btf"])["btf"]
    with CrashSession(variant, without_btf(crash_session)) as session:
        read = "crash.readmem(crash.sym2addr('__stop_BTF') - 8192, 8)"
        assert "error" in session.run(f'epython -c "import crash; {read}"')
        expected = ask(session, ["auto"])["auto"]
    assert expected["state"]["kernel"] == "file"
    assert "the memory from __start_BTF to __stop_BTF is not in the dump" in expected["state"]["reason"]
    assert expected["structs"] == wanted["structs"]
    assert expected["module"] == wanted["module"]


def with_another_build_id(vmlinux: Path, out: Path, build_id: bytes) -> None:
    shutil.copyfile(vmlinux, out)
    with out.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
        at = content.find(build_id)
        assert at > 0
        content[at : at + len(build_id)] = bytes(byte ^ 0xFF for byte in build_id)


@pytest.mark.long
def test_the_file_of_another_build_is_not_used(
    crash_session: CrashSession,
    variant: Variant,
    without_btf: Callable[[CrashSession], Vmcore],
    ask: Ask,
    tmp_path: Path,
) -> None:
    """crash itself compares no more than the banner; types are gdb's then."""
    dump = without_btf(crash_session)
    meta = json.loads((dump.truth / "meta.json").read_text())
    other = tmp_path / "vmlinux"
    with_another_build_id(dump.vmlinux, other, bytes.fromhex(meta["vmcoreinfo"]["BUILD-ID"]))
    with CrashSession(variant, Vmcore(other, dump.vmcore, dump.truth)) as session:
        expected = session.run('epython -c "import crash, json; print(json.dumps(crash.type_source()))"')
        size = session.run("epython -c \"import crash; print(crash.struct_size('struct list_head'))\"").split()[0]
    other.unlink()
    state = json.loads(expected.splitlines()[0])
    assert (state["kernel"], state["file"], state["modules"]) == (None, None, [])
    assert "its build ID differs from that of the dump's kernel" in state["reason"]
    assert size == "16"
