# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets that run after a build: demo, audit, install, test, bench and reproducible."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from collections.abc import Mapping
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
from mpykbuild.targets import pick_row, provide_dumps, reproduce
from mpykbuild.toolchain import cross_tools, glibc_limit
from mpykbuild.vmcore import make_vmcore
from mpykbuild.vmcore.scenarios import SCALE

# `test host=…` runs these unless tests= names others. An emulator is too slow for all tests, and for more than one
# crash at a time. Where no crash program can be built, a small program of the tests loads the file.
TESTS_WITHOUT_CRASH = "tests/cross -v -n 0"
TESTS_OF_OTHER_HOST = f"tests/vmcore/test_taskinfo.py {TESTS_WITHOUT_CRASH}"


def run_demo(project: Project) -> None:
    """Open the test vmcore in crash with the extension and print taskinfo. Raises BuildError when crash fails."""
    dump = project.link_to_vmcore
    crash = [str(project.build_folder / "crash"), "-s", *dump_options.needed_options(dump)]
    command = [*cross_tools.emulator_command(project.compilers), *crash, str(dump / "vmlinux"), str(dump / "vmcore")]
    script = f"extend {project.build_folder / 'mpykdump.so'}\ntaskinfo\nquit\n"
    print(f"$ {shlex.join(command)}\n{script}", flush=True)
    status = run_on_terminal(command, text=script)
    if status:
        raise BuildError(f"crash ended with status {status}.", "read its messages above.")


def run_audit(project: Project) -> None:
    """Print what the artefact needs and exports, and for each crash what it finds and what it lacks there.

    Raises BuildError when the artefact breaks a rule, and with status 1 when a crash lacks something that is required.
    """
    path = project.audited_file or project.build_folder / "mpykdump.so"
    needed = requirements_section.read_requirements(path)
    print(extension_file.audit_report(path), flush=True)
    refused = []
    audited = project.audited_program
    for program in [audited] if audited else [crash.program for crash in project.default.crashes]:
        if program.is_file():
            found = crash_audit.audit_program(needed, program)
            print("", *found.lines, sep="\n", flush=True)
            refused += [f"{program}: {'; '.join(found.refusals)}"] if found.refusals else []
    extension_file.check_artefact(path)
    glibc_limit.check_limit(path, project.glibc_max, ())
    if refused:
        raise BuildError(
            f"{path} cannot be used in {'; '.join(refused)}.", "build a file for that crash with crash=.", status=1
        )


def run_install(project: Project) -> None:
    """Copy the artefact to ``lib/crash/extensions`` below the prefix, where crash looks for extensions."""
    target = project.prefix / "lib" / "crash" / "extensions" / "mpykdump.so"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.build_folder / "mpykdump.so", target)
    except OSError as error:
        raise BuildError(
            f"{target} cannot be written: {error.strerror}.",
            "choose another prefix=, or run this as a user with permission.",
        ) from error
    print(f"installed {target}", flush=True)


def configuration_for_tests(project: Project, dumps: Mapping[str, str]) -> dict[str, Any]:
    """Return the facts about this build that tests/conftest.py reads as JSON. ``dumps`` are folders by names."""
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
        "variants": variants, "vmcore": str(project.link_to_vmcore), "dumps": dict(dumps),
        "packaged_crash": shutil.which("crash") or "",
        "pytest": str(embedded_pytest.pytest_product(project.cache).path),
        "rows_to_try": rows_to_try(project), "inherited_options": project.settings.inherited_options(),
        "turn": int(pick_row.sources_digest(), 16) % 1000,
    }  # fmt: skip


def rows_to_try(project: Project) -> list[str]:
    """Return the names of the rows of which one is tested in addition: the first one that can be built here.

    The list is empty when the command line names a crash, a Python or another machine.
    """
    if not project_plan.names_no_pair(project.settings.values):
        return []
    return [row.name for row in pick_row.rows_to_try(matrix_table.load_rows(), pick_row.sources_digest())]


def default_tests(project: Project) -> str:
    """Return the arguments for pytest when tests= is empty. Without arguments pytest runs all tests."""
    if project.compilers.host is None:
        return ""
    return TESTS_OF_OTHER_HOST if project.default.crash.has_program else TESTS_WITHOUT_CRASH


def run_tests(project: Project) -> None:
    """Run pytest on the user's terminal. Raises BuildError when a test fails."""
    embedded_pytest.provide_pytest(project.cache)
    has_dumps = project.compilers.host is None and project.default.crash.has_program
    configuration = configuration_for_tests(project, provide_dumps.provide_dumps(project) if has_dumps else {})
    path = project.build_folder / "test-config.json"
    path.write_text(json.dumps(configuration, indent=2) + "\n", encoding="utf-8")
    if configuration["rows_to_try"] and not project.tests:
        row = configuration["rows_to_try"][0]
        print(f"In addition, the row {row} is tested: {pick_row.repeat_command(row)}", flush=True)
    env = {**os.environ, "MPYK_TEST_CONFIG": str(path), "MPYKDUMP_CACHE": str(project.cache)}
    # One worker for each core, at most four. `-n 0` in tests= runs all tests in one process, which a debugger needs.
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
        raise BuildError(f"The tests failed (status {status} of pytest).", "read the output of pytest above.")


def run_bench(project: Project) -> None:
    """Compare our speed with drgn's on the test vmcore. Print the table and write it to build/bench.json.

    With scale=1 only the commands run: on it, and on the dump of the scenario "scale", which is made if it is not in
    the cache. The table goes to build/bench-scale.json.
    """
    if project.target != "X86_64":
        raise BuildError(f"The benchmark reads dumps of X86_64, not of {project.target}.", "run it without target=.")
    build = project.build_folder
    dump, extension = project.link_to_vmcore, build / "mpykdump.so"
    arguments = {
        "crash": build / "crash", "extension": extension, "vmlinux": dump / "vmlinux", "vmcore": dump / "vmcore",
        "python": project.default.python.folder / "bin" / "python", "results": build / "bench",
        "output": build / "bench.json",
    }  # fmt: skip
    if project.settings.values["scale"] == "1":
        arguments["output"] = build / "bench-scale.json"
        arguments["large"] = make_vmcore.make_vmcore(project.kernel, project.cache, project.verbose, scenario=SCALE)
    words = [word for name, path in arguments.items() for word in (f"--{name}", str(path))]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(str(PROJECT / name) for name in ("tests", "site_scons"))}
    status = run_on_terminal([sys.executable, "-m", "bench.main", *words], cwd=PROJECT, env=env)
    if status:
        raise BuildError(f"The benchmark failed (status {status}).", "read its message above.")


def compare_two_builds(project: Project) -> None:
    """Build CPython, libdeflate and the extension twice. Raises BuildError when the artefacts differ."""
    default = project.default
    trees = [crash.tree for crash in default.crashes]
    digest = reproduce.compare_builds(trees, default.python.version, project.cache, fresh_python=True)
    print(f"both builds have the sha256 {digest}", flush=True)
