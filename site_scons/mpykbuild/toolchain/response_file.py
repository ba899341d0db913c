# SPDX-License-Identifier: GPL-3.0-or-later
"""Response files: words of a command line that the compiler reads from a file, as in ``gcc @flags.rsp``."""

from __future__ import annotations

import re
from collections.abc import Iterable


def text_of(words: Iterable[str]) -> str:
    """Return the text of a response file, with a word on each line. The words may contain blanks and quotes."""
    return "".join(re.sub(r"""([\\\s"'])""", r"\\\1", word) + "\n" for word in words)
