# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions that GNU as has assembled, for the tests of the flow of values. EXTERNAL is another function."""

from __future__ import annotations

from collections.abc import Mapping

from pykdump.linux.x86.decode import Instruction, decode

START = 0xFFFFFFFF81000000


class Assembled:
    """A function at START; see flow.Code."""

    def __init__(self, text: str, fixups: Mapping[int, int] | None = None) -> None:
        self.start = START
        self.bytes = bytes.fromhex("".join(line.partition("#")[0] for line in text.splitlines()))
        self._fixups = {START + at: START + to for at, to in (fixups or {}).items()}

    @property
    def fixups(self) -> Mapping[int, int]:
        return self._fixups

    def decode(self, address: int) -> Instruction:
        return decode(self.bytes, address - self.start, address)

    def contains(self, address: int) -> bool:
        return 0 <= address - self.start < len(self.bytes)


KEEPS = Assembled(
    """
    55                # push %rbp
    53                # push %rbx
    48 83 ec 18       # sub $0x18,%rsp
    48 89 fb          # mov %rdi,%rbx
    48 89 74 24 08    # mov %rsi,8(%rsp)
    48 89 d5          # mov %rdx,%rbp
    85 c9             # test %ecx,%ecx
    74 03             # je 1f
    4c 89 c5          # mov %r8,%rbp
    89 ce             # 1: mov %ecx,%esi
    48 8d 7b 04       # lea 4(%rbx),%rdi
    ba 07 00 00 00    # mov $7,%edx
    e8 00 10 00 00    # call another function; it returns to 0x28
    48 83 c4 18 5b 5d c3
    """
)
SHARES = Assembled(
    """
    48 83 ec 28       # sub $0x28,%rsp
    48 89 7c 24 10    # mov %rdi,0x10(%rsp)
    48 8d 7c 24 18    # lea 0x18(%rsp),%rdi
    e8 00 10 00 00    # call
    48 8b 74 24 10    # 0x13: mov 0x10(%rsp),%rsi
    31 ff             # xor %edi,%edi
    e8 00 10 00 00    # call; it returns to 0x1f
    48 83 c4 28 c3
    """
)
LOOPS = Assembled(
    """
    55                # push %rbp
    48 89 fd          # mov %rdi,%rbp
    53                # push %rbx
    48 89 f3          # mov %rsi,%rbx
    48 89 df          # 8: mov %rbx,%rdi
    e8 00 10 00 00    # call; it returns to 0x10
    48 83 eb 01       # sub $1,%rbx
    75 f2             # jne 8
    48 8b 7d 10       # mov 0x10(%rbp),%rdi
    e8 00 10 00 00    # call; it returns to 0x1f
    5b 5d             # pop %rbx; pop %rbp
    e9 00 20 00 00    # jmp to another function
    """
)
SWITCHES = Assembled("83 ff 03  77 03  53  ff e0  c3  # cmp; ja; push %rbx; jmp *%rax; ret")
FAULTS = Assembled(
    """
    48 8b 07          # mov (%rdi),%rax
    48 89 fe          # mov %rdi,%rsi
    c3                # ret
    b8 f2 ff ff ff    # 7: mov $-14,%eax
    c3                # 12: ret
    """,
    {0: 7},
)
ON_STACK = Assembled(
    """
    48 8b 7c 24 08                # mov 8(%rsp),%rdi
    48 c7 44 24 10 00 00 00 00    # movq $0,0x10(%rsp)
    e8 00 10 00 00                # call; it returns to 0x13
    c3
    """
)
