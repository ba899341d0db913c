# SPDX-License-Identifier: GPL-3.0-or-later
"""ext/base/hash_map.c and hash_index.c against Python's dict and lists."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from support import cprobe

Probe = Callable[[Sequence[str]], list[str]]


@pytest.fixture(scope="module", params=cprobe.MACHINES)
def probe(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Probe:
    """Give lines to the program; return the lines of its answer."""
    units = ("base/hash_map.c", "base/hash_index.c")
    program: Path = cprobe.build(tmp_path_factory.mktemp("map"), "base/hash_map_probe.c", *units, machine=request.param)

    def run(lines: Sequence[str]) -> list[str]:
        done = subprocess.run([program], input="\n".join(lines), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout.splitlines()

    return run


@pytest.mark.parametrize("kind", ["", "a"])
def test_a_map_is_a_dict(probe: Probe, kind: str) -> None:
    """Random keys, some of them again, and now and then all pairs with one value are dropped."""
    draw = random.Random(7)
    known: dict[str, int] = {}
    lines, wanted = [], []
    for _ in range(4000):
        key = str(draw.randrange(1 << 12) << 6)
        action = draw.choice(["set", "get", "get", "set", "drop"] if draw.random() < 0.02 else ["set", "get"])
        number = draw.randrange(1, 50)
        if action == "drop":
            known = {name: value for name, value in known.items() if value != number}
            lines.append(f"{kind}drop {number}")
        elif action == "set":
            wanted.append(str(int(key not in known)))
            known[key] = number
            lines.append(f"{kind}set {key} {number}")
        else:
            wanted.append(str(known.get(key, "-")))
            lines.append(f"{kind}get {key}")
    assert probe(lines) == wanted


def test_a_value_may_be_null(probe: Probe) -> None:
    assert probe(["get x", "set x 0", "get x", "aget 0", "aset 0 0", "aget 0"]) == ["-", "1", "0", "-", "1", "0"]


def test_numbers_of_one_hash_stay_in_their_order(probe: Probe) -> None:
    """Also when the table grows, and when a run of slots wraps around the end of the table."""
    hashes = [0xFFFFFFFF, 3, 0xFFFFFFFF, 0xFFFFFFFE, 3, 0xFFFFFFFF, 0xFFFFFFFE] * 40
    lines = [f"add {value} {number}" for number, value in enumerate(hashes, 1)]
    answers = probe([*lines, *(f"all {value}" for value in (3, 0xFFFFFFFE, 0xFFFFFFFF, 9))])
    for value, answer in zip((3, 0xFFFFFFFE, 0xFFFFFFFF, 9), answers):
        assert [*map(int, answer.split())] == [number for number, found in enumerate(hashes, 1) if found == value]
