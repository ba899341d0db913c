# SPDX-License-Identifier: GPL-3.0-or-later
"""``pylog``: messages that are printed while a program runs, collected, and repeated in a summary at its end.

A damaged list must not stop a program, and its warning must not be lost in a long output.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Optional

    Sink = Optional[Callable[[str, str], None]]

WARNING = "+++WARNING+++"
ERROR = "+++ERROR+++"
INFO = "...INFO..."


class PyLog:
    """A collector of warnings, errors and notes. cleanup() prints the summary: each different message once.

    ``reported`` counts warnings and errors: what was read meanwhile is sound if it has not changed.
    """

    reported = 0

    # All instances share these: programs make their own PyLog() and expect one summary.
    _problems: dict[tuple[str, str], int] = {}  # noqa: RUF012
    _silent: dict[str, list[str]] = {"warning": [], "error": []}  # noqa: RUF012
    _at_exit: list[str] = []  # noqa: RUF012
    _sink: Sink = None

    def warning(self, *args: object, **kwargs: str) -> None:
        """Print a warning now and again in the summary. ``sep`` and ``end`` are as for print()."""
        self._now(WARNING, args, kwargs)

    def error(self, *args: object, **kwargs: str) -> None:
        """Print an error now and again in the summary: the result is incomplete."""
        self._now(ERROR, args, kwargs)

    def info(self, *args: object, **kwargs: str) -> None:
        """Print a note, which is not repeated in the summary."""
        self._now(INFO, args, kwargs, remember=False)

    def timeout(self, message: object) -> None:
        """Warn that a command was stopped because it took too long."""
        self._now(WARNING, (message, "(timeout)"), {})

    def warning_onexit(self, *args: object) -> None:
        """Put a warning into the summary only."""
        self._remember(WARNING, _joined(args))

    @staticmethod
    def send_to(sink: Sink) -> Sink:
        """Hand warnings, errors and notes to ``sink(prefix, message)``, which prints them in its own form.

        They are then not in the summary. None ends that. Return the sink before.
        """
        before, PyLog._sink = PyLog._sink, sink
        return before

    def onexit(self, *args: object) -> None:
        """Print a line, without a prefix, when the program ends."""
        self._at_exit.append(_joined(args))

    def silent(self, *args: object) -> None:
        """Keep a warning for getsilent(); print nothing."""
        self._silent["warning"].append(_joined(args))

    def silenterror(self, *args: object) -> None:
        """Keep an error for getsilent(); print nothing."""
        self._silent["error"].append(_joined(args))

    def getsilent(self) -> list[str]:
        """Return the messages that silent() and silenterror() kept, errors last, and forget them."""
        kept = [message for messages in self._silent.values() for message in messages]
        for messages in self._silent.values():
            messages.clear()
        return kept

    def cleanup(self) -> None:
        """Print the summary and forget all messages. The runner calls this at the end of each program."""
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
        PyLog.reported += prefix != INFO
        if PyLog._sink is not None:
            PyLog._sink(prefix, message)
            return
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
