# SPDX-License-Identifier: GPL-3.0-or-later
"""Loaded kernel modules: what /proc/modules and /sys/module show, their memory, sections and symbols.

No debuginfo of a module is needed: ``struct module`` and what belongs to it are types of the kernel.
"""

from __future__ import annotations

import struct

from crash import PAGESIZE, Addr, enum_values, error, member_offset, readmem, readSU, readSymbol, struct_size, sym2addr

from pykdump.c_integers import PTR_SIZE
from pykdump.linux.taint import letters_of, taint_letters
from pykdump.lists import readSUListFromHead

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from crash import StructResult

MODULE = "struct module"
MAX_MODULES = 100_000
MAX_SECTIONS = 10_000
MAX_NAME = 512  # KSYM_NAME_LEN since v6.1
NAME_OF_UNLOADED = 56 + 1  # MODULE_NAME_LEN and a blank
STATES = {0: "Live", 1: "Loading", 2: "Unloading", 3: "unformed"}  # enum module_state, as in /proc/modules
REFERENCE_OF_LOADER = 1  # MODULE_REF_BASE, kernel/module/main.c


class Region:
    """A piece of a module's memory: ``kind`` ("text", "data", "rodata", "init text"…), ``start`` and ``size``."""

    __slots__ = ("kind", "size", "start")

    def __init__(self, kind: str, start: int, size: int) -> None:
        self.kind = kind
        self.start = start
        self.size = size

    @property
    def end(self) -> int:
        """The first address after it."""
        return self.start + self.size


class Symbol:
    """A symbol of a module. ``kind`` is the letter of nm; "?" if the kernel does not keep it (before v5.2)."""

    __slots__ = ("address", "kind", "name", "size")

    def __init__(self, name: str, address: int, size: int, kind: str) -> None:
        self.name = name
        self.address = address
        self.size = size
        self.kind = kind


def modules() -> Iterator[StructResult]:
    """Yield each ``struct module`` that is loaded, or is being loaded or unloaded, in the order of /proc/modules."""
    for module in readSUListFromHead(sym2addr("modules"), "list", MODULE, maxel=MAX_MODULES):
        if state(module) != "unformed":
            yield module


def find_module(name: str) -> StructResult:
    """Return the ``struct module`` with this name; "-" and "_" mean the same. Raises LookupError."""
    wanted = name.replace("-", "_")
    for module in modules():
        if str(module.name).replace("-", "_") == wanted:
            return module
    raise LookupError(f"no module is named {name}")


def state(module: StructResult) -> str:
    """Return "Live", "Loading" or "Unloading", as in /proc/modules."""
    return STATES.get(int(module.state), "unknown")


def regions(module: StructResult) -> list[Region]:
    """Return the memory of a ``struct module``: the regions that have a size."""
    if member_offset(MODULE, "mem") >= 0:
        # Commit ac3b43283923 ("module: replace module_layout with module_memory", v6.4).
        kinds = {value: name[4:].lower().replace("_", " ") for name, value in enum_values("mod_mem_type").items()}
        found = [(kinds.get(index, "?"), each) for index, each in enumerate(module.mem)]
    else:
        found = [("core", module.core_layout), ("init", module.init_layout)]
    return [Region(kind, int(each.base), int(each.size)) for kind, each in found if int(each.size)]


def base(module: StructResult) -> int:
    """Return the address that /proc/modules shows: the begin of the text, or of the whole module before v6.4."""
    return int(module.mem[0].base if member_offset(MODULE, "mem") >= 0 else module.core_layout.base)


def total_size(module: StructResult) -> int:
    """Return the size in bytes, as in /proc/modules."""
    if member_offset(MODULE, "mem") >= 0:
        return sum(int(each.size) for each in module.mem)
    return int(module.core_layout.size) + int(module.init_layout.size)


def references(module: StructResult) -> int | None:
    """Return the number of references; None on kernels that cannot unload modules."""
    return int(module.refcnt.counter) - REFERENCE_OF_LOADER if member_offset(MODULE, "refcnt") >= 0 else None


def used_by(module: StructResult) -> list[str]:
    """Return the names of the modules that use it, in the order of /proc/modules."""
    if member_offset(MODULE, "source_list") < 0:
        return []
    uses = readSUListFromHead(Addr(module, "source_list"), "source_list", "struct module_use", maxel=MAX_MODULES)
    return [str(use.source.name) for use in uses]


def uses(module: StructResult) -> list[str]:
    """Return the names of the modules that it uses."""
    if member_offset(MODULE, "target_list") < 0:
        return []
    found = readSUListFromHead(Addr(module, "target_list"), "target_list", "struct module_use", maxel=MAX_MODULES)
    return [str(use.target.name) for use in found]


def is_permanent(module: StructResult) -> bool:
    """Return whether it can never be unloaded: it has an init function and no exit function."""
    return bool(module.init) and member_offset(MODULE, "exit") >= 0 and not module.exit


def taint_of(module: StructResult) -> str:
    """Return the letters of ``unsigned long taints``: "OE"."""
    mask = int(module.taints)
    return letters_of(mask, taint_letters()) if mask else ""


def sections(module: StructResult) -> Iterator[tuple[str, int]]:
    """Yield (name, address) of each section, as in /sys/module/NAME/sections."""
    attributes = module.sect_attrs
    if not attributes:
        return
    # Commit d8959b947a8d ("module: sysfs: Drop member 'module_sect_attrs::nsections'", v6.14); the address is in
    # bin_attribute.private since commit 4b2c11e4aaf7 ("… Drop member 'module_sect_attr::address'", v6.14).
    counted = attributes.hasField("nsections")
    kind = "struct module_sect_attr" if struct_size("struct module_sect_attr") > 0 else "struct bin_attribute"
    start, size = Addr(attributes, "attrs"), struct_size(kind)
    for index in range(min(int(attributes.nsections), MAX_SECTIONS) if counted else MAX_SECTIONS):
        if not counted and not attributes.grp.bin_attrs[index]:
            return
        section = readSU(kind, start + index * size)
        attribute = section.battr if section.hasField("battr") else section
        yield str(attribute.attr.name), int(section.address if section.hasField("address") else section.private)


def symbols(module: StructResult) -> list[Symbol]:
    """Return the symbols of a ``struct module``, sorted by address, from its ``struct mod_kallsyms``.

    Undefined symbols and the empty one are left out. Without CONFIG_KALLSYMS there are none.
    """
    if member_offset(MODULE, "kallsyms") < 0 or not module.kallsyms:
        return []
    table = module.kallsyms
    count = int(table.num_symtab)
    format_ = "=IBBHQQ" if PTR_SIZE == 8 else "=IIIBBH"
    rows = list(struct.iter_unpack(format_, readmem(int(table.symtab), count * struct.calcsize(format_))))
    if PTR_SIZE == 4:
        rows = [(name, info, other, index, value, size) for name, value, size, info, other, index in rows]
    names = _strings(Addr(table, "strtab"), max((row[0] for row in rows), default=0))
    kinds = _kinds(table, count)
    found = [
        Symbol(_text_at(names, row[0]), row[4], row[5], kinds[number])
        for number, row in enumerate(rows)
        if row[0] and row[3]  # a name, and a section
    ]
    return sorted(found, key=lambda symbol: symbol.address)


def _strings(pointer: int, last: int) -> bytes:
    """Return the table of names: up to the end of the page in which the last name begins, or one page more."""
    start = int.from_bytes(readmem(pointer, PTR_SIZE), "little" if struct.pack("=H", 1)[0] else "big")
    room = PAGESIZE - (start + last) % PAGESIZE
    if room < MAX_NAME:
        try:
            return readmem(start, last + room + PAGESIZE)
        except error:  # the table ends with the page
            pass
    return readmem(start, last + room)


def _text_at(names: bytes, offset: int) -> str:
    return names[offset : names.index(b"\0", offset)].decode("utf-8", "backslashreplace")


def _kinds(table: StructResult, count: int) -> str:
    # Commit 1c7651f43777 ("kallsyms: store type information in its own array", v5.2).
    if not table.hasField("typetab"):
        return "?" * count
    start = int.from_bytes(readmem(Addr(table, "typetab"), PTR_SIZE), "little" if struct.pack("=H", 1)[0] else "big")
    return readmem(start, count).decode("latin-1")


def functions(module: StructResult) -> list[Symbol]:
    """Return the functions of a module, sorted by address."""
    areas = [region for region in regions(module) if "text" in region.kind or region.kind == "core"]
    return [
        symbol
        for symbol in symbols(module)
        if symbol.kind in "tTwW" and any(area.start <= symbol.address < area.end for area in areas)
    ]


def gaps() -> Iterator[tuple[Region, Region]]:
    """Yield (region, next region) of loaded modules with unused addresses between them, in the order of addresses.

    The ``kind`` of each region has the name of its module: "ext4 text".
    """
    found = [
        Region(f"{module.name} {region.kind}", region.start, region.size)
        for module in modules()
        for region in regions(module)
    ]
    found.sort(key=lambda region: region.start)
    for before, after in zip(found, found[1:]):
        if before.end < after.start:
            yield before, after


def mapped_pages(start: int, end: int) -> int:
    """Return how many pages between two addresses are in the dump and mapped in the kernel's page tables."""
    return sum(_is_mapped(page) for page in range(-(-start // PAGESIZE) * PAGESIZE, end, PAGESIZE))


def _is_mapped(address: int) -> bool:
    try:
        readmem(address, 1)
    except error:
        return False
    return True


def unloaded() -> Iterator[tuple[str, str, int | None]]:
    """Yield (name, taint letters, how often) of modules that were unloaded, as far as the kernel remembers.

    Since v6.0 with CONFIG_MODULE_UNLOAD_TAINT_TRACKING (commit 99bd9956551b) these are all modules that tainted the
    kernel, in the list ``unloaded_tainted_modules``. Every kernel has the name of the module that was unloaded last;
    how often that happened is None.
    """
    head = sym2addr("unloaded_tainted_modules")
    if head and struct_size("struct mod_unload_taint") > 0:
        for each in readSUListFromHead(head, "list", "struct mod_unload_taint", maxel=MAX_MODULES):
            yield str(each.name), letters_of(int(each.taints), taint_letters()), int(each.count)
    last = _last_unloaded()
    if last is not None:
        yield (*last, None)


def _last_unloaded() -> tuple[str, str] | None:
    try:
        value = readSymbol("last_unloaded_module")
    except TypeError:  # this kernel cannot unload modules, or the type of the variable is not known
        return None
    if hasattr(value, "hasField"):
        # Commit 6f1dae1d84b6 ("module: Show the last unloaded module's taint flag(s)", v6.1): it was a char array.
        name, taints = str(value.name), str(value.taints)
    else:
        name, taints = str(value).strip(), ""
    return (name, taints.strip("()")) if name else None
