# SPDX-License-Identifier: GPL-3.0-or-later
"""``exit()`` and ``quit()`` for programs and for the prompt. The module site, which has them in Python, is not run."""

from __future__ import annotations

import builtins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

WORDS = ("exit", "quit")


class Leave:
    """``exit()``. The one of the module site would also close stdin, which belongs to crash."""

    def __call__(self, code: object = None) -> NoReturn:
        raise SystemExit(code)

    def __repr__(self) -> str:
        return "exit() or Ctrl-D returns to crash"


def install() -> None:
    """Make the functions builtin ones."""
    for word in WORDS:
        setattr(builtins, word, Leave())
