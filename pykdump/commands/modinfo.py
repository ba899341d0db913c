# SPDX-License-Identifier: GPL-3.0-or-later
"""modinfo: the loaded kernel modules.

  modinfo                 all modules, as in /proc/modules, the newest first
  modinfo -t              only modules that taint the kernel, with the meaning of the letters
  modinfo -a              also the addresses of each module's text, data and so on
  modinfo -g              the gaps between the modules' addresses, and how many pages are mapped there
  modinfo -u              modules that were unloaded, as far as the kernel remembers them
  modinfo --details NAME  a module's sections, parameters, symbols, and the modules that it uses
  modinfo --disasm NAME   all functions of a module, disassembled

The columns: MODULE is the address of struct module, BASE that of the module's text (before 6.4: of all its memory),
SIZE is in bytes, REFS the number of references, TAINTS the letters as in /proc/modules ("O": from outside of the
kernel's tree, "E": not signed, "P": proprietary; -t explains all that occur).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pykdump.command_layer import Column, Command, Finding, Problem, Section, guarded, item
from pykdump.command_layer.events import UNREADABLE, reason_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from crash import StructResult

    from pykdump.command_layer.reports import Layouts

# A gap up to this size is searched for mapped pages.
MAX_SEARCHED_GAP = 64 << 20
GUARD_PAGE = 4096
# The room for patches before each function (CONFIG_CALL_PADDING) has a symbol of its own.
PADDING = ("__pfx_", "__cfi_")
# A line of crash's command dis: "0xffffffffc0c64000 <mt_init>:  push %rbp"; crash 7 has no "0x" there.
DIS_LINE = re.compile(r"^(?:0x)?(?P<address>[0-9a-f]+) <(?P<place>[^>]*)>:\s*(?P<text>.*)$")


@dataclass
class Module:
    """A loaded module."""

    module: int = item("struct module *", unit="address")
    name: str = item("its name")
    base: int = item("the address in /proc/modules", unit="address")
    size: int = item("its memory", unit="bytes")
    references: int | None = item("number of references; null: modules cannot be unloaded")
    used_by: tuple[str, ...] = item("the modules that use it")
    state: str = item("Live, Loading or Unloading")
    taints: str = item("the letters of the taints that it caused")
    permanent: bool = item("whether it can never be unloaded")
    version: str = item("its version; empty if it has none")


@dataclass
class Taint:
    """A letter of the taints."""

    letter: str = item("the letter")
    meaning: str = item("what it means")
    modules: tuple[str, ...] = item("the modules that caused it")


@dataclass
class Region:
    """A piece of a module's memory."""

    name: str = item("the module")
    part: str = item("text, data, rodata, ro after init, init text…; core or init before 6.4")
    start: int = item("its first address", unit="address")
    end: int = item("the first address after it", unit="address")
    size: int = item("its size", unit="bytes")


@dataclass
class Gap:
    """Addresses between modules that no loaded module has."""

    start: int = item("its first address", unit="address")
    end: int = item("the first address after it", unit="address")
    size: int = item("its size", unit="bytes")
    mapped: int | None = item("how many of its pages are mapped; null: too large to search")
    before: str = item("the module and the part of it below it")
    after: str = item("the module and the part of it above it")


@dataclass
class Unloaded:
    """A module that was unloaded."""

    name: str = item("its name")
    taints: str = item("the letters of the taints that it caused")
    times: int | None = item("how often it was unloaded; null: not counted, it is the last one")


@dataclass
class Details:
    """More about one module."""

    name: str = item("its name")
    arguments: str | None = item("the parameters with which it was loaded")
    source_version: str | None = item("the checksum of its sources")
    uses: tuple[str, ...] = item("the modules that it uses")


@dataclass
class ModuleSection:
    """A section of a module."""

    name: str = item("its name in the ELF file")
    address: int = item("where it was loaded", unit="address")


@dataclass
class Parameter:
    """A parameter of a module."""

    name: str = item("its name")
    type: str = item('its type; "own": the module has its own function to show it')
    value: str | None = item("its value as in /sys/module/NAME/parameters; null: cannot be told")
    mode: str = item("the permissions of its file in /sys, octal; 0: it has none")
    address: int = item("the address of the variable", unit="address")


@dataclass
class Symbol:
    """A symbol of a module."""

    address: int = item("its address", unit="address")
    size: int = item("its size", unit="bytes")
    letter: str = item("its type as in nm and /proc/kallsyms")
    name: str = item("its name")


@dataclass
class Instruction:
    """An instruction of a module."""

    address: int = item("its address", unit="address")
    place: str = item("function+offset")
    text: str = item("the instruction")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of modinfo."""
    parser.add_argument("--disasm", metavar="NAME", help="disassemble all functions of this module")
    parser.add_argument("--details", metavar="NAME", help="sections, parameters and symbols of this module")
    parser.add_argument("-t", action="store_true", dest="tainted", help="only modules that taint the kernel")
    parser.add_argument("-g", action="store_true", dest="gaps", help="gaps between the addresses of modules")
    parser.add_argument("-a", action="store_true", dest="addresses", help="also the addresses of text, data and so on")
    parser.add_argument("-u", action="store_true", dest="unloaded", help="modules that were unloaded")


def collect(options: argparse.Namespace) -> Iterator[object]:
    """Yield what the options choose."""
    from pykdump.linux import modules

    if options.disasm:
        yield from _disassembly(modules.find_module(options.disasm))
    if options.details:
        yield from _details(modules.find_module(options.details))
    if options.gaps:
        yield from _gaps()
    if options.unloaded:
        yield from (Unloaded(*each) for each in modules.unloaded())
    if not (options.disasm or options.details or options.gaps or options.unloaded):
        yield from _list(options)


def _list(options: argparse.Namespace) -> Iterator[object]:
    from pykdump.linux.modules import modules

    tainting: dict[str, list[str]] = {}
    addresses: list[Region] = []
    structs = []
    for struct in modules():
        try:
            row = module(struct)
        except UNREADABLE as problem:
            yield Problem(f"module {int(struct):#x}", reason_of(problem))
            continue
        for letter in row.taints:
            tainting.setdefault(letter, []).append(row.name)
        if row.taints:
            structs.append(row.module)
        if row.taints or not options.tainted:
            yield row
            addresses += _regions(struct) if options.addresses else ()
    yield from addresses
    yield from _taints(tainting, structs, options.tainted)


def _taints(tainting: dict[str, list[str]], structs: list[int], explained: bool) -> Iterator[object]:
    """Yield the letters, if they are to be explained, and the finding."""
    from pykdump.linux.taint import MEANINGS

    if explained:
        for letter, names in tainting.items():
            yield Taint(letter, MEANINGS.get(letter, "the meaning is not known"), tuple(names))
    if tainting:
        names = sorted({name for each in tainting.values() for name in each})
        yield Finding("tainted", f"Modules taint the kernel: {', '.join(names)}.", addresses=structs)


def module(struct: StructResult) -> Module:
    """Return the record of a ``struct module``."""
    from pykdump.linux import modules

    return Module(
        module=int(struct),
        name=str(struct.name),
        base=modules.base(struct),
        size=modules.total_size(struct),
        references=modules.references(struct),
        used_by=tuple(modules.used_by(struct)),
        state=modules.state(struct),
        taints=modules.taint_of(struct),
        permanent=modules.is_permanent(struct),
        version=_text(struct.version) or "",
    )


def _text(value: object) -> str | None:
    return str(value) if value else None


def _regions(struct: StructResult) -> Iterator[Region]:
    from pykdump.linux.modules import regions

    for region in regions(struct):
        yield Region(str(struct.name), region.kind, region.start, region.end, region.size)


def _gaps() -> Iterator[object]:
    from pykdump.linux.modules import gaps, mapped_pages

    for before, after in gaps():
        size = after.start - before.end
        mapped = mapped_pages(before.end, after.start) if size <= MAX_SEARCHED_GAP else None
        if size > GUARD_PAGE or mapped:
            yield Gap(before.end, after.start, size, mapped, before.kind, after.kind)


def _details(struct: StructResult) -> Iterator[object]:
    from pykdump.linux.modules import uses

    yield module(struct)
    yield Details(str(struct.name), _text(struct.args), _text(struct.srcversion), tuple(uses(struct)))
    yield Section("Memory")
    yield from guarded("the memory", _regions, struct)
    yield Section("Sections")
    yield from guarded("the sections", _sections, struct)
    yield Section("Parameters")
    yield from guarded("the parameters", _parameters, struct)
    yield Section("Symbols")
    yield from guarded("the symbols", _symbols, struct)


def _sections(struct: StructResult) -> Iterator[ModuleSection]:
    from pykdump.linux.modules import sections

    return (ModuleSection(name, address) for name, address in sections(struct))


def _parameters(struct: StructResult) -> Iterator[Parameter]:
    from pykdump.linux.module_parameters import parameters

    for each in parameters(struct):
        yield Parameter(each.name, each.kind, each.value, f"{each.mode:04o}", each.address)


def _symbols(struct: StructResult) -> Iterator[Symbol]:
    from pykdump.linux.modules import symbols

    return (Symbol(each.address, each.size, each.kind, each.name) for each in symbols(struct))


def _disassembly(struct: StructResult) -> Iterator[object]:
    """Yield the instructions of each function. crash disassembles; its symbols have the module's names."""
    from crash import exec_crash_command

    from pykdump.linux.modules import functions

    for function in functions(struct):
        if function.name.startswith(PADDING) or not function.size:
            continue
        yield Section(function.name)
        end = function.address + function.size
        try:
            # An instruction has a byte at least, so so many instructions reach the end.
            text = exec_crash_command(f"dis {function.address:#x} {function.size}")
            yield from instructions(text.splitlines(), end)
        except UNREADABLE as problem:
            yield Problem(f"the function {function.name}", reason_of(problem))


def instructions(lines: Iterable[str], end: int) -> Iterator[Instruction]:
    """Yield the instructions before the address ``end``, from lines that crash's command dis has printed."""
    for line in lines:
        match = DIS_LINE.match(line)
        if match:
            address = int(match["address"], 16)
            if address >= end:
                return
            yield Instruction(address, match["place"], match["text"])


def _names(names: Iterable[str]) -> str:
    return ",".join(names) or "-"


def _detail_lines(details: Details) -> Iterator[str]:
    yield f"Arguments    {details.arguments or '-'}"
    yield f"Source       {details.source_version or '-'}"
    yield f"Uses         {_names(details.uses)}"


def _instruction_lines(each: Instruction) -> Iterator[str]:
    yield f"{each.address:#x} <{each.place}>:  {each.text}"


def _flag(value: bool) -> str:
    return "yes" if value else "-"


TABLES: Layouts = {
    Module: (
        Column("MODULE", "module", address=True),
        Column("NAME", "name", left=True),
        Column("BASE", "base", address=True),
        Column("SIZE", "size"),
        Column("REFS", "references"),
        Column("STATE", "state", left=True),
        Column("TAINTS", "taints", left=True, show=lambda letters: letters or "-"),
        Column("PERMANENT", "permanent", left=True, show=_flag),
        Column("VERSION", "version", left=True, show=lambda version: version or "-"),
        Column("USED-BY", "used_by", left=True, show=_names),
    ),
    Taint: (
        Column("TAINT", "letter", left=True),
        Column("MEANING", "meaning", left=True),
        Column("MODULES", "modules", left=True, show=_names),
    ),
    Region: (
        Column("START", "start", address=True),
        Column("END", "end", address=True),
        Column("SIZE", "size"),
        Column("PART", "part", left=True),
        Column("NAME", "name", left=True),
    ),
    Gap: (
        Column("START", "start", address=True),
        Column("END", "end", address=True),
        Column("SIZE", "size"),
        Column("MAPPED-PAGES", "mapped"),
        Column("BEFORE", "before", left=True),
        Column("AFTER", "after", left=True),
    ),
    Unloaded: (
        Column("NAME", "name", left=True),
        Column("TAINTS", "taints", left=True, show=lambda letters: letters or "-"),
        Column("TIMES", "times"),
    ),
    Details: _detail_lines,
    ModuleSection: (Column("ADDRESS", "address", address=True), Column("SECTION", "name", left=True)),
    Parameter: (
        Column("PARAMETER", "name", left=True),
        Column("TYPE", "type", left=True),
        Column("MODE", "mode"),
        Column("ADDRESS", "address", address=True),
        Column("VALUE", "value", left=True),
    ),
    Symbol: (
        Column("ADDRESS", "address", address=True),
        Column("SIZE", "size"),
        Column("T", "letter"),
        Column("NAME", "name", left=True),
    ),
    Instruction: _instruction_lines,
}
COMMAND = Command(__doc__, add_options, collect, TABLES)
main = COMMAND.main
