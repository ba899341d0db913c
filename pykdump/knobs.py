# SPDX-License-Identifier: GPL-3.0-or-later
"""Debug knobs of modules and objects, and the namespaces that programs look at."""

from __future__ import annotations

from crash import pid_to_task, readSU, readSymbol, symbol_exists
from crash import version as _version

from pykdump.generic import getCurrentModule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from crash import StructResult


class Knob:
    """An attribute that the user may turn: ``get()`` and ``set(text)``."""

    def __init__(self, owner: Any, attr: str, convert: Callable[[Any], Any], help_text: str) -> None:
        self.owner, self.attr, self.convert, self.help = owner, attr, convert, help_text

    def get(self) -> Any:
        """Its value."""
        return getattr(self.owner, self.attr)

    def set(self, value: Any) -> None:
        """Give it a value; a text is converted. ValueError if it can't be."""
        setattr(self.owner, self.attr, self.convert(value))


# {the name that the user sees: knob}
knobs: dict[str, Knob] = {}


def _register(owner: Any, attr: str, name: str, default: Any, convert: Callable[[Any], Any], text: str) -> None:
    if not hasattr(owner, attr):
        setattr(owner, attr, default)
    knobs[name] = Knob(owner, attr, convert, text)


def registerModuleAttr(
    attr: str, pyctlname: str | None = None, default: Any = None, help: str = "", type: Callable[[Any], Any] = int
) -> None:
    """Make an attribute of the caller's module a knob ``pyctlname`` (default: module.attr)."""
    module = getCurrentModule(2)
    _register(module, attr, pyctlname or f"{module.__name__}.{attr}", default, type, help)


def registerObjAttrHandler(
    obj: Any,
    attr: str,
    pyctlname: str | None = None,
    default: Any = None,
    help: str = "",
    type: Callable[[Any], Any] = int,
) -> None:
    """Make an attribute of an object a knob ``pyctlname`` (default: class.attr)."""
    _register(obj, attr, pyctlname or f"{obj.__class__.__name__}.{attr}", default, type, help)


_nsproxy: StructResult | None = None


def get_nsproxy() -> StructResult:
    """The ``struct nsproxy`` that network helpers look at: that of the option --usens PID, or the initial one."""
    if _nsproxy is not None:
        return _nsproxy
    value = readSymbol("init_nsproxy") if symbol_exists("init_nsproxy") else readSymbol("init_task").nsproxy
    result: StructResult = value
    return result


def set_nsproxy(pid: int | None = None) -> None:
    """Look at the namespaces of the task ``pid`` from now on (None: the initial ones). ValueError without such one."""
    global _nsproxy
    if pid is None:
        _nsproxy = None
        return
    task = pid_to_task(pid)
    if not task:
        raise ValueError(f"there is no task with PID {pid}")
    nsproxy = readSU("struct task_struct", task).nsproxy
    if not nsproxy:
        raise ValueError(f"the task with PID {pid} has no namespaces any more: it is a zombie")
    _nsproxy = nsproxy


def require_cmod_version(needed: str) -> None:
    """End the program with a sentence if the extension is older than "x.y.z"."""
    if _numbers(_version) < _numbers(needed):
        raise SystemExit(f"This program needs the extension in version {needed} or later; this one is {_version}.")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("-")[0].split("."))
