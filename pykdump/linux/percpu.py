# SPDX-License-Identifier: GPL-3.0-or-later
"""Per-CPU variables: their addresses on each CPU, and the lists of CPUs."""

from __future__ import annotations

import struct
import sys

from crash import (
    Addr,
    StructResult,
    error,
    member_offset,
    readmem,
    readPtr,
    readS32,
    readSU,
    struct_size,
    sym2addr,
    symbol_exists,
    tPtr,
    whatis,
)

from pykdump.c_integers import LONG_MASK, PTR_SIZE
from pykdump.caches import CU_LIVE, CU_LOAD, memoize_cond
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any


def _cpus(kind: str) -> list[int]:
    """Return the CPUs in the kernel's possible, present or online mask; [0] on a kernel without SMP."""
    address = sym2addr(f"__cpu_{kind}_mask")
    if not address:
        # Before commit c4c54dd1caf1 ("kernel/cpu.c: change type of cpu_possible_bits and friends", v4.5)
        # it was a pointer: const struct cpumask *const cpu_possible_mask.
        pointer = sym2addr(f"cpu_{kind}_mask")
        address = readPtr(pointer) if pointer else 0
    if not address:
        return [0]
    return _set_bits(readmem(address, max(struct_size("struct cpumask"), PTR_SIZE)))


def _set_bits(bitmap: bytes) -> list[int]:
    """Return the numbers of the bits that are set in a bitmap, which is an array of ``unsigned long``."""
    words = [int.from_bytes(bitmap[i : i + PTR_SIZE], sys.byteorder) for i in range(0, len(bitmap), PTR_SIZE)]
    width = 8 * PTR_SIZE
    return [n * width + bit for n, word in enumerate(words) for bit in range(width) if word >> bit & 1]


@memoize_cond(CU_LIVE)
def possible_cpus() -> list[int]:
    """Return the CPUs for which this kernel has per-CPU memory."""
    return _cpus("possible")


@memoize_cond(CU_LIVE)
def present_cpus() -> list[int]:
    """Return the CPUs of the machine, online or not."""
    return _cpus("present")


@memoize_cond(CU_LIVE)
def online_cpus() -> list[int]:
    """Return the CPUs that were running."""
    return _cpus("online")


@memoize_cond(CU_LIVE)
def running_cpus() -> list[int]:
    """Return the CPUs that ran until the dump: those that are online, and those that a panic has stopped.

    panic() takes each CPU that it stops out of the online mask, but not out of the mask of active ones, from which only
    CPU hotplug takes it (kernel/cpu.c; set_cpu_online() in the machines' functions to stop a CPU).
    """
    return sorted({*_cpus("online"), *_cpus("active")})


def cpu_offset(cpu: int) -> int:
    """Return ``__per_cpu_offset[cpu]``, 0 on a kernel without SMP."""
    table = sym2addr("__per_cpu_offset")
    return readPtr(table + cpu * PTR_SIZE) if table else 0


def percpu_ptr(pointer: int, cpu: int) -> Any:
    """Return the address of a per-CPU object on one CPU, as the kernel's per_cpu_ptr() does.

    ``pointer`` is a ``__percpu`` pointer or the address of a static per-CPU symbol. The result has its type: a
    StructResult, a tPtr or an int.
    """
    address = (int(pointer) + cpu_offset(cpu)) & LONG_MASK
    if isinstance(pointer, StructResult):
        return readSU(pointer.PYT_symbol, address)
    return tPtr(address, pointer.ti) if isinstance(pointer, tPtr) else address


@memoize_cond(CU_LIVE)
def _offsets() -> dict[int, int]:
    return {cpu: cpu_offset(cpu) for cpu in possible_cpus()}


def percpu_addresses(pointer: int, cpus: Iterable[int]) -> list[int]:
    """Return the address of a per-CPU object on each of these CPUs, as percpu_ptr() of an int. For long lists.

    Raises KeyError for a CPU without per-CPU memory.
    """
    offsets = _offsets()
    return [(pointer + offsets[cpu]) & LONG_MASK for cpu in cpus]


def is_percpu_symbol(symbol: int | str) -> bool:
    """Return whether ``symbol`` is the name, or the address without offset, of a static per-CPU variable.

    Variables of modules are found by name only.
    """
    if isinstance(symbol, str):
        if _module_variable(symbol) is not None:
            return True
        if not symbol_exists(symbol):
            return False
        symbol = sym2addr(symbol)
    # On x86 the section began at 0 until commit 9d7de2aa8b41 ("x86/percpu/64: Use relative percpu offsets", v6.15).
    if not symbol_exists("__per_cpu_end"):
        return False
    return sym2addr("__per_cpu_start") <= symbol < sym2addr("__per_cpu_end")


def percpu_counter_sum(counter: StructResult) -> int:
    """Return the exact value of a ``struct percpu_counter``: its count plus what each CPU has not added yet."""
    total = int(counter.count)
    if not counter.hasField("counters"):  # without SMP
        return total
    pointer = int(counter.counters)
    return total + sum(readS32(percpu_ptr(pointer, cpu)) for cpu in possible_cpus())


@memoize_cond(CU_LIVE | CU_LOAD)
def _module_variable(name: str) -> int | None:
    """Return the address, without offset, of a module's per-CPU variable; None if no module has it.

    crash knows such a variable only after the module's debuginfo was loaded: it lies outside the module's memory.
    """
    # Since v4.5 struct module has a mod_kallsyms (kernel/module.c).
    head = sym2addr("modules")
    if not head or member_offset("struct module", "kallsyms") < 0 or member_offset("struct module", "percpu") < 0:
        return None
    for module in readSUListFromHead(head, "list", "struct module", warn=False):
        if module.percpu_size and module.kallsyms:
            for address, place in _symbols_between(module.kallsyms, int(module.percpu), module.percpu_size):
                if _is_text(place, name):
                    return address
    return None


def _symbols_between(table: StructResult, start: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield (value, address of the name) of the symbols in a ``struct mod_kallsyms`` whose value is in this range."""
    length = struct_size("Elf64_Sym" if PTR_SIZE == 8 else "Elf32_Sym")
    format_ = "=IBBHQQ" if PTR_SIZE == 8 else "=IIIBBH"
    strings = readPtr(Addr(table, "strtab"))
    data = readmem(int(table.symtab), length * int(table.num_symtab))
    for row in struct.iter_unpack(format_, data):
        value = row[4] if PTR_SIZE == 8 else row[1]
        if start <= value < start + size:
            yield value, strings + row[0]


def _is_text(address: int, text: str) -> bool:
    """Return whether the string at ``char *address`` equals ``text``."""
    wanted = text.encode() + b"\0"
    try:
        return readmem(address, len(wanted)) == wanted
    except error:
        return False


def get_cpu_var(name: str | int) -> list[int]:
    """Return the address of a per-CPU variable on each possible CPU, in the order of the CPUs.

    ``name`` is its symbol, or its address without offset. Raises TypeError if there is no such symbol.
    """
    if not isinstance(name, str):
        return [(int(name) + cpu_offset(cpu)) & LONG_MASK for cpu in possible_cpus()]
    # Before v2.6.33 the symbols had a prefix.
    address: int | None = sym2addr(name) or sym2addr("per_cpu__" + name)
    if not address and not symbol_exists(name):  # on x86 a per-CPU symbol may be at 0
        address = _module_variable(name)
    if address is None:
        raise TypeError(f"There is no per-CPU variable {name!r} in this kernel.")
    return [percpu_ptr(address, cpu) for cpu in possible_cpus()]


def get_cpu_var_type(name: str) -> str:
    """Return the type of a per-CPU variable, such as "struct rq". Raises TypeError if symbol or type is unknown."""
    return str(whatis(name if symbol_exists(name) else "per_cpu__" + name).ctype)


def runqueues() -> dict[int, StructResult]:
    """Return {CPU: ``struct rq``} for each present CPU whose runqueue is in the dump."""
    found = {}
    addresses = dict(zip(possible_cpus(), get_cpu_var("runqueues")))
    for cpu in present_cpus():
        try:
            readPtr(addresses[cpu])
        except (error, KeyError):
            continue
        found[cpu] = readSU("struct rq", addresses[cpu])
    return found
