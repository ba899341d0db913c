# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters of kernel modules: the values that /sys/module/NAME/parameters shows."""

from __future__ import annotations

from crash import Addr, addr2sym, error, readInt, readmem, readPtr, readSU, struct_size

from pykdump.c_integers import PTR_SIZE
from pykdump.pylog import pylog

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

KERNEL_PARAM = "struct kernel_param"
MAX_PARAMETERS = 10_000
MAX_ELEMENTS = 1_000
MAX_TEXT = 4096
# {name of the function that shows the value, without "param_get_" (kernel/params.c): (size, signed, format)}
INTEGERS = {
    "byte": (1, False, "{}"),
    "short": (2, True, "{}"),
    "ushort": (2, False, "{}"),
    "int": (4, True, "{}"),
    "uint": (4, False, "{}"),
    "hexint": (4, False, "{:#08x}"),
    "long": (PTR_SIZE, True, "{}"),
    "ulong": (PTR_SIZE, False, "{}"),
    "ullong": (8, False, "{}"),
}
# {name: (text of 0, text of other values)}
SWITCHES = {"bool": ("N", "Y"), "invbool": ("Y", "N")}


class Parameter:
    """A parameter: ``name``, ``kind`` ("int", "bool", "array of int"…), and ``value`` as text.

    The value is None if the module has its own functions for this parameter. ``mode`` has the permissions of the file
    in /sys; 0 means that there is no such file. ``address`` is that of the variable.
    """

    __slots__ = ("address", "kind", "mode", "name", "value")

    def __init__(self, name: str, kind: str, value: str | None, mode: int, address: int) -> None:
        self.name = name
        self.kind = kind
        self.value = value
        self.mode = mode
        self.address = address


def parameters(module: StructResult) -> Iterator[Parameter]:
    """Yield the parameters of a ``struct module``, from its array ``struct kernel_param kp[num_kp]``."""
    size = struct_size(KERNEL_PARAM)
    for index in range(min(int(module.num_kp), MAX_PARAMETERS)):
        try:
            yield _parameter(readSU(KERNEL_PARAM, int(module.kp) + index * size))
        except error as problem:
            pylog.error(f"A parameter of the module {module.name} cannot be read: {problem}")


def _parameter(parameter: StructResult) -> Parameter:
    kind, argument = _getter(parameter.ops), int(parameter.arg)
    if kind == "array":
        array = readSU("struct kparam_array", argument)
        element = _getter(array.ops)
        kind, text = f"array of {element}", _array(array, element)
    else:
        text = value_text(kind, argument)
    return Parameter(str(parameter.name), kind, text, int(parameter.perm), argument)


def _getter(operations: StructResult) -> str:
    """Return the type that a ``struct kernel_param_ops`` shows: "int", "array"…; "own" for a function of the module.

    A module may have its own function for setting a parameter and the kernel's for showing it.
    """
    if not operations.get:
        return "hidden"
    name = addr2sym(int(operations.get)) or ""
    if name == "param_array_get":
        return "array"
    kind = name.removeprefix("param_get_") if name.startswith("param_get_") else "own"
    return kind if kind in INTEGERS or kind in SWITCHES or kind in ("charp", "string") else "own"


def value_text(kind: str, argument: int) -> str | None:
    """Return the value at ``void *argument`` as /sys shows it; None if the module has its own function for it."""
    if kind in SWITCHES:
        return SWITCHES[kind][bool(readInt(argument, 1))]
    if kind in INTEGERS:
        size, signed, shown = INTEGERS[kind]
        return shown.format(readInt(argument, size, signed))
    if kind == "charp":
        pointer = readPtr(argument)
        return _text(pointer) if pointer else "(null)"
    if kind == "string":
        return _text(readPtr(Addr(readSU("struct kparam_string", argument), "string")))
    return None


def _array(array: StructResult, kind: str) -> str | None:
    count = readInt(int(array.num), 4) if array.num else int(array.max)
    start, size = int(array.elem), int(array.elemsize)
    texts = [value_text(kind, start + index * size) for index in range(min(count, MAX_ELEMENTS))]
    return None if None in texts else ",".join(text for text in texts if text is not None)


def _text(address: int) -> str:
    """Return the text at ``char *address``, which may end anywhere in a page."""
    found = b""
    while b"\0" not in found and len(found) < MAX_TEXT:
        found += readmem(address + len(found), 64 - (address + len(found)) % 64)
    return found.partition(b"\0")[0].decode("utf-8", "backslashreplace")
