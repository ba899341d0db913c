# SPDX-License-Identifier: GPL-3.0-or-later
"""How the test module is built, depending on this machine's tools. Nothing is compiled here."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import test_module
from mpykbuild.vmcore.architectures import ARCHITECTURES, Architecture
from support.testmod import TestmodTruth, struct_of


@pytest.mark.parametrize(("printed", "number"), [("v1.24\n", 124), ("v1.30", 130), ("v2.1\n", 201)])
def test_the_version_of_pahole_as_kbuild_writes_it(printed: str, number: int) -> None:
    assert test_module.pahole_version(printed) == number


def test_an_unknown_form_of_version_is_a_build_error() -> None:
    with pytest.raises(BuildError, match="'pahole 1'"):
        test_module.pahole_version("pahole 1")


def test_unsupported_compiler_options_are_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(test_module, "_host_pahole", lambda: 124)
    monkeypatch.setattr(test_module, "_compiler_accepts", lambda compiler, option: False)
    words = test_module.make_arguments(Path("/headers"), Path("/work"))
    assert words[:4] == ["make", "-C", "/headers", "M=/work"]
    assert words[-1] == "modules"
    assert "CONFIG_PAHOLE_VERSION=124" in words
    assert "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=" in words
    assert "RESOLVE_BTFIDS=true" in words, "these headers have no such program"
    monkeypatch.setattr(test_module, "_compiler_accepts", lambda compiler, option: True)
    assert "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=" not in test_module.make_arguments(Path("/headers"), Path("/work"))


@pytest.mark.parametrize("row", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_each_architecture_has_its_compiler(monkeypatch: pytest.MonkeyPatch, row: Architecture) -> None:
    asked = []
    monkeypatch.setattr(test_module, "_host_pahole", lambda: 124)
    monkeypatch.setattr(test_module, "_compiler_accepts", lambda compiler, option: asked.append(compiler))
    assert f"CC={row.compiler}" in test_module.make_arguments(Path("/headers"), Path("/work"), row)
    assert asked == [row.compiler]


def test_every_file_of_the_module_is_compiled() -> None:
    sources = {path.stem for path in test_module.source_files() if path.suffix == ".c"}
    text = (test_module.SOURCE / "Kbuild").read_text().replace("\\\n", " ")
    (line,) = [line for line in text.splitlines() if "-y := " in line]
    assert {word.removesuffix(".o") for word in line.partition(":= ")[2].split()} == sources


def test_the_truth_of_the_module_is_read() -> None:
    truth = TestmodTruth(
        "size\tstruct x\t8\nmember\tstruct x\ta.b\t4\t2\nbits\tstruct x\tf\t00f80100\nvalue\tmpyk_x\tf\t-5\n"
        "enumerator\tenum e\tA\t-1\nlist\tl\t1\t-2\nlist\tempty\n"
        "entry\tx\t7\tff\nrange\tm\t1\t9\tff\ncpu\tc\t1\tff\t3\n"
    )
    assert truth.sizes == {"struct x": 8}
    assert truth.members == [("struct x", "a.b", 4, 2)]
    assert truth.bit_fields == [("struct x", "f", 11, 6)]
    assert truth.values == [("mpyk_x", "f", -5)]
    assert truth.enumerators == {"enum e": {"A": -1}}
    assert (truth.numbers("l"), truth.numbers("empty")) == ([1, -2], [])
    assert (truth.entries("x"), truth.ranges("m"), truth.cpus("c")) == ([[7, 255]], [[1, 9, 255]], [[1, 255, 3]])
    assert (struct_of("mpyk_bits"), struct_of("mpyk_lowest")) == ("struct mpyk_bits", "struct mpyk_integers")
