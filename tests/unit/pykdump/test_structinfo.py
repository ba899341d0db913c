# SPDX-License-Identifier: GPL-3.0-or-later
"""C declarations and descriptions of structs; the rest is tested inside crash."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from support import fake_crash

fake_crash.install()

from pykdump import structinfo  # noqa: E402


@pytest.mark.parametrize(
    ("ctype", "declared"),
    [
        ("int", "int x"),
        ("char *", "char *x"),
        ("char [16]", "char x[16]"),
        ("int [2][3]", "int x[2][3]"),
        ("void (*)(int)", "void (*x)(int)"),
        ("void (**)(int)", "void (**x)(int)"),
        ("struct list_head", "struct list_head x"),
    ],
)
def test_a_declaration(ctype: str, declared: str) -> None:
    assert structinfo.declaration(ctype, "x") == declared


@pytest.fixture
def description() -> structinfo._Description:
    made = structinfo._Description("struct pair", 16)
    made["first"] = SimpleNamespace(ctype="char [8]", offset=0, bitsize=None)
    made["flag"] = SimpleNamespace(ctype="unsigned int", offset=8, bitsize=1)
    return made


def test_a_description_is_text_as_crash_prints_it(description: structinfo._Description) -> None:
    assert description.fullstr(2).splitlines() == [
        "  struct pair {",
        "     [0] char first[8];",
        "     [8] unsigned int flag : 1;",
        "  }",
        "  SIZE: 16",
    ]
    assert description.shortstr() == "struct pair {...} SIZE: 16"


def test_members_are_attributes(description: structinfo._Description) -> None:
    assert (description.flag.offset, description.size, description.PYT_body) == (8, 16, ["first", "flag"])
    description["size"] = "a member"
    assert description.size == "a member"
    with pytest.raises(AttributeError, match="<struct pair> does not have a field <nothing>"):
        _ = description.nothing
