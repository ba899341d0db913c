# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a kernel is tainted: the bits of ``unsigned long tainted_mask`` with their letters and meanings."""

from __future__ import annotations

from crash import error, readSymbol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

# kernel/panic.c, taint_flags[] in the order of the bits; Documentation/admin-guide/tainted-kernels.rst. A letter never
# moves to another bit.
MEANINGS = {
    "P": "a proprietary module was loaded",
    "F": "a module was loaded by force",
    "S": "the kernel runs on a processor or system that is out of its specification",
    "R": "a module was unloaded by force",
    "M": "a processor reported a machine check",
    "B": "the kernel found a bad page",
    "U": "user space asked for this taint",
    "D": "the kernel died before: it has printed an oops or a BUG",
    "A": "an ACPI table was overridden",
    "W": "the kernel has printed a warning",
    "C": "a driver of the staging tree was loaded",
    "I": "the kernel works around a severe fault of the firmware",
    "O": "a module from outside of the kernel's tree was loaded",
    "E": "a module without a signature was loaded",
    "L": "a soft lockup occurred before",
    "K": "the kernel was live-patched",
    "X": "an auxiliary taint that the distribution defines",
    "T": "the layout of structures was randomised",
    "N": "an in-kernel test was run",
    "J": "user space has used a mutating debug operation of fwctl",
}
LETTERS = tuple(MEANINGS)


def taint_letters() -> tuple[str, ...]:
    """Return the letter of each bit, from ``const struct taint_flag taint_flags[]`` if this kernel has it.

    The table is in the kernel since commit 7fd8329ba502 (v4.10). Older kernels use the first letters of ours.
    """
    try:
        found = tuple(_character(flag.c_true) for flag in readSymbol("taint_flags"))
    except (TypeError, error, LookupError, AttributeError):
        return LETTERS
    return found or LETTERS


def _character(value: int | str) -> str:
    return value if isinstance(value, str) else chr(int(value) & 0xFF)


def letters_of(mask: int, letters: tuple[str, ...] = LETTERS) -> str:
    """Return the letters of the bits in ``mask``. A bit without a letter gives "?"."""
    bits = [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
    return "".join(letters[bit] if bit < len(letters) else "?" for bit in bits)


def taints() -> Iterator[tuple[str, str]]:
    """Yield (letter, meaning) for each bit of ``unsigned long tainted_mask``."""
    for letter in letters_of(int(readSymbol("tainted_mask")), taint_letters()):
        yield letter, MEANINGS.get(letter, "the meaning is not known")
