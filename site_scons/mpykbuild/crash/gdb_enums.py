# SPDX-License-Identifier: GPL-3.0-or-later
"""Read gdb's enums from the crash tree, and write a header with their values for the C units of the extension.

crash's own defs.h repeats some of gdb's codes, and one of them is wrong there (TYPE_CODE_BOOL). So we read gdb's own
files. A bridge includes the header together with gdb's headers, and static assertions compare every constant.

Decision: we parse the headers with pyparsing. The alternative is a compiled probe from whose object file we read the
numbers, as ``layout_probe`` does for crash's structures. The project's design asks for pyparsing, and we keep it for
these reasons. The parser needs only the unpacked source of gdb: a probe would need gdb's configured headers, and for
most gdbs a C++ compiler, before the first C unit can be compiled. The parser finds all constants of an enum, also those
that a newer gdb adds: a probe gives only those that we list. If the parser does not understand a line, the error names
the file and the line. And a number that the parser reads wrongly cannot stay unnoticed, because the static assertions
compare it in the bridge. ``layout_probe`` has other needs: only a compiler can compute sizes and offsets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyparsing as pp

from mpykbuild.base.errors import BuildError
from mpykbuild.crash.tree import CrashTree


@dataclass(frozen=True)
class GdbEnum:
    """One enum that the extension needs.

    ``spellings`` are the names and ``headers`` the files that it has in the different releases of gdb. ``since`` is the
    first gdb major that must have it.
    """

    name: str
    spellings: tuple[str, ...]
    headers: tuple[str, ...]
    since: int = 0


WANTED = (
    GdbEnum("type_code", ("type_code",), ("gdbtypes.h",)),
    GdbEnum("type_instance_flag", ("type_instance_flag_value",), ("gdbtypes.h",), since=10),
    GdbEnum("field_loc_kind", ("field_loc_kind",), ("gdbtypes.h",)),
    GdbEnum("domain", ("domain_enum", "domain_enum_tag"), ("symtab.h",)),
    GdbEnum("domain_search_flag", ("domain_search_flag",), ("symtab.h",), since=16),
    GdbEnum("address_class", ("address_class",), ("symtab.h",)),
    GdbEnum("block", ("block_enum",), ("defs.h", "block.h"), since=10),
    GdbEnum("parser_flag", ("parser_flag",), ("expression.h",), since=16),
)

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
Values = dict[str, int]


@dataclass(frozen=True)
class _Macro:
    """A macro inside an enum, such as ``#define OP(X) X,``. It is applied to each line of the included .def file."""

    name: str
    parameter: str
    body: str

    def expand(self, argument: str) -> str:
        """Return the text of the macro for ``argument``."""
        text = re.sub(rf"\b{self.parameter}\b", argument, self.body.replace("\\\n", " "))
        return re.sub(r"\s*##\s*", "", text)


@dataclass(frozen=True)
class _Include:
    name: str


def read_enums(tree: CrashTree) -> dict[str, Values]:
    """Return the constants of all enums that this gdb must have: ``{"type_code": {"TYPE_CODE_PTR": 1, ...}, ...}``.

    Raises BuildError if an enum is missing or cannot be read.
    """
    folder = _gdb_sources(tree)
    known: Values = {}
    enums: dict[str, Values] = {}
    for row in WANTED:
        if tree.gdb_major >= row.since:
            enums[row.name] = _read_enum(folder, row, known)
            known.update(enums[row.name])
    return enums


def enums_header(tree: CrashTree) -> str:
    """Return the text of ``gdb_enums_generated.h``. It does not depend on the folder of the tree."""
    parts = [
        "/* SPDX-License-Identifier: GPL-3.0-or-later */",
        "/* Generated from gdb's headers in the crash tree by mpykbuild.crash.gdb_enums: do not edit. */",
        "#ifndef MPYK_GDB_ENUMS_GENERATED_H",
        "#define MPYK_GDB_ENUMS_GENERATED_H",
        "",
        f"#define MPYK_GDB_MAJOR {tree.gdb_major}",
        f'#define MPYK_GDB_VERSION "{tree.gdb_version}"',
        f"#define MPYK_CRASH_MAJOR {tree.major}",
        f'#define MPYK_CRASH_VERSION "{tree.version}"',
        f'#define MPYK_CRASH_TARGET "{tree.target}"',
    ]
    enums = read_enums(tree)
    for name, values in enums.items():
        rows = [f"    MPYK_{constant} = {value}," for constant, value in values.items()]
        parts += ["", f"enum mpyk_{name} {{", *rows, "};"]
    parts += ["", "#endif", "", "/* A bridge defines this and includes the file (again) after gdb's headers. */"]
    parts += ["#ifdef MPYK_CHECK_GDB_ENUMS"]
    for values in enums.values():
        parts += [
            f'static_assert((long long)MPYK_{name} == (long long){name}, "{name} was read wrongly from gdb");'
            for name in values
        ]
    parts += ["#endif"]
    return "\n".join(parts) + "\n"


def _gdb_sources(tree: CrashTree) -> Path:
    if tree.gdb_dir is None:
        raise BuildError(
            f"The crash tree {tree.path} has no unpacked gdb, so the enums of gdb {tree.gdb_version} cannot be read.",
            f"unpack {tree.gdb_name}.tar.gz in it, or let the build do that in a copy of the tree",
        )
    return tree.gdb_dir / "gdb"


def _read_enum(folder: Path, row: GdbEnum, known: Mapping[str, int]) -> Values:
    for header in row.headers:
        path = folder / header
        if not path.is_file():
            continue
        text = _without_comments(path)
        for spelling in row.spellings:
            start = re.search(rf"\benum\s+{spelling}\b[^;{{}}()]*\{{", text)
            if start:
                return _Enum(path, known).read(_parse_body(path, text, start.end()))
    places = " or ".join(str(folder / name) for name in row.headers)
    raise BuildError(
        f"No definition of enum {row.spellings[0]} was found in {places}.",
        "unpack the crash source again; if it is whole, gdb has moved the enum: add the header to "
        "site_scons/mpykbuild/crash/gdb_enums.py",
    )


def _without_comments(path: Path) -> str:
    """Return the text without comments. All lines keep their numbers, which messages need."""
    # pyparsing expands tabs before it counts positions, so we do the same.
    text = path.read_text(encoding="utf-8", errors="replace").expandtabs()
    return COMMENT.sub(lambda match: "\n" * match.group().count("\n") or " ", text)


def _integer(words: pp.ParseResults) -> int:
    return int(words[0].rstrip("uUlL"), 0)


def _body_grammar() -> pp.ParserElement:
    """Return the grammar of an enum's items up to the closing brace. Only directives depend on the ends of lines."""
    name = pp.Regex(r"[A-Za-z_]\w*")
    number = pp.Regex(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*").set_parse_action(_integer)
    expression: pp.ParserElement = pp.infix_notation(  # type: ignore[no-untyped-call]
        number | name,
        [
            (pp.one_of("- ~"), 1, pp.OpAssoc.RIGHT),
            (pp.one_of("+ -"), 2, pp.OpAssoc.LEFT),
            (pp.Literal("<<"), 2, pp.OpAssoc.LEFT),
            (pp.Literal("|"), 2, pp.OpAssoc.LEFT),
        ],
    )
    macro = pp.Regex(r"#[ \t]*define[ \t]+(?P<name>\w+)\((?P<parameter>\w+)\)(?P<body>(\\\n|[^\n])*)")
    macro.set_parse_action(lambda words: _Macro(words["name"], words["parameter"], words["body"]))
    include = pp.Regex(r'#[ \t]*include[ \t]+"(?P<file>[^"\n]+)"')
    include.set_parse_action(lambda words: _Include(words["file"]))
    undef = pp.Regex(r"#[ \t]*undef[ \t]+\w+").suppress()
    value = pp.Suppress("=") + expression
    enumerator = pp.Group(name + pp.Optional(value)) + (pp.Suppress(",") | pp.FollowedBy("}"))
    return pp.ZeroOrMore(macro | include | undef | enumerator) + pp.Suppress("}")


BODY = _body_grammar()
USES = pp.ZeroOrMore(pp.Group(pp.Regex(r"[A-Za-z_]\w*") + pp.Suppress("(") + pp.Regex(r"\w+") + pp.Suppress(")")))


def _parse_body(path: Path, text: str, start: int) -> list[Any]:
    try:
        return list(BODY.parse_string(text[start:]))
    except pp.ParseException as error:
        raise _not_understood(path, text, start + error.loc) from error


def _parse_uses(path: Path, macro: _Macro) -> list[str]:
    """Return the arguments of all uses of ``macro`` in a .def file."""
    text = _without_comments(path)
    try:
        uses = USES.parse_string(text, parse_all=True)
    except pp.ParseException as error:
        raise _not_understood(path, text, error.loc) from error
    return [argument for name, argument in uses if name == macro.name]


def _not_understood(path: Path, text: str, position: int) -> BuildError:
    position += len(text[position:]) - len(text[position:].lstrip())
    line = text.count("\n", 0, position) + 1
    shown = text.splitlines()[line - 1].strip() if position < len(text) else "the end of the file"
    return BuildError(
        f"{path}, line {line}: the enum cannot be read at: {shown}",
        "unpack the crash source again; if it is whole, gdb writes enums in a new way: extend the grammar in "
        "site_scons/mpykbuild/crash/gdb_enums.py",
    )


class _Enum:
    """Computes the values of one enum's items. ``known`` are the constants of the enums that were read before."""

    def __init__(self, path: Path, known: Mapping[str, int]) -> None:
        self.path = path
        self.known = known
        self.values: Values = {}

    def read(self, items: list[Any]) -> Values:
        """Return the value of each constant. ``items`` are the parsed items in their order."""
        macro: _Macro | None = None
        for item in items:
            if isinstance(item, _Macro):
                macro = item
            elif isinstance(item, _Include):
                self._expand(macro, item.name)
            else:
                self._add(item)
        return self.values

    def _expand(self, macro: _Macro | None, name: str) -> None:
        file = self.path.parent / name
        if macro is None or not file.is_file():
            raise BuildError(
                f"{self.path}: an enum includes {name}, but the file does not exist or no macro is defined for it.",
                "unpack the crash source again",
            )
        text = "".join(macro.expand(argument) for argument in _parse_uses(file, macro)) + "}"
        for item in _parse_body(self.path, text, 0):
            self._add(item)

    def _add(self, item: pp.ParseResults) -> None:
        """Store the value of one enumerator: the given value, else the previous value plus one."""
        value = self._value(item[1]) if len(item) > 1 else next(reversed(self.values.values()), -1) + 1
        self.values[item[0]] = value

    def _value(self, expression: Any) -> int:
        if isinstance(expression, int):
            return expression
        if isinstance(expression, str):
            return self._constant(expression)
        words = list(expression)
        if len(words) == 1:
            return self._value(words[0])
        if len(words) == 2:
            operand = self._value(words[1])
            return -operand if words[0] == "-" else ~operand
        result = self._value(words[0])
        for operator, right in zip(words[1::2], words[2::2], strict=True):
            result = _apply(operator, result, self._value(right))
        return result

    def _constant(self, name: str) -> int:
        if name in self.values:
            return self.values[name]
        if name in self.known:
            return self.known[name]
        raise BuildError(
            f"{self.path}: an enum uses the constant {name}, but its value is not known.",
            "add the enum that defines it to WANTED in site_scons/mpykbuild/crash/gdb_enums.py, before this enum",
        )


def _apply(operator: str, left: int, right: int) -> int:
    if operator == "<<":
        return left << right
    if operator == "|":
        return left | right
    return left + right if operator == "+" else left - right
