# SPDX-License-Identifier: GPL-3.0-or-later
"""``pylog``: messages that are collected while a program runs and summed up when it ends.

A walk over a damaged list must neither stop the program nor scroll its warning out of sight.
"""

from __future__ import annotations

import sys

WARNING = "+++WARNING+++"
ERROR = "+++ERROR+++"
INFO = "...INFO..."


class PyLog:
    """Collect warnings, errors and notes; ``cleanup()`` prints each different one once and forgets them."""

    # Shared by all instances: programs make their own PyLog() and expect one summary.
    _problems: dict[tuple[str, str], int] = {}  # noqa: RUF012
    _silent: dict[str, list[str]] = {"warning": [], "error": []}  # noqa: RUF012
    _at_exit: list[str] = []  # noqa: RUF012

    def warning(self, *args: object, **kwargs: str) -> None:
        """Print the message at once and repeat it in the summary."""
        self._now(WARNING, args, kwargs)

    def error(self, *args: object, **kwargs: str) -> None:
        """As warning(), for what makes the result incomplete."""
        self._now(ERROR, args, kwargs)

    def info(self, *args: object, **kwargs: str) -> None:
        """A note; it does not count as a problem."""
        self._now(INFO, args, kwargs, remember=False)

    def timeout(self, message: object) -> None:
        """A command was stopped because it took too long."""
        self._now(WARNING, (message, "(timeout)"), {})

    def warning_onexit(self, *args: object) -> None:
        """Say it in the summary only."""
        self._remember(WARNING, _joined(args))

    def onexit(self, *args: object) -> None:
        """Print a line when the program ends, with no prefix."""
        self._at_exit.append(_joined(args))

    def silent(self, *args: object) -> None:
        """Keep a warning for getsilent(); print nothing."""
        self._silent["warning"].append(_joined(args))

    def silenterror(self, *args: object) -> None:
        """Keep an error for getsilent(); print nothing."""
        self._silent["error"].append(_joined(args))

    def getsilent(self) -> list[str]:
        """The messages kept by silent() and silenterror(), errors last; they are forgotten."""
        kept = [message for messages in self._silent.values() for message in messages]
        for messages in self._silent.values():
            messages.clear()
        return kept

    def cleanup(self) -> None:
        """Print the summary and start afresh. The runner calls it at the end of each program."""
        problems, lines = dict(self._problems), list(self._at_exit)
        self._problems.clear()
        self._at_exit.clear()
        self.getsilent()
        for line in lines:
            print(line)
        if problems:
            print("\n ****** Summary Of Problems Found ******")
        for (prefix, message), count in problems.items():
            print(f"{prefix} {message}" + (f" ({count} times)" if count > 1 else ""))

    def _now(self, prefix: str, args: tuple[object, ...], kwargs: dict[str, str], remember: bool = True) -> None:
        message = _joined(args, kwargs.get("sep", " "))
        print(prefix, message, end=kwargs.get("end", "\n"))
        sys.stdout.flush()
        if remember:
            self._remember(prefix, message)

    def _remember(self, prefix: str, message: str) -> None:
        key = (prefix, message)
        self._problems[key] = self._problems.get(key, 0) + 1


def _joined(args: tuple[object, ...], separator: str = " ") -> str:
    return separator.join(str(arg) for arg in args)


pylog = PyLog()
