# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the plans of a run from the command line: each crash, each Python, their pairs, and where each product is."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from mpykbuild.artefact import libdeflate
from mpykbuild.base import version
from mpykbuild.base.cache import Product, digest_of
from mpykbuild.base.errors import BuildError
from mpykbuild.base.paths import PROJECT
from mpykbuild.base.run_log import RunLog
from mpykbuild.crash import build as crash_build
from mpykbuild.crash import symbols as crash_symbols
from mpykbuild.crash import tree as crash_tree
from mpykbuild.fetch import sources, unpack, wheels
from mpykbuild.plan import cross as cross_plans
from mpykbuild.plan import matrix_table, options
from mpykbuild.plan.records import CrashPlan, Plan, PythonPlan, Variant
from mpykbuild.plan.settings import Settings, is_version
from mpykbuild.python import adopt_prebuilt, debian_python, find_prebuilt, manifest, user_source, zlib_source
from mpykbuild.python import native as native_python
from mpykbuild.toolchain import crash_targets, glibc_limit, launcher
from mpykbuild.toolchain.compilers import Compilers, compiler_identity
from mpykbuild.toolchain.glibc_stubs import Version
from mpykbuild.vmcore import make_vmcore, scenarios

# The packages that each bundle contains.
OWN_PACKAGES = PROJECT / "requirements" / "bundle.txt"
# SCons starts programs with an empty environment, plus these variables of the user.
PASSED_VARIABLES = (
    "PATH",  # finds compilers and binutils
    "HOME",  # ccache and other launchers keep their configuration there
    "TMPDIR",
    "CROSS_COMPILE",
    "SOURCE_DATE_EPOCH",
)


def passed_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the programs that SCons starts: PASSED_VARIABLES and the settings of launchers."""
    passed = {name: environ[name] for name in PASSED_VARIABLES if name in environ}
    return {**passed, **launcher.launcher_variables(environ)}


@dataclass(frozen=True)
class Project:
    """All that one run of the build needs to know: versions, settings and plans. ``variants[0]`` is the default.

    ``audited_program`` is the PROGRAM of `audit crash=PROGRAM`.
    """

    version: str
    settings: Settings
    variants: tuple[Variant, ...]
    libdeflate: Plan
    glibc_max: Version | None
    audited_program: Path | None = None

    @property
    def default(self) -> Variant:
        return self.variants[0]

    @property
    def crashes(self) -> tuple[CrashPlan, ...]:
        return tuple(dict.fromkeys(crash for variant in self.variants for crash in variant.crashes))

    @property
    def pythons(self) -> tuple[PythonPlan, ...]:
        return tuple(dict.fromkeys(variant.python for variant in self.variants))

    @property
    def verbose(self) -> bool:
        return self.settings.verbose

    @property
    def cache(self) -> Path:
        return self.settings.cache

    @property
    def compilers(self) -> Compilers:
        return self.settings.compilers

    @property
    def kernel(self) -> str:
        return self.settings.values["kernel"]

    @property
    def build(self) -> str:
        """The folder of all build products, relative to the project. Each row of the matrix has its own folder."""
        row = self.settings.values["row"]
        return f"build/matrix/{row}" if row else "build"

    @property
    def build_folder(self) -> Path:
        return PROJECT / self.build

    @property
    def target(self) -> str:
        """The architecture, in crash's words, of the dumps that the default variant reads, and of the test vmcore."""
        return self.default.target

    @property
    def link_to_vmcore(self) -> Path:
        """The link to the test vmcore: ``build/vmcore``.

        It is ``build/vmcore-<target>`` for another machine's target. The name of a scenario follows: ``-sysrq``.
        """
        own = self.target == crash_targets.host_target().name
        scenario = self.settings.values["scenario"]
        words = ["vmcore", *([] if own else [self.target.lower()]), *([] if scenario == scenarios.LIVE else [scenario])]
        return self.build_folder / "-".join(words)

    @property
    def prefix(self) -> Path:
        return self.settings.path(self.settings.values["prefix"])

    @property
    def audited_file(self) -> Path | None:
        """The FILE of `audit mpykdump=FILE`: a finished file, so nothing is built."""
        value = self.settings.values["mpykdump"]
        return self.settings.path(value) if value else None

    @property
    def tests(self) -> str:
        return self.settings.values["tests"]


def crash_plan(settings: Settings, wanted: str) -> CrashPlan:
    """Return the plan for ``crash=``. ``wanted`` is a pinned version, a built tree or an unbuilt one.

    A built tree is used as it is. An unbuilt one is copied, and the copy is built. Raises BuildError for a tree that
    cannot be used.
    """
    if settings.compilers.host:
        return cross_plans.cross_crash_plan(settings, wanted, unpack_pinned)
    toolchain = crash_build.probe_toolchain()
    if is_version(wanted):
        source = sources.load_sources().crash(wanted)
        target, gdb_major = _requested_target(settings, crash_targets.host_target().name), int(source.gdb.split(".")[0])
        product = crash_build.crash_product(source.key, source.version, settings.cache, toolchain, target)
        plan = _crash_build_plan(product, partial(unpack_pinned, source, settings), settings, toolchain, target)
        return CrashPlan(source.version, target, gdb_major, product.path / "tree", plan)
    tree = crash_tree.parse_tree(settings.path(wanted))
    crash_tree.check_usable(tree)
    target = _requested_target(settings, tree.target)
    if tree.built:
        if target != tree.target:
            raise BuildError(
                f"The crash program in {tree.path} is for dumps of {tree.target}, not of {target}.",
                f"give crash= an unbuilt copy of the tree, which is then built for {target}, or give no target=.",
            )
        return CrashPlan(tree.version, target, tree.gdb_major, tree.path, None)
    product = crash_build.crash_product_of_tree(replace(tree, target=target), settings.cache, toolchain)
    plan = _crash_build_plan(product, tree.path, settings, toolchain, target)
    return CrashPlan(tree.version, target, tree.gdb_major, product.path / "tree", plan)


def _requested_target(settings: Settings, default: str) -> str:
    """Return the crash target that ``target=`` names, or ``default`` when the option is empty."""
    wanted = settings.values["target"].upper()
    return crash_targets.target(wanted, "target=").name if wanted else default


def crash_names(settings: Settings, value: str) -> list[str]:
    """Split the value of ``crash=A,B``. The path of an existing tree is not split: it may contain commas."""
    names = [value] if settings.path(value).exists() else value.split(",")
    return [name.strip() for name in names if name.strip()] or [value]


def crash_plans(value: str, names: Sequence[str], plan_of: Callable[[str], CrashPlan]) -> tuple[CrashPlan, ...]:
    """Return the plans for the crashes that ``crash=`` names, the oldest first.

    Raises BuildError when one file cannot serve all of them.
    """
    plans = sorted((plan_of(name) for name in names), key=lambda plan: plan.version_numbers)
    versions = [plan.version for plan in plans]
    if len(set(versions)) < len(versions):
        raise BuildError(
            f"crash={value} names one release twice (crash {crash_symbols.join_words(versions)}).",
            "name each release once: one file serves all crashes of a release.",
        )
    if len({plan.target for plan in plans}) > 1:
        listed = ", ".join(f"{plan.version} for {plan.target}" for plan in plans)
        raise BuildError(
            f"crash={value} names crashes for several targets ({listed}).",
            "build one file for each target: a file reads the dumps of one architecture.",
        )
    return tuple(plans)


def _crash_build_plan(
    product: Product,
    source: Path | Callable[[Path], None],
    settings: Settings,
    toolchain: crash_build.Toolchain,
    target: str,
) -> Plan:
    title = f"crash-{product.name}"
    runlog = RunLog(title, product.log, settings.verbose)
    build = partial(crash_build.build_crash, product, source, runlog, settings.jobs, toolchain, target=target)
    make = launcher.with_launcher(settings.launcher, build)
    return Plan(title, product, make)


def python_plan(settings: Settings, wanted: str) -> PythonPlan:
    """Return the plan for ``python=`` and ``packages=``.

    ``wanted`` is a pinned version or series, a source, or ``prebuilt:DIR``. Raises BuildError for a Python that cannot
    be used.
    """
    plan = _python_alone(settings, wanted)
    given = settings.values["packages"]
    files = [OWN_PACKAGES, *([settings.path(given)] if given else [])]
    return replace(plan, packages=tuple(_wheels_plan(settings, plan, requirements) for requirements in files))


def _wheels_plan(settings: Settings, python: PythonPlan, requirements: Path) -> Plan:
    """Return the plan for the wheels of a requirements file."""
    product = wheels.wheels_product(requirements, python.minor, settings.cache)
    make = partial(wheels.provide_wheels, product, requirements, python.minor, settings.downloads)
    return Plan(f"wheels-{requirements.stem}-{python.version}", product, make)


def _python_alone(settings: Settings, wanted: str) -> PythonPlan:
    source: Callable[[Path], None]
    if find_prebuilt.requested_prebuilt(wanted):
        cross_plans.refuse_prebuilt(settings, wanted)
        return _prebuilt_plan(settings, find_prebuilt.requested_prebuilt(wanted))
    if is_version(wanted):
        pinned = sources.load_sources().python(wanted)
        key, number, source = pinned.key, pinned.version, partial(unpack_pinned, pinned, settings)
    else:
        given = user_source.user_source(settings.path(wanted), settings.cache)
        key, number, source = given.key, given.version, given.fill
    zlib = sources.load_sources().zlib()
    key = digest_of({"python": key, "zlib": zlib.key})
    source = partial(zlib_source.source_with_zlib, source, partial(unpack_pinned, zlib, settings))
    # With host=, a Python for this machine is built first: it helps to build the other one.
    compilers = Compilers() if settings.compilers.host else settings.compilers
    product = native_python.python_product(compilers.key_with_sysroot(key), number, settings.cache, cc=compilers.cc)
    runlog = RunLog(f"cpython-{number}", product.log, settings.verbose)
    build = partial(native_python.build_python, product, source, runlog, settings.jobs, cc=compilers.cc)
    make = launcher.with_launcher(settings.launcher, build)
    native = PythonPlan(number, manifest.minor_of(number), Plan(f"cpython-{number}", product, make))
    return cross_plans.cross_python_plan(settings, native, source) if settings.compilers.host else native


def libdeflate_plan(settings: Settings) -> Plan:
    """Return the plan for libdeflate, which decompresses the pages of a dump. Its release has no option."""
    source = sources.load_sources().libdeflate()
    compilers = settings.compilers
    product = libdeflate.libdeflate_product(
        compilers.key_with_sysroot(source.key), source.version, settings.cache, cc=compilers.cc
    )
    title = f"libdeflate-{source.version}{compilers.suffix}"
    runlog = RunLog(title, product.log, settings.verbose)
    fill = partial(unpack_pinned, source, settings)
    build = partial(libdeflate.build_libdeflate, product, fill, runlog, cc=compilers.cc, ar=compilers.tool("ar"))
    cross = (compilers.cc,) if compilers.host else ()
    return Plan(title, product, launcher.with_launcher(settings.launcher, build, compilers=cross))


def vmcore_plan(project: Project) -> Plan:
    """Return the plan for the test vmcore of the project's kernel series, target and scenario."""
    series, cache_root, target = project.kernel, project.cache, project.target
    scenario = project.settings.values["scenario"]
    product = make_vmcore.vmcore_product(series, cache_root, target, scenario)
    make = partial(make_vmcore.make_vmcore, series, cache_root, project.verbose, target=target, scenario=scenario)
    return Plan(f"vmcore-{product.name}", product, make, project.link_to_vmcore)


def _prebuilt_plan(settings: Settings, word: str) -> PythonPlan:
    debian = debian_python.is_minor_version(word)
    python = find_prebuilt.find_prebuilt_python(
        debian_python.packages_folder(word, settings.cache) if debian else settings.path(word)
    )
    product = adopt_prebuilt.adopted_product(python, settings.cache)
    make = launcher.with_launcher(settings.launcher, partial(adopt_prebuilt.adopt_python, product, python))
    plan = Plan(f"cpython-{product.name}", product, make)
    return PythonPlan(python.version, python.minor, plan)


def unpack_pinned(source: sources.Source, settings: Settings, folder: Path) -> None:
    """Fetch a pinned release and unpack it into the empty ``folder``."""
    unpack.unpack_source(source, sources.fetch_source(source, settings.downloads, settings.cache), folder)


def objects_folder(cache_root: Path, compilers: Compilers) -> Path:
    """Return the folder of the cache for objects of this machine, these compilers and this C library."""
    if compilers.host:
        return cache_root / "objects" / f"{compilers.host.name}-{compilers.key[:16]}"
    inputs = {
        "machine": platform.machine(),
        "compiler": compiler_identity("gcc"),
        "C++ compiler": compiler_identity("g++"),
        "libc": os.confstr("CS_GNU_LIBC_VERSION") or "",
    }
    return cache_root / "objects" / digest_of(inputs)[:16]


def source_id() -> str:
    """Return 12 hex digits of a hash of all sources of an artefact. `epython -V` prints them."""
    folders = ("ext", "pykdump", "stdlib_manifests", "python-src-patches")
    files = [path for name in folders for path in (PROJECT / name).rglob("*") if path.is_file()]
    inputs = {str(path.relative_to(PROJECT)): path.read_bytes() for path in files if path.suffix != ".pyc"}
    return digest_of(inputs)[:12]


def read_project(values: Mapping[str, str], launched_from: Path, targets: Sequence[str]) -> Project:
    """Return the project of this run. ``values`` are all options and ``targets`` the targets of the command line.

    ``launched_from`` is the folder for relative paths. Nothing is built or fetched, except the package lists and
    packages of a prebuilt Python or a sysroot from Debian.

    Raises BuildError for a crash or a Python that cannot be used.
    """
    settings = Settings(values, launched_from)
    launcher.find_launcher(settings.launcher)
    pairs = [(values["crash"], values["python"])]
    if "test" in targets and names_no_pair(values):
        pairs = [(row.crash, row.python) for row in matrix_table.always_tested(matrix_table.load_rows())]
    program = _audited_program(settings, targets)
    if program:
        pairs = [(options.DEFAULTS["crash"], values["python"])]
    plan_of = cache(partial(crash_plan, settings))
    crashes = {value: crash_plans(value, crash_names(settings, value), plan_of) for value, _ in pairs}
    pythons = {name: python_plan(settings, name) for _, name in pairs}
    machine = settings.compilers.machine
    variants = tuple(Variant(crashes[crash], pythons[python], machine) for crash, python in pairs)
    limit = glibc_limit.parse_limit(values["glibc_max"])
    return Project(version.VERSION, settings, variants, libdeflate_plan(settings), limit, program)


def names_no_pair(values: Mapping[str, str]) -> bool:
    """Return whether the command line leaves crash, Python and the machines at their defaults."""
    return all(values[name] == options.DEFAULTS[name] for name in ("crash", "python", "row", "target", "host"))


def _audited_program(settings: Settings, targets: Sequence[str]) -> Path | None:
    """Return the crash program that `audit crash=PROGRAM` names, which is compared with the default build."""
    path = settings.path(settings.values["crash"])
    return path if "audit" in targets and path.is_file() else None
