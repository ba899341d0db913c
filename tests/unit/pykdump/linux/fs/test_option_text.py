# SPDX-License-Identifier: GPL-3.0-or-later
"""Escapes of /proc/mounts."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux.fs import option_text  # noqa: E402


def test_escapes() -> None:
    assert option_text.escaped("a b\\c") == "a\\040b\\134c"
    for character in " \t\n\\":
        assert option_text.escaped(f"/a{character}") == f"/a\\{ord(character):03o}"
    assert option_text.escaped("/plain-#^]") == "/plain-#^]"
    assert option_text.escaped("^a]", "^]") == "\\136a\\135"
    assert option_text.option("lowerdir", "/a,b=c") == "lowerdir=/a\\054b\\075c"


def test_a_kernel_without_the_table_has_no_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(option_text, "sym2addr", lambda name: 0)
    assert option_text.constants("ovl_parameter_uuid") == {}
