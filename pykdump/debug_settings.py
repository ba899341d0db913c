# SPDX-License-Identifier: GPL-3.0-or-later
"""Debug settings: attributes of modules and objects that a program lets its user change by name."""

from __future__ import annotations

from pykdump.compat_helpers import getCurrentModule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class DebugSetting:
    """An attribute of ``owner`` that the user may change; ``convert`` makes its value from text."""

    def __init__(self, owner: Any, attr: str, convert: Callable[[Any], Any], help_text: str) -> None:
        self.owner, self.attr, self.convert, self.help = owner, attr, convert, help_text

    def get(self) -> Any:
        """Return the present value."""
        return getattr(self.owner, self.attr)

    def set(self, value: Any) -> None:
        """Convert ``value`` and store it. Raises ValueError if the conversion fails."""
        setattr(self.owner, self.attr, self.convert(value))


# {name that the user sees: setting}
settings: dict[str, DebugSetting] = {}


def _register(owner: Any, attr: str, name: str, default: Any, convert: Callable[[Any], Any], text: str) -> None:
    if not hasattr(owner, attr):
        setattr(owner, attr, default)
    settings[name] = DebugSetting(owner, attr, convert, text)


def registerModuleAttr(
    attr: str, pyctlname: str | None = None, default: Any = None, help: str = "", type: Callable[[Any], Any] = int
) -> None:
    """Make an attribute of the caller's module a debug setting.

    ``pyctlname`` is the name that the user sees; by default it is "module.attr". The attribute gets the value
    ``default`` unless the module has it already.
    """
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
    """Make an attribute of an object a debug setting; its name is by default "class.attr"."""
    _register(obj, attr, pyctlname or f"{obj.__class__.__name__}.{attr}", default, type, help)
