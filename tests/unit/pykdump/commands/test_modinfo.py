# SPDX-License-Identifier: GPL-3.0-or-later
"""modinfo: instructions from the text of crash's command dis."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import modinfo  # noqa: E402

# crash 9.0.2 and crash 8.0.6 print "0x" and the address; a jump shows its target.
DIS = """\
0xffffffffc0ae2310 <exit_grace>:        endbr64
0xffffffffc0ae2314 <cleanup_module+4>:  mov    $0xffffffffc0ae4060,%rdi
0xffffffffc0ae231b <cleanup_module+11>: jmp    0xffffffff9efef120 <unregister_pernet_subsys>
0xffffffffc0ae2320 <next>:      nop
"""


def test_instructions_end_with_the_function() -> None:
    found = list(modinfo.instructions(DIS.splitlines(), 0xFFFFFFFFC0AE2320))
    assert [(each.address & 0xFFF, each.place, each.text.split()[0]) for each in found] == [
        (0x310, "exit_grace", "endbr64"), (0x314, "cleanup_module+4", "mov"), (0x31B, "cleanup_module+11", "jmp"),
    ]  # fmt: skip
    assert found[2].text == "jmp    0xffffffff9efef120 <unregister_pernet_subsys>"


def test_other_lines_are_left_out() -> None:
    assert list(modinfo.instructions(["dis: cannot", ""], 10)) == []


def test_which_letters_are_explained() -> None:
    found = list(modinfo._taints({"O": ["b", "a"]}, [0x10], True))
    letter, finding = found
    assert isinstance(letter, modinfo.Taint) and letter.modules == ("b", "a")
    assert str(finding).endswith("Modules taint the kernel: a, b. (0x10)")
    assert len(list(modinfo._taints({"O": ["b"]}, [0x10], False))) == 1
    assert list(modinfo._taints({}, [], True)) == []


@pytest.mark.parametrize("argv", [["--details"], ["--nonsense"]])
def test_a_wrong_command_line(argv: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        modinfo.main(argv)
    assert ended.value.code == 3
