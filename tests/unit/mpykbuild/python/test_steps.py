# SPDX-License-Identifier: GPL-3.0-or-later
"""Each step of the build of CPython alone. test_native.py and test_cross.py test whole builds."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import build_environment
from mpykbuild.base.run_log import RunLog
from mpykbuild.python import manifest
from mpykbuild.python import steps as python_steps
from support.fakepython import MINOR, VERSION, make_manifests, make_source

needs_tools = pytest.mark.skipif(
    any(shutil.which(name) is None for name in ("gcc", "make")), reason="needs gcc and make"
)


def test_umask_is_restored() -> None:
    previous = os.umask(0o077)
    try:
        with pytest.raises(ValueError, match="x"), python_steps.plain_umask():
            assert os.umask(0o022) == 0o022
            raise ValueError("x")
        assert os.umask(0o077) == 0o077
    finally:
        os.umask(previous)


@pytest.mark.parametrize("inside", ["", f"Python-{VERSION}"])
def test_source_gets_one_name_whatever_its_own_is(tmp_path: Path, inside: str) -> None:
    make_source(tmp_path / "given" / inside)
    tree = python_steps.bring_source(tmp_path / "given", tmp_path / "work")
    assert tree == tmp_path / "work" / "src"
    assert (tree / "configure").is_file()


def test_two_sources_are_an_error(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_source(tmp_path / "given" / name)
    with pytest.raises(BuildError, match="no CPython source"):
        python_steps.bring_source(tmp_path / "given", tmp_path / "work")


def test_arguments_of_configure_hide_the_folder_and_installed_libraries() -> None:
    words = {place: python_steps.configure_arguments(Path(place, "src"), "gcc-12") for place in ("/here", "/there")}
    assert "CC=gcc-12" in words["/here"]
    assert "ac_cv_header_openssl_ssl_h=no" in words["/here"]
    assert "ac_cv_search_crypt=no" in words["/here"]
    differ = [pair for pair in zip(words["/here"], words["/there"], strict=True) if pair[0] != pair[1]]
    assert [word.split("-ffile-prefix-map=")[1] for word in differ[0]] == ["/here=.", "/there=."]
    assert len(differ) == 1


@needs_tools
@pytest.mark.parametrize(("minor", "reads"), [("3.11", True), (MINOR, False)])
def test_setup_stdlib_is_read_where_configure_does_not_read_it(tmp_path: Path, minor: str, reads: bool) -> None:
    """The configure of Python 3.11 makes Setup.stdlib, but its makefile does not read it."""
    source = make_source(tmp_path / "given")
    with (source / "configure").open("a") as configure:
        configure.write("echo '# by configure' > Modules/Setup.stdlib\n")
    make_manifests(tmp_path / "manifests")
    (tmp_path / "manifests" / MINOR).rename(tmp_path / "manifests" / minor)
    goal = manifest.load_manifest(tmp_path / "manifests", minor)
    tree = python_steps.bring_source(source, tmp_path / "work")
    obj, words = tmp_path / "work" / "obj", python_steps.configure_arguments(tree, "gcc")
    python_steps.compile_library(goal, tree, obj, words, RunLog("x", tmp_path / "log"), 1, build_environment())
    assert ("# by configure" in (obj / "Modules" / "Setup.local").read_text()) is reads


def test_a_makefile_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("nonsense\n")
    with pytest.raises(BuildError, match=r"Makefile in .* cannot be read"):
        python_steps.link_options(tmp_path, build_environment())


def test_an_interpreter_that_does_not_run(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    (tmp_path / "bin" / "python").chmod(0o755)
    with pytest.raises(BuildError, match=r"(?s)does not run.*broken"):
        python_steps.run_python(tmp_path, ["-V"], build_environment())
