# SPDX-License-Identifier: GPL-3.0-or-later
"""The block layer on a made-up kernel: the map of tags, which is empty in the dump."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.linux import block  # noqa: E402

MAP, WORDS = 0x1000, 0x2000


@pytest.mark.parametrize(
    ("depth", "shift", "words", "bits"),
    [
        (8, 3, [(0b10110, 0b00100)], [1, 4]),  # one bit was cleared later
        (10, 3, [(0b1, 0), (0b11, 0b1)], [0, 9]),
        (6, 3, [(0xFF, 0)], [0, 1, 2, 3, 4, 5]),  # no more than its depth
        (0, 6, [], []),
    ],
)
def test_bits_of_a_map(depth: int, shift: int, words: list[tuple[int, int]], bits: list[int]) -> None:
    kernel = fake_crash.install()
    kernel.define("struct sbitmap_word", word="u64", cleared="u64")
    kernel.define("struct sbitmap", depth="u32", shift="u32", map="ptr struct sbitmap_word")
    for number, (word, cleared) in enumerate(words):
        kernel.make("struct sbitmap_word", WORDS + 16 * number, word=word, cleared=cleared)
    sbitmap = kernel.make("struct sbitmap", MAP, depth=depth, shift=shift, map=WORDS)
    assert list(block._set_bits(sbitmap)) == bits


def test_device_numbers() -> None:
    assert block.decode_devt((8 << 20) | 17) == (8, 17)


@pytest.mark.parametrize(
    ("layout", "values"),
    [
        ({"bd_nr_sectors": "u64"}, {"bd_nr_sectors": 800}),
        ({"bd_inode": "ptr struct inode"}, {"bd_inode": WORDS}),
        ({"nr_sects": "u64"}, {"nr_sects": 800}),
    ],
    ids=["5.16", "5.11", "old"],
)
def test_sizes_of_disks_on_three_ages_of_kernels(layout: dict[str, str], values: dict[str, int]) -> None:
    kernel = fake_crash.install()
    kernel.define("struct inode", i_size="s64")
    kernel.make("struct inode", WORDS, i_size=800 * 512)
    kernel.define("struct part", **layout)
    kernel.define("struct gendisk", part0="ptr struct part")
    kernel.make("struct part", MAP, **values)
    assert block.disk_sectors(kernel.make("struct gendisk", 0x3000, part0=MAP)) == 800
