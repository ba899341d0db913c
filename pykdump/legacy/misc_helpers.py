# SPDX-License-Identifier: GPL-3.0-or-later
"""Small helpers of the support engineers' programs: units, flags, per-CPU access. ``indent`` prints, as ever."""

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
    """Whether it is an integer, a typed one included."""
    return isinstance(obj, int)


def obj_is_floattype(obj: object) -> bool:
    """Whether it is a float."""
    return isinstance(obj, float)


def flags_to_string(flags: int, strings: Mapping[str, int]) -> str:
    """Names, joined by "|", of the bits that are set; ``strings`` maps names to bit numbers."""
    return "|".join(name for name, bit in strings.items() if flags & (1 << bit))


def defines_to_string(match_val: int, strings: Mapping[str, int]) -> str:
    """The first name of a value, "UNKNOWN" if it has none."""
    return next((name for name, value in strings.items() if value == match_val), "UNKNOWN")


def indent_str(lvl: int) -> str:
    """Four blanks for each level."""
    return " " * (4 * lvl)


def indent(lvl: int) -> None:
    """Print indent_str() without a line end."""
    print(indent_str(lvl), end="")


def val_to_units_string(val: int, base: int | str, custom_strings: Sequence[str] | None = None) -> str:
    """A size with its unit: base 1024 gives "1.50 KiB", 1000 gives "2 KB", "SI" gives "2 K", others "2".

    ``custom_strings`` are units for the powers of ``base``.
    """
    step, names = (base, custom_strings) if custom_strings is not None else UNITS.get(base, (1, None))
    if names is None or not isinstance(step, int) or step <= 1:
        return str(val)
    power = 0
    # Integers all the way: a logarithm is off by one just below the powers.
    while power + 1 < len(names) and abs(val) >= step ** (power + 1):
        power += 1
    whole, rest = divmod(val, step**power)
    return f"{val / step**power:.2f} {names[power]}" if rest else f"{whole} {names[power]}"


def get_enum_info(enum_name: str) -> dict[str, int]:
    """{name: value} of an enum; TypeError if there is none."""
    return enum_values(enum_name if enum_name.startswith("enum ") else f"enum {enum_name}")


def get_enum_string(val: int, enum_name: str) -> str:
    """The name of a value of an enum, "" if it has none."""
    return next((name for name, value in get_enum_info(enum_name).items() if value == val), "")


def get_enum_tag_value(tag: str, enum_name: str) -> int:
    """The value of a name of an enum, -1 if there is none of that name."""
    return get_enum_info(enum_name).get(tag, -1)


class get_per_cpu:
    """Access to what is allocated per CPU. ``cpu`` maps CPU to its offset, as hexadecimal text; ``count`` CPUs."""

    def __init__(self) -> None:
        self.cpu = {cpu: f"{percpu_ptr(0, cpu):#x}" for cpu in possible_cpus()}
        self.count = len(self.cpu)

    def per_cpu_ptr(self, cpu: int, pointer: int) -> Any:
        """A per-CPU object on one CPU; of the type of ``pointer``, as percpu_ptr() gives it."""
        return percpu_ptr(pointer, cpu)

    def per_cpu_struct(self, cpu: int, pointer: int, structtype: str) -> StructResult:
        """The ``struct structtype`` (named without "struct") of one CPU."""
        return readSU("struct " + structtype, percpu_ptr(pointer, cpu))

    def sum_values(self, struct: int) -> int:
        """The sum of a per-CPU ``u64`` over all CPUs. (The classic stopped after the first.)"""
        return sum(readU64(percpu_ptr(struct, cpu)) for cpu in self.cpu) & 0xFFFFFFFFFFFFFFFF

    def __repr__(self) -> str:
        return "\n".join(["per-cpu:", *(f"    {cpu:3}: {offset}" for cpu, offset in self.cpu.items())])
