# SPDX-License-Identifier: GPL-3.0-or-later
"""System calls: which one a thread is in, and with which arguments, as in /proc/PID/syscall."""

from __future__ import annotations

from crash import addr2sym, readmem, readSU, struct_size, sym2addr, symbol_exists

from pykdump.c_integers import PTR_SIZE
from pykdump.caches import CU_LOAD, memoize_cond
from pykdump.linux.locks.stack_words import stack_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult

    from pykdump.linux.tasks import Task

PF_KTHREAD = 0x00200000  # include/linux/sched.h
MAX_SYSCALLS = 1024
FRED_PADDING = 16
ABSENT = "sys_ni_syscall"
# The entry points of system calls: SYSCALL_DEFINE in arch/*/include/asm/syscall_wrapper.h makes the first ones, since
# v4.17 on x86, v4.19 on arm64, v5.19 on powerpc (without a prefix there) and v6.6 on riscv.
PREFIXES = ("__x64_sys_", "__arm64_sys_", "__riscv_sys_", "__s390x_sys_", "__se_sys_", "__do_sys_", "sys_")


class Registers:
    """Where ``struct pt_regs`` has the number and the arguments of a system call, the stack and the instruction."""

    __slots__ = ("arguments", "number", "pc", "sp")

    def __init__(self, number: str, arguments: str, sp: str, pc: str) -> None:
        self.number = number
        self.arguments = arguments.split()
        self.sp = sp
        self.pc = pc


# arch/*/include/asm/syscall.h, syscall_get_nr() and syscall_get_arguments(). "regs[3]" is an element of an array.
LAYOUTS = (
    Registers("orig_ax", "di si dx r10 r8 r9", "sp", "ip"),  # x86_64
    Registers("syscallno", "orig_x0 regs[1] regs[2] regs[3] regs[4] regs[5]", "sp", "pc"),  # arm64
    Registers("a7", "orig_a0 a1 a2 a3 a4 a5", "sp", "epc"),  # riscv
)


class Syscall:
    """The system call of a thread: number, name (None if unknown), arguments, user stack and instruction."""

    __slots__ = ("arguments", "name", "number", "pc", "sp")

    def __init__(self, number: int, name: str | None, arguments: tuple[int, ...], sp: int, pc: int) -> None:
        self.number = number
        self.name = name
        self.arguments = arguments
        self.sp = sp
        self.pc = pc


def plain_name(function: str) -> str:
    """Return the name of the system call of an entry point: "__x64_sys_read" gives "read"."""
    for prefix in PREFIXES:
        if function.startswith(prefix):
            return function[len(prefix) :]
    return function


@memoize_cond(CU_LOAD)
def syscall_names() -> dict[int, str]:
    """Return {number: name} from ``sys_call_table[]``. Raises TypeError if the kernel has no such table."""
    table = sym2addr("sys_call_table")
    if not table:
        raise TypeError("This kernel has no symbol 'sys_call_table'.")
    found: dict[int, str] = {}
    raw = readmem(table, MAX_SYSCALLS * PTR_SIZE)
    for number in range(MAX_SYSCALLS):
        address = int.from_bytes(raw[number * PTR_SIZE :][:PTR_SIZE], "little")
        function = addr2sym(address) if address else None
        if not function or "sys_" not in function:
            break  # the end of the table: it has no recorded size
        if not function.endswith(ABSENT):
            found[number] = plain_name(function)
    return found


def _layout(registers: StructResult) -> Registers:
    for layout in LAYOUTS:
        if registers.hasField(layout.number):
            return layout
    raise TypeError("The registers of a system call are not known for this machine.")


def user_registers(task: StructResult) -> StructResult:
    """Return the ``struct pt_regs`` at the top of a thread's kernel stack: the registers of user space.

    task_pt_regs() in arch/*/include/asm/processor.h. Kernels with CONFIG_X86_FRED leave 16 bytes above it
    (TOP_OF_KERNEL_STACK_PADDING, commit 65c9cc9e2c14, v6.9).
    """
    padding = FRED_PADDING if symbol_exists("asm_fred_entrypoint_user") else 0
    top = int(task.stack) + stack_size() - padding
    return readSU("struct pt_regs", top - struct_size("struct pt_regs"))


def _word(registers: StructResult, name: str) -> int:
    member, bracket, index = name.partition("[")
    value = getattr(registers, member)
    return int(value[int(index[:-1])] if bracket else value) & (1 << 8 * PTR_SIZE) - 1


def syscall_of(task: Task) -> Syscall | None:
    """Return the system call that a thread sleeps in, None for a kernel thread and outside of system calls.

    The registers of a running thread are those of its last entry into the kernel. Raises crash.error.
    """
    if int(task.ts.flags) & PF_KTHREAD or not task.ts.mm:
        return None
    registers = user_registers(task.ts)
    layout = _layout(registers)
    number = _word(registers, layout.number)
    names = syscall_names()
    if number not in names and number >= MAX_SYSCALLS:
        return None  # -1: the thread came into the kernel through an exception or an interrupt
    arguments = tuple(_word(registers, name) for name in layout.arguments)
    return Syscall(number, names.get(number), arguments, _word(registers, layout.sp), _word(registers, layout.pc))
