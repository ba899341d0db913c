# SPDX-License-Identifier: GPL-3.0-or-later
"""Small helpers of old programs (LinuxDump.libmisc): units, names of flags and enumerators, per-CPU access."""

from __future__ import annotations

from crash import enum_values, readSU, readU64

from pykdump.linux.percpu import percpu_ptr, possible_cpus

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from crash import StructResult

UNITS: dict[object, tuple[int, list[str]]] = {
    "SI": (1000, ["", "K", "M", "G", "T", "P", "E", "Z", "Y"]),
    1000: (1000, [" Bytes", "KB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]),
    1024: (1024, [" Bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]),
}


def obj_is_inttype(obj: object) -> bool:
    """Return whether ``obj`` is an int; integers of C types are ints too."""
    return isinstance(obj, int)


def obj_is_floattype(obj: object) -> bool:
    """Return whether ``obj`` is a float."""
    return isinstance(obj, float)


def flags_to_string(flags: int, strings: Mapping[str, int]) -> str:
    """Return the names of the bits that are set in ``flags``, joined by "|". ``strings`` is {name: bit number}."""
    return "|".join(name for name, bit in strings.items() if flags & (1 << bit))


def defines_to_string(match_val: int, strings: Mapping[str, int]) -> str:
    """Return the first name of a value in {name: value}, "UNKNOWN" if there is no such value."""
    return next((name for name, value in strings.items() if value == match_val), "UNKNOWN")


def indent_str(lvl: int) -> str:
    """Return four blanks for each level."""
    return " " * (4 * lvl)


def indent(lvl: int) -> None:
    """Print four blanks for each level, without a line end."""
    print(indent_str(lvl), end="")


def val_to_units_string(val: int, base: int | str, custom_strings: Sequence[str] | None = None) -> str:
    """Return a size with its unit: base 1024 gives "1.50 KiB", 1000 gives "2 KB", "SI" gives "2 K".

    ``custom_strings`` are the units for the powers of ``base``. Without them another base gives the plain number.
    """
    step, names = (base, custom_strings) if custom_strings is not None else UNITS.get(base, (1, None))
    if names is None or not isinstance(step, int) or step <= 1:
        return str(val)
    power = 0
    # Integers only: a logarithm would round up just below a power.
    while power + 1 < len(names) and abs(val) >= step ** (power + 1):
        power += 1
    whole, rest = divmod(val, step**power)
    return f"{val / step**power:.2f} {names[power]}" if rest else f"{whole} {names[power]}"


def get_enum_info(enum_name: str) -> dict[str, int]:
    """Return {name: value} of an enum. Raises TypeError for an unknown enum."""
    return enum_values(enum_name if enum_name.startswith("enum ") else f"enum {enum_name}")


def get_enum_string(val: int, enum_name: str) -> str:
    """Return the name of a value of an enum, "" if no name has it."""
    return next((name for name, value in get_enum_info(enum_name).items() if value == val), "")


def get_enum_tag_value(tag: str, enum_name: str) -> int:
    """Return the value of a name of an enum, -1 if the enum has no such name."""
    return get_enum_info(enum_name).get(tag, -1)


class get_per_cpu:
    """Access to per-CPU memory. ``cpu`` is {CPU: its offset as hexadecimal text}, ``count`` the number of CPUs."""

    def __init__(self) -> None:
        self.cpu = {cpu: f"{percpu_ptr(0, cpu):#x}" for cpu in possible_cpus()}
        self.count = len(self.cpu)

    def per_cpu_ptr(self, cpu: int, pointer: int) -> Any:
        """Return a per-CPU object on one CPU; its type is that of ``pointer``, as with percpu_ptr()."""
        return percpu_ptr(pointer, cpu)

    def per_cpu_struct(self, cpu: int, pointer: int, structtype: str) -> StructResult:
        """Return the per-CPU ``struct structtype`` of one CPU; ``structtype`` is the name without "struct"."""
        return readSU("struct " + structtype, percpu_ptr(pointer, cpu))

    def sum_values(self, struct: int) -> int:
        """Return the sum of a per-CPU ``u64`` over all CPUs. The classic function stopped after the first CPU."""
        return sum(readU64(percpu_ptr(struct, cpu)) for cpu in self.cpu) & 0xFFFFFFFFFFFFFFFF

    def __repr__(self) -> str:
        return "\n".join(["per-cpu:", *(f"    {cpu:3}: {offset}" for cpu, offset in self.cpu.items())])
