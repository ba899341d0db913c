# SPDX-License-Identifier: GPL-3.0-or-later
"""What a command yields besides records: findings, problems, the headings of sections, and text that is ready."""

from __future__ import annotations

from crash import error

from pykdump.command_layer.finding_kinds import FINDING_KINDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

# What damaged or missing memory, and a structure that another kernel lays out differently, raise.
# MissingMember of the module `crash` is a LookupError and an AttributeError; a missing symbol or type is a TypeError.
UNREADABLE = (error, LookupError, AttributeError, TypeError, ValueError, ArithmeticError)


class Finding:
    """Something that is wrong in the dump.

    ``identifier`` is a row of finding_kinds.py and never changes. ``message`` is one sentence. ``pids`` are thread IDs,
    ``addresses`` the addresses of the structures that the finding is about.
    """

    __slots__ = ("addresses", "identifier", "message", "pids")

    def __init__(self, identifier: str, message: str, pids: Iterable[int] = (), addresses: Iterable[int] = ()) -> None:
        if identifier not in FINDING_KINDS:
            raise KeyError(f"{identifier!r} is not in finding_kinds.py")
        self.identifier = identifier
        self.message = message
        self.pids = tuple(map(int, pids))
        self.addresses = tuple(map(int, addresses))

    @property
    def severity(self) -> str:
        """ "info", "warning", "error" or "critical"."""
        return FINDING_KINDS[self.identifier].severity

    def as_json(self) -> dict[str, object]:
        """Return the finding as the dictionary that stands in JSON documents."""
        return {
            "id": self.identifier,
            "severity": self.severity,
            "message": self.message,
            "pids": list(self.pids),
            "addresses": [f"{address:#x}" for address in self.addresses],
        }

    def __str__(self) -> str:
        about = [f"PID {pid}" for pid in self.pids] + [f"{address:#x}" for address in self.addresses]
        return f"[{self.severity}] {self.identifier}: {self.message}" + (f" ({', '.join(about)})" if about else "")


class Problem:
    """A part of the output that cannot be told, and why."""

    __slots__ = ("part", "reason")

    def __init__(self, part: str, reason: object) -> None:
        self.part = part
        self.reason = " ".join(str(reason).split()) or "no reason is known"

    def as_json(self) -> dict[str, object]:
        """Return the problem as the dictionary that stands in JSON documents."""
        return {"part": self.part, "reason": self.reason}

    def __str__(self) -> str:
        return f"Cannot tell {self.part}: {self.reason}"


class Section:
    """The heading of the records that follow, in text only."""

    __slots__ = ("title",)

    def __init__(self, title: str) -> None:
        self.title = title


class Text(str):
    """The lines of a record, which a command may yield in its place if only text is asked for (``as_text``)."""

    __slots__ = ()


def reason_of(problem: BaseException) -> str:
    """Return why something could not be read, as text: the exception's own message, or its name."""
    if isinstance(problem, KeyError) and type(problem) is KeyError:
        return f"there is no {problem}"
    return str(problem) or type(problem).__name__


def guarded(part: str, collect: Callable[..., Iterable[Any]], *args: Any, **options: Any) -> Iterator[Any]:
    """Yield what ``collect(*args, **options)`` yields. If it cannot read the dump, yield a Problem and end."""
    try:
        yield from collect(*args, **options)
    except UNREADABLE as problem:
        yield Problem(part, reason_of(problem))
