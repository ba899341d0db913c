# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a program in the API: the summary of problems is printed, results that must not stay are dropped."""

from __future__ import annotations

import sys

from pykdump.option_values import API_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def finish_program() -> None:
    """Wait for the program's threads, then clean up in those modules of the API that the program imported."""
    if "threading" in sys.modules:
        from pykdump.runtime import threads

        threads.wait_for_all()
    for name, clean_up in _CLEAN_UP.items():
        module = sys.modules.get(name)
        if module is not None:
            clean_up(module)


def _print_problems(module: ModuleType) -> None:
    module.pylog.cleanup()


def _forget_expressions(module: ModuleType) -> None:
    module.PY_select_purge()


def _forget_results(module: ModuleType) -> None:
    if API_options.get("dumpcache"):
        module.print_caches()
    module.DCache.cleartmp()
    module.purge_at_end_of_program()


def _return_to_initial_namespaces(module: ModuleType) -> None:
    module.set_nsproxy()


# {module: what to do if it was imported}, in the order of the output.
_CLEAN_UP: dict[str, Callable[[ModuleType], None]] = {
    "pykdump.pylog": _print_problems,
    "pykdump.struct_attributes": _forget_expressions,
    "pykdump.caches": _forget_results,
    "pykdump.namespaces": _return_to_initial_namespaces,
}
