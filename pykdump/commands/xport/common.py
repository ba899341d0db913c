# SPDX-License-Identifier: GPL-3.0-or-later
"""What the parts of xportshow share: the chosen namespaces, and records made from views."""

from __future__ import annotations

import dataclasses
from operator import attrgetter

from pykdump.command_layer import Problem, Section
from pykdump.command_layer.events import UNREADABLE, reason_of
from pykdump.linux.inet import get_net_namespace_list, get_ns_net

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, TypeVar

    from crash import StructResult

    R = TypeVar("R")


def chosen_nets(options: argparse.Namespace) -> list[StructResult]:
    """Return the ``struct net`` of --netns, by default that of --usens or the initial one.

    Raises ValueError if there is no such namespace.
    """
    if options.netns == "all":
        return get_net_namespace_list()
    if options.netns is None:
        return [get_ns_net()]
    found = [net for net in get_net_namespace_list() if int(net) == options.netns]
    if not found:
        known = ", ".join(f"{int(net):#x}" for net in get_net_namespace_list())
        raise ValueError(f"there is no network namespace at {options.netns:#x}; there are {known}")
    return found


def net_title(net: int) -> Section:
    """Return the heading of what belongs to a ``struct net``."""
    return Section(f"Network namespace {int(net):#x}")


def each_net(nets: Iterable[StructResult], collect: Callable[[StructResult], Iterable[Any]]) -> Iterator[Any]:
    """Yield what ``collect(net)`` yields for each namespace, below a heading if there are several."""
    nets = list(nets)
    for net in nets:
        if len(nets) > 1:
            yield net_title(net)
        try:
            yield from collect(net)
        except UNREADABLE as problem:
            yield Problem(f"a part of network namespace {int(net):#x}", reason_of(problem))


def maker(kind: type[R], *extra: str) -> Callable[..., R]:
    """Return a function that makes a record of this type from a view.

    The fields are the view's attributes of the same names. The values of the fields ``extra``, which are in the order
    of the record, are arguments of the function.
    """
    names = [field.name for field in dataclasses.fields(kind)]  # type: ignore[arg-type]
    places = [names.index(name) for name in extra]
    read = attrgetter(*[name for name in names if name not in extra])

    def make(view: object, *values: object) -> R:
        found = list(read(view))
        for place, value in zip(places, values):
            found.insert(place, value)
        return kind(*found)

    return make


def made(what: str, views: Iterable[Any], make: Callable[[Any], R]) -> Iterator[R | Problem]:
    """Yield the record of each view; a Problem for a view that cannot be read."""
    for view in views:
        try:
            yield make(view)
        except UNREADABLE as problem:
            yield Problem(f"{what} {view.address:#x}", reason_of(problem))


def rounded(value: float) -> str:
    """Return a number with at most three digits after the point."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
