# SPDX-License-Identifier: GPL-3.0-or-later
"""Check our JSON tables with closed schemas: a key that is not in the schema is a mistake.

A schema maps each key to a pair: whether the key is required, and a check of its value. A check returns a complaint,
or an empty string for a good value. All mistakes of a file are reported together, each with its place.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mpykbuild.base.errors import BuildError

# An object of a JSON file. Its structure is known only after the check.
Row = dict[str, Any]
Check = Callable[[object], str]
Schema = Mapping[str, tuple[bool, Check]]


def read_json(path: Path, mistakes: Callable[[object], Iterable[str]]) -> Any:
    """Return the content of a JSON file. Raises BuildError with everything that ``mistakes(content)`` yields."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_duplicates)
    except OSError as error:
        raise BuildError(f"{path} cannot be read: {error.strerror}.", "restore it from the repository.") from error
    except ValueError as error:
        raise BuildError(f"{path} is not valid JSON: {error}.", "correct that file.") from error
    found = list(mistakes(data))
    if found:
        listed = "\n".join(f"  {mistake}" for mistake in found)
        raise BuildError(f"{path} has {len(found)} mistake(s):\n{listed}", "correct them in that file.")
    return data


def _without_duplicates(pairs: list[tuple[str, object]]) -> Row:
    """Return a dict of the pairs of a JSON object. Raises ValueError if a key occurs twice."""
    twice = repeated(key for key, _ in pairs)
    if twice:
        raise ValueError(f"the key {twice[0]!r} occurs twice in one object")
    return dict(pairs)


def repeated(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once, sorted."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


def matches(pattern: str, meaning: str) -> Check:
    """Return a check for strings that match ``pattern`` completely. Its complaint says "is not ``meaning``"."""

    def check(value: object) -> str:
        good = isinstance(value, str) and re.fullmatch(pattern, value)
        return "" if good else f"{value!r} is not {meaning}"

    return check


def one_of(*allowed: str) -> Check:
    """Return a check that accepts only the ``allowed`` strings."""
    return lambda value: "" if value in allowed else f"{value!r} is not one of {', '.join(allowed)}"


def filled_list(value: object) -> str:
    """Check that ``value`` is a list and not empty."""
    return "" if isinstance(value, list) and value else "must be a list with at least one entry"


def boolean(value: object) -> str:
    """Check that ``value`` is true or false."""
    return "" if isinstance(value, bool) else f"{value!r} is not true or false"


def number_of_bytes(value: object) -> str:
    """Check that ``value`` is a positive integer."""
    good = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return "" if good else f"{value!r} is not a number of bytes"


TEXT = matches(r"\S.*", "a text")


def object_mistakes(place: str, value: object, schema: Schema) -> Iterator[str]:
    """Yield the mistakes of one object: unknown keys, missing keys, and the complaints of the checks."""
    if not isinstance(value, dict):
        yield f"{place}: must be an object"
        return
    for key in value:
        if key not in schema:
            yield f"{place}: unknown key {key!r}; the known keys are {', '.join(schema)}"
    for key, (required, check) in schema.items():
        if key not in value:
            if required:
                yield f"{place}: the key {key!r} is missing"
        elif complaint := check(value[key]):
            yield f"{place}: {key}: {complaint}"


def entries(place: str, key: str, values: object) -> Iterator[tuple[str, object]]:
    """Yield each entry of a list with its place. Yield nothing for other values: their check reports them."""
    if isinstance(values, list):
        for number, value in enumerate(values):
            yield f"{place}{'.' if place else ''}{key}[{number}]", value
