# SPDX-License-Identifier: GPL-3.0-or-later
"""Why the kernel panicked: from the stack of the task that panicked, and from the kernel's log.

The stack shows through which function the kernel came to panic(). The log has the message, and for an oops the address
and the instruction.
"""

from __future__ import annotations

import re

from crash import error, readSymbol, symbol_exists

from pykdump.linux.percpu import runqueues

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from crash import StructResult

NO_CPU = -1  # PANIC_CPU_INVALID in include/linux/panic.h
REPORT_SECONDS = 5.0  # an oops is printed within a second, on a slow serial console in a few


class Cause:
    """A kind of panic: a short name, one sentence, functions that are then on the stack, and a text in the log.

    ``functions`` are alternatives. ``text`` is a regular expression; its group "detail" completes the sentence.
    """

    __slots__ = ("functions", "kind", "sentence", "text")

    def __init__(self, kind: str, sentence: str, functions: str = "", text: str = "") -> None:
        self.kind = kind
        self.sentence = sentence
        self.functions = frozenset(functions.split())
        self.text = re.compile(text) if text else None


# The first row that matches is the cause, so the more special one stands first.
CAUSES = (
    Cause("sysrq", "The crash was requested through sysrq (c).", "sysrq_handle_crash", r"sysrq: Trigger a crash"),
    Cause(
        "hung-task",
        "A task was blocked for too long, and hung_task_panic is set.",
        "check_hung_uninterruptible_tasks hung_task_info",
        r"Kernel panic - not syncing: hung_task: blocked tasks",
    ),
    Cause(
        "soft-lockup",
        "A CPU was stuck in the kernel, and softlockup_panic is set.",
        "watchdog_timer_fn",
        r"Kernel panic - not syncing: softlockup: hung tasks",
    ),
    Cause(
        "hard-lockup",
        "A CPU was stuck with interrupts disabled, and hardlockup_panic is set.",
        "watchdog_overflow_callback watchdog_hardlockup_check",
        r"Kernel panic - not syncing: Hard LOCKUP",
    ),
    Cause(
        "rcu-stall",
        "RCU waited too long for a CPU, and panic_on_rcu_stall is set.",
        "panic_on_rcu_stall print_cpu_stall print_other_cpu_stall",
        r"Kernel panic - not syncing: RCU Stall",
    ),
    Cause(
        "out-of-memory",
        "The memory was used up, and the kernel could not or should not kill a process.",
        "out_of_memory",
        r"Kernel panic - not syncing: (Out of memory|System is deadlocked on memory)",
    ),
    Cause(
        "machine-check",
        "The processor reported a hardware error.",
        "mce_panic do_machine_check mce_timed_out",
        r"Kernel panic - not syncing: (Fatal|Timeout: Not all CPUs).*[Mm]achine check",
    ),
    Cause(
        "nmi",
        "A non-maskable interrupt came, and the kernel is set to panic on it.",
        "unknown_nmi_error io_check_error pci_serr_error",
        r"Kernel panic - not syncing: NMI: Not continuing",
    ),
    Cause("init-died", "The process init ended.", "", r"Kernel panic - not syncing: Attempted to kill init!"),
    Cause(
        "no-root",
        "The root file system could not be mounted.",
        "mount_root mount_block_root mount_root_generic",
        r"Kernel panic - not syncing: VFS: Unable to mount root fs",
    ),
    Cause(
        "stack-protector",
        "A function has overwritten the end of its stack frame.",
        "__stack_chk_fail",
        r"stack-protector: Kernel stack is corrupted",
    ),
    Cause(
        "null-dereference",
        "The kernel used a NULL pointer (address {detail}).",
        "",
        r"(?:BUG: kernel NULL pointer dereference, address: |NULL pointer dereference at virtual address )"
        r"(?P<detail>\w+)",
    ),
    Cause(
        "bug",
        "The kernel found itself in a state that must not be (BUG at {detail}).",
        "",
        r"kernel BUG at (?P<detail>[^!]+)!?",
    ),
    Cause(
        "page-fault",
        "The kernel used an address without memory ({detail}).",
        "",
        r"(?:BUG: unable to handle .* for address: |unable to handle kernel .* at (?:virtual )?address:? )"
        r"(?P<detail>\w+)",
    ),
    Cause(
        "general-protection",
        "The kernel used an address that is not canonical, or a forbidden instruction.",
        "exc_general_protection",
        r"general protection fault",
    ),
    Cause("divide-error", "The kernel divided by zero.", "exc_divide_error", r"divide error: "),
    Cause(
        "double-fault",
        "A second exception came while the kernel handled the first one: often a stack overflow.",
        "exc_double_fault",
        r"double fault: |stack guard page was hit",
    ),
    Cause("panic", "The kernel called panic().", "panic vpanic", r"Kernel panic - not syncing: "),
)
MESSAGE = re.compile(r"Kernel panic - not syncing: (.*)")
# An oops prints "RIP: 0010:function+0x12/0x34 [module]" (x86), "pc : function+0x12/0x34 [module]" (arm64),
# "NIP [c0...] function+0x12/0x34" (powerpc) or "epc : function+0x12/0x34" (riscv).
INSTRUCTION = re.compile(
    r"(?:RIP: \w+:|pc : |NIP \[\w+\] |epc : |PSW : .*\()(?P<function>[\w.]+)\+(?P<offset>0x[0-9a-f]+)/0x[0-9a-f]+"
    r"(?: \[(?P<module>\w+)[^]]*\])?"
)


class Instruction:
    """Where an oops happened: function, offset in it, and the module; None for the kernel itself."""

    __slots__ = ("function", "module", "offset")

    def __init__(self, function: str, offset: int, module: str | None) -> None:
        self.function = function
        self.offset = offset
        self.module = module

    def __str__(self) -> str:
        return f"{self.function}+{self.offset:#x}" + (f" [{self.module}]" if self.module else "")


def cause_of(functions: Iterable[str], lines: Sequence[str]) -> tuple[Cause, str] | None:
    """Return (cause, sentence) of a panic; None if there was none.

    ``functions`` are on the stack of the task that panicked. ``lines`` are the texts of the kernel's log.
    """
    on_stack = frozenset(functions)
    for cause in CAUSES:
        detail = _detail(cause, lines)
        if detail is not None or cause.functions & on_stack:
            return cause, cause.sentence.format(detail=detail or "unknown")
    return None


def _detail(cause: Cause, lines: Sequence[str]) -> str | None:
    """Return the detail in the last matching line, "" if the text has none, None if no line matches."""
    for line in reversed(lines):
        match = cause.text.search(line) if cause.text else None
        if match:
            return match.groupdict().get("detail") or ""
    return None


def panic_message(lines: Sequence[str]) -> str | None:
    """Return the text of the first "Kernel panic - not syncing" in the log."""
    return next((match[1].strip() for match in map(MESSAGE.search, lines) if match), None)


def faulting_instruction(lines: Sequence[str]) -> Instruction | None:
    """Return the instruction of the first oops in report_of() the log, None if no oops was printed.

    An oops also prints the instruction of user space ("RIP: 0033:0x..."), which has no function.
    """
    for line in lines:
        match = INSTRUCTION.search(line)
        if match:
            return Instruction(match["function"], int(match["offset"], 16), match["module"])
    return None


def report_of(lines: Sequence[tuple[float, str]]) -> list[str]:
    """Return the texts of the log around the panic: the last REPORT_SECONDS before its message, and all after them.

    ``lines`` are (seconds since boot, text). Without a message, the end of the log counts: after an oops kexec starts
    the kernel that writes the dump before panic() prints anything.
    """
    if not lines:
        return []
    end = next((seconds for seconds, text in lines if MESSAGE.search(text)), lines[-1][0])
    return [text for seconds, text in lines if seconds >= end - REPORT_SECONDS]


def panic_cpu() -> int | None:
    """Return the CPU that called panic(), None if no CPU did.

    ``atomic_t panic_cpu`` is the CPU that won since v4.5 ("panic, x86: Fix re-entrance problem due to panic on NMI"),
    ``int crashing_cpu`` the one that started kexec. Both are -1 before.
    """
    for name in ("panic_cpu", "crashing_cpu"):
        if not symbol_exists(name):
            continue
        try:
            value = readSymbol(name)
            number = int(value.counter if hasattr(value, "counter") else value)
        except (error, TypeError, AttributeError):
            continue
        if number & 0xFFFFFFFF != NO_CPU & 0xFFFFFFFF:
            return number
    return None


def running_on(cpu: int) -> StructResult:
    """Return the ``struct task_struct *`` that runs on a CPU: ``runqueues[cpu].curr``. Raises KeyError."""
    task: StructResult = runqueues()[cpu].curr
    return task
