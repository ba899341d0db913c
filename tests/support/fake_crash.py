# SPDX-License-Identifier: GPL-3.0-or-later
"""A `crash` module in Python. With it, tests of pykdump need no crash and no dump.

``install()`` puts it into sys.modules (unless the real one is there) and returns an empty Kernel: memory, symbols
and struct layouts that the test fills in. Little-endian, 8-byte pointers.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

POINTER = 8
INTEGERS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "s8": 1, "s16": 2, "s32": 4, "s64": 8}


class CrashError(Exception):
    """crash.error"""


class MissingMember(KeyError, AttributeError):
    """crash.MissingMember"""


class StructResult(int):
    """A struct view: an int (its address) whose attributes are read from the kernel's memory."""

    PYT_symbol: str

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return KERNEL.read_member(self, name)

    def hasField(self, name: str) -> bool:
        return name in KERNEL.layouts[self.PYT_symbol]

    def __str__(self) -> str:
        return f"<{self.PYT_symbol} {int(self):#x}>"


class Kernel:
    """Memory, symbols and layouts of a made-up kernel."""

    def __init__(self) -> None:
        self.memory: dict[int, int] = {}
        self.symbols: dict[str, int] = {}
        self.variables: dict[str, Any] = {}
        # {"struct x": {"member": (offset, kind)}}; kinds: u8...s64, "ptr", "ptr struct y", "struct y", "char[16]"
        self.layouts: dict[str, dict[str, tuple[int, str]]] = {}
        self.sizes: dict[str, int] = {}
        self.commands: dict[str, str] = {}
        self.enums: dict[str, dict[str, int]] = {}
        self.live = False
        self.hz = 250  # what crash assumes

    def define(self, suname: str, **members: str) -> None:
        """Lay out a struct, members in their order, without padding."""
        offset, layout = 0, {}
        for name, kind in members.items():
            layout[name] = (offset, kind)
            offset += self.size_of(kind)
        self.layouts[suname] = layout
        self.sizes[suname] = offset

    def size_of(self, kind: str) -> int:
        if kind in INTEGERS:
            return INTEGERS[kind]
        if kind.startswith("ptr"):
            return POINTER
        if kind.startswith("char["):
            return int(kind[5:-1])
        return self.sizes[kind]

    def write(self, address: int, data: bytes) -> None:
        self.memory.update(enumerate(data, address))

    def write_pointer(self, address: int, value: int) -> None:
        self.write(address, value.to_bytes(POINTER, "little"))

    def make(self, suname: str, address: int, **values: Any) -> StructResult:
        """Write a struct of zeroes at ``address``, then the given members; ``a_DOT_b`` means the member "a.b"."""
        self.write(address, bytes(self.sizes[suname]))
        for path, value in values.items():
            offset, kind = self.find(suname, path.replace("_DOT_", "."))
            raw = value.encode() if isinstance(value, str) else int(value).to_bytes(
                self.size_of(kind), "little", signed=kind.startswith("s") and kind in INTEGERS
            )  # fmt: skip
            self.write(address + offset, raw)
        return self.view(suname, address)

    def link(self, addresses: list[int]) -> None:
        """Make a circular list of list_heads: next and prev of each."""
        for here, following in zip(addresses, [*addresses[1:], addresses[0]]):
            self.write_pointer(here, following)
            self.write_pointer(following + POINTER, here)

    def find(self, suname: str, path: str) -> tuple[int, str]:
        """(offset, kind) of a dotted member; KeyError when it is missing."""
        offset, kind = 0, suname
        for member in path.split("."):
            step, kind = self.layouts[kind][member]
            offset += step
        return offset, kind

    def read(self, address: int, size: int) -> bytes:
        if address == 0:
            raise IndexError("NULL pointer")
        try:
            return bytes(self.memory[a] for a in range(address, address + size))
        except KeyError:
            raise CrashError(f"cannot read {size} bytes at {address:#x}") from None

    def number(self, address: int, kind: str) -> int:
        return int.from_bytes(self.read(address, INTEGERS[kind]), "little", signed=kind.startswith("s"))

    def view(self, suname: str, address: int) -> StructResult:
        if suname not in self.layouts:
            raise TypeError(f"no type {suname}")
        result = StructResult(address)
        result.PYT_symbol = suname
        return result

    def read_member(self, struct: StructResult, name: str) -> Any:
        try:
            offset, kind = self.layouts[struct.PYT_symbol][name]
        except KeyError:
            raise MissingMember(f"<{struct.PYT_symbol}> does not have a field <{name}>") from None
        address = int(struct) + offset
        if kind in INTEGERS:
            return self.number(address, kind)
        if kind.startswith("char["):
            return self.read(address, self.size_of(kind)).partition(b"\0")[0].decode()
        if kind.startswith("ptr"):
            pointer = int.from_bytes(self.read(address, POINTER), "little")
            return self.view(kind[4:], pointer) if pointer and kind != "ptr" else pointer
        return self.view(kind, address)


KERNEL = Kernel()


def _member_offset(suname: str, member: str) -> int:
    try:
        return KERNEL.find(suname, member)[0]
    except KeyError:
        return -1


def _member_size(suname: str, member: str) -> int:
    try:
        return KERNEL.size_of(KERNEL.find(suname, member)[1])
    except KeyError:
        return -1


def _pointer(address: int) -> int:
    return int.from_bytes(KERNEL.read(address, POINTER), "little")


def _chain(start: int, offset: int = 0, maxel: int = 10000, inchead: bool = True) -> tuple[list[int], str | None]:
    found, here = ([start] if inchead and start else []), start
    while here and len(found) < maxel:
        try:
            here = _pointer(here + offset)
        except (CrashError, IndexError) as error:
            return found, str(error)
        if here in (0, start):
            break
        if here in found:
            return found, "Duplicate entry"
        found.append(here)
    return found, None


def _symbol(name: str) -> Any:
    if name not in KERNEL.variables:
        raise TypeError(f"no symbol {name}")
    return KERNEL.variables[name]


def _address(struct: StructResult, member: str | None = None) -> int:
    return int(struct) + (KERNEL.find(struct.PYT_symbol, member)[0] if member else 0)


def _command(command: str, no_stdout: int = 0) -> str:
    try:
        return KERNEL.commands[command]
    except KeyError:
        raise CrashError(f"{command}: command not found") from None


def _enum(name: str) -> dict[str, int]:
    try:
        return KERNEL.enums[name]
    except KeyError:
        raise TypeError(f"There is no {name}") from None


def _unavailable(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"the fake crash module has no {name}")

    return call


def _set_default_timeout(seconds: int) -> int:
    module: Any = sys.modules["crash"]
    old: int = module.default_timeout
    module.default_timeout = seconds
    return old


SESSION: dict[str, Any] = {
    "enum_values": _enum,
    "enumerator_value": lambda name: next((v[name] for v in KERNEL.enums.values() if name in v), None),
    "purge_types": lambda: None,
    "TypeInfo": type("TypeInfo", (), {}),
    "default_timeout": 120,
    "set_default_timeout": _set_default_timeout,
    "_set_sinfo_factory": lambda factory: None,
    "_set_input_reader": lambda reader: None,
    # Tests compare what programs print, so there must be no line that differs each time.
    "_redirected": lambda: True,
}


def _whatis(name: str) -> Any:
    raise TypeError(f"There is no symbol {name!r} with a known type.")


def _symbol_at(address: int, loose: bool = False) -> Any:
    names = {at: name for name, at in KERNEL.symbols.items()}
    if not loose:
        return names.get(int(address))
    below = max((at for at in names if at <= address), default=None)
    return (None, 0) if below is None else (names[below], int(address) - below)


CONSTANTS: dict[str, Any] = {
    "error": CrashError,
    "MissingMember": MissingMember,
    "version": "0.0.0-fake",
    "Crash_run": "fake",
    "Crash_build": "fake",
    "WARNING": "+++WARNING+++",
    "HZ": 250,
    "PAGESIZE": 4096,
    "PAGE_CACHE_SHIFT": 12,
    "TYPE_CODE_STRUCT": 3,
    "TYPE_CODE_UNION": 4,
    "KVADDR": 1,
    "UVADDR": 2,
    "PHYSADDR": 4,
    "StructResult": StructResult,
    "tPtr": type("tPtr", (int,), {}),
    "SmartString": str,
    "tEnum": type("tEnum", (int,), {}),
}


def _functions() -> dict[str, Any]:
    integers = {f"read{kind.upper()}": lambda a, kind=kind: KERNEL.number(a, kind) for kind in INTEGERS}
    return {
        **integers,
        "readmem": lambda address, size, kind=1: KERNEL.read(address, size),
        "readPtr": _pointer,
        "readBadList": _chain,
        "readSU": lambda suname, address: KERNEL.view(suname, address),
        "readSymbol": _symbol,
        "member_offset": _member_offset,
        "member_size": _member_size,
        "struct_size": lambda suname: KERNEL.sizes.get(suname, -1),
        "union_size": lambda suname: KERNEL.sizes.get(suname, -1),
        "type_length": lambda name: KERNEL.sizes.get(name, INTEGERS.get(name, -1)),
        "sym2addr": lambda name: KERNEL.symbols.get(name, 0),
        "symbol_exists": lambda name: name in KERNEL.symbols,
        "Addr": _address,
        "Deref": lambda struct: struct,
        "exec_crash_command": _command,
        "whatis": _whatis,
        "mem2long": lambda raw, signed=False: int.from_bytes(raw, "little", signed=bool(signed)),
        "sysfacts": lambda: {"live": KERNEL.live, "hz": KERNEL.hz},
        "exec_gdb_command": _command,
        "container_of": lambda pointer, suname, member: KERNEL.view(
            suname, int(pointer) - KERNEL.find(suname, member)[0]
        ),
        "addr2sym": _symbol_at,
    }


def _stub_functions() -> list[str]:
    """The functions of the module, from its stubs: modules of pykdump can then import each of them."""
    stubs = ast.parse((Path(__file__).parents[2] / "ext/crash.pyi").read_text(encoding="utf-8"))
    return [node.name for node in stubs.body if isinstance(node, ast.FunctionDef)]


def install() -> Kernel:
    """Make ``import crash`` give this module, with an empty kernel; return that kernel."""
    global KERNEL
    KERNEL = Kernel()
    module = ModuleType("crash")
    module.__dict__.update({name: _unavailable(name) for name in _stub_functions()})
    module.__dict__.update({**CONSTANTS, **_functions(), **SESSION})
    # The modules of pykdump import names once, so the functions must stay the same objects.
    sys.modules.setdefault("crash", module)
    return KERNEL
