# SPDX-License-Identifier: GPL-3.0-or-later
"""What the named targets do once everything that they need is built."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from typing import Any

from mpykbuild.artefact import extension_file
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.process import run_on_terminal
from mpykbuild.crash import audit as crash_audit
from mpykbuild.crash import dump_options, requirements_section
from mpykbuild.plan import matrix_table
from mpykbuild.plan import project as project_plan
from mpykbuild.plan.project import Project
from mpykbuild.python import embedded_pytest
from mpykbuild.targets import pick_row, reproduce
from mpykbuild.toolchain import cross_tools, glibc_limit

# What `test` runs for another machine unless tests= says otherwise: an emulator is too slow for all of them, or for
# more than one crash at a time. Where there is no crash the file is loaded into a program of the tests' own.
TESTS_WITHOUT_CRASH = "tests/cross -v -n 0"
TESTS_ELSEWHERE = f"tests/vmcore/test_taskinfo.py {TESTS_WITHOUT_CRASH}"


def run_demo(project: Project) -> None:
    """Open the test vmcore in crash with the extension and print taskinfo."""
    dump = project.link_to_vmcore
    crash = [str(project.build_folder / "crash"), "-s", *dump_options.needed_options(dump)]
    command = [*cross_tools.emulator_command(project.compilers), *crash, str(dump / "vmlinux"), str(dump / "vmcore")]
    script = f"extend {project.build_folder / 'mpykdump.so'}\ntaskinfo\nquit\n"
    print(f"$ {shlex.join(command)}\n{script}", flush=True)
    status = run_on_terminal(command, text=script)
    if status:
        raise BuildError(f"crash ended with status {status}.", "its own messages above say why.")


def run_audit(project: Project) -> None:
    """Print what the artefact needs and exports and how it fares in each crash; fail when it breaks a rule.

    Raises BuildError (with status 1 when a crash lacks what is required).
    """
    path = project.audited or project.build_folder / "mpykdump.so"
    needed = requirements_section.read_requirements(path)
    print(extension_file.audit_report(path), flush=True)
    refused = []
    for program in [project.program] if project.program else [crash.program for crash in project.default.crashes]:
        if program.is_file():
            found = crash_audit.audit_program(needed, program)
            print("", *found.lines, sep="\n", flush=True)
            refused += [f"{program}: {'; '.join(found.refusals)}"] if found.refusals else []
    extension_file.check_artefact(path)
    glibc_limit.check_limit(path, project.glibc_max, ())
    if refused:
        raise BuildError(f"{path} cannot be used in {'; '.join(refused)}.", "build one with crash= for it.", status=1)


def run_install(project: Project) -> None:
    """Copy the artefact to where crash looks for extensions below the prefix."""
    target = project.prefix / "lib" / "crash" / "extensions" / "mpykdump.so"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.build_folder / "mpykdump.so", target)
    except OSError as error:
        raise BuildError(
            f"cannot write {target}: {error.strerror}.", "choose another prefix=, or run this as a user who may."
        ) from error
    print(f"installed {target}", flush=True)


def configuration_for_tests(project: Project) -> dict[str, Any]:
    """Return what tests/conftest.py wants to know about this build."""
    runner = cross_tools.emulator_command(project.compilers)
    variants = [
        {
            "name": variant.name if len(variant.crashes) == 1 else f"{variant.name} in {crash.version}",
            "extension": str(project.build_folder / variant.name / "mpykdump.so"), "python": variant.python.minor,
            "interpreter": str(variant.python.folder / "bin" / "python"),
            "crash": str(crash.program), "crash_version": crash.version, "runner": runner,
            "built_for": variant.versions, "trees": [str(one.tree) for one in variant.crashes],
        }
        for variant in project.variants
        for crash in reversed(variant.crashes)
    ]  # fmt: skip
    return {
        "variants": variants, "vmcore": str(project.link_to_vmcore), "packaged_crash": shutil.which("crash") or "",
        "pytest": str(embedded_pytest.pytest_product(project.cache).path), "rotation": rotating_rows(project),
        "given": project.settings.handed_on(),
    }  # fmt: skip


def rotating_rows(project: Project) -> list[str]:
    """Return the rows of which the first that can be had is tested beside the usual pairs; none with other pairs."""
    if not project_plan.leaves_pairs_open(project.settings.values):
        return []
    return [row.name for row in pick_row.rows_in_turn(matrix_table.load_rows(), pick_row.sources_digest())]


def default_tests(project: Project) -> str:
    """Return the words for pytest when tests= gives none; without any it runs all."""
    if project.compilers.host is None:
        return ""
    return TESTS_ELSEWHERE if project.default.crash.has_program else TESTS_WITHOUT_CRASH


def run_tests(project: Project) -> None:
    """Run pytest over all tests, with its output and its verdict as they are."""
    embedded_pytest.provide_pytest(project.cache)
    configuration = project.build_folder / "test-config.json"
    told = configuration_for_tests(project)
    configuration.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    if told["rotation"] and not project.tests:
        print(
            f"Besides, the row {told['rotation'][0]} has its turn: {pick_row.repeat_command(told['rotation'][0])}",
            flush=True,
        )
    env = {**os.environ, "MPYK_TEST_CONFIG": str(configuration), "MPYKDUMP_CACHE": str(project.cache)}
    # A worker a core; -n 0 in tests= brings back a single process, for a debugger for example.
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "auto",
        "--maxprocesses",
        "4",
        "--dist",
        "loadgroup",
        "-o",
        f"cache_dir={project.build_folder / 'pytest_cache'}",
        *shlex.split(project.tests or default_tests(project)),
    ]
    status = run_on_terminal(command, cwd=PROJECT, env=env)
    if status:
        raise BuildError(f"the tests failed (pytest's status {status}).", "pytest's output above says which.")


def run_bench(project: Project) -> None:
    """Measure our speed beside drgn's on the test vmcore; the table is printed and kept in build/bench.json."""
    if project.target != "X86_64":
        raise BuildError(f"the benchmark is for dumps of X86_64, not of {project.target}.", "leave target= away.")
    build = project.build_folder
    dump, extension = project.link_to_vmcore, build / "mpykdump.so"
    where = {
        "crash": build / "crash", "extension": extension, "vmlinux": dump / "vmlinux", "vmcore": dump / "vmcore",
        "python": project.default.python.folder / "bin" / "python", "results": build / "bench",
        "output": build / "bench.json",
    }  # fmt: skip
    words = [word for name, path in where.items() for word in (f"--{name}", str(path))]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(PROJECT / name) for name in ("tests", "site_scons"))}
    status = run_on_terminal([sys.executable, "-m", "bench.main", *words], cwd=PROJECT, env=env)
    if status:
        raise BuildError(f"the benchmark failed (status {status}).", "its own message above says why.")


def compare_two_builds(project: Project) -> None:
    """Build CPython, libdeflate and the extension twice from nothing and compare the artefacts."""
    default = project.default
    trees = [crash.tree for crash in default.crashes]
    digest = reproduce.compare_builds(trees, default.python.version, project.cache, fresh_python=True)
    print(f"both builds gave sha256 {digest}", flush=True)
