# SPDX-License-Identifier: GPL-3.0-or-later
"""Read gdb's enums from the crash tree, and write a header with their values for the C units of the extension.

crash's own defs.h repeats some of gdb's codes, and one of them is wrong there (TYPE_CODE_BOOL). So we read gdb's own
files. A bridge includes the header together with gdb's headers, and static assertions compare every constant.

We parse with pyparsing instead of reading the numbers from a compiled probe, as ``layout_probe`` does for crash's
structures. The parser works on a tree whose gdb is not configured, it can name the line that it does not understand,
and the static assertions find what it reads wrongly. A probe would need gdb's configured headers and a C++ compiler
before the first C unit can be compiled.
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
    """One enum that the extension needs: its names in gdb's history, and the headers that have had it.

    ``since`` is the first gdb major that must have it.
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
    """``#define OP(X) X,`` inside an enum: what one line of the included .def file turns into."""

    name: str
    parameter: str
    body: str

    def expand(self, argument: str) -> str:
        text = re.sub(rf"\b{self.parameter}\b", argument, self.body.replace("\\\n", " "))
        return re.sub(r"\s*##\s*", "", text)


@dataclass(frozen=True)
class _Include:
    name: str


def read_enums(tree: CrashTree) -> dict[str, Values]:
    """Return the constants of all enums that this gdb must have: ``{"type_code": {"TYPE_CODE_PTR": 1, ...}, ...}``."""
    folder = _gdb_sources(tree)
    known: Values = {}
    enums: dict[str, Values] = {}
    for row in WANTED:
        if tree.gdb_major >= row.since:
            enums[row.name] = _read_enum(folder, row, known)
            known.update(enums[row.name])
    return enums


def enums_header(tree: CrashTree) -> str:
    """Return the text of ``gdb_enums_generated.h``: the same for the same tree, wherever it lies."""
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
    """Blank the comments but keep every line where it is, for the line numbers of messages."""
    # pyparsing counts positions in the text with its tabs expanded.
    text = path.read_text(encoding="utf-8", errors="replace").expandtabs()
    return COMMENT.sub(lambda match: "\n" * match.group().count("\n") or " ", text)


def _integer(words: pp.ParseResults) -> int:
    return int(words[0].rstrip("uUlL"), 0)


def _body_grammar() -> pp.ParserElement:
    """An enum's items up to the closing brace. Directives are matched by line, the rest does not care about lines."""
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
        "unpack the crash source again; if it is whole, gdb's way of writing enums has changed: teach "
        "site_scons/mpykbuild/crash/gdb_enums.py",
    )


class _Enum:
    """Gives the items of one enum their values; ``known`` are the constants of the enums before it."""

    def __init__(self, path: Path, known: Mapping[str, int]) -> None:
        self.path = path
        self.known = known
        self.values: Values = {}

    def read(self, items: list[Any]) -> Values:
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
                f"{self.path}: an enum includes {name}, which is not there or for which no macro is defined.",
                "unpack the crash source again",
            )
        text = "".join(macro.expand(argument) for argument in _parse_uses(file, macro)) + "}"
        for item in _parse_body(self.path, text, 0):
            self._add(item)

    def _add(self, item: pp.ParseResults) -> None:
        """Give one enumerator its value: the one it states, else one more than the last."""
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
            f"{self.path}: an enum uses the constant {name}, whose value is not known there.",
            "add the enum that defines it to WANTED in site_scons/mpykbuild/crash/gdb_enums.py, before this enum",
        )


def _apply(operator: str, left: int, right: int) -> int:
    if operator == "<<":
        return left << right
    if operator == "|":
        return left | right
    return left + right if operator == "+" else left - right
