# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands run inside crash on the real dump, with JSON that is valid by the committed schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from support import schemas
from support.session import CrashSession

Document = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def document(crash_session: CrashSession) -> Document:
    """``document("pstree -p")``: the JSON document of a command line, which is valid by the command's schema."""
    jsonschema = pytest.importorskip("jsonschema")

    def run(words: str) -> dict[str, Any]:
        output = crash_session.run(f"{words} --json")
        assert output.startswith("{"), output[:2000]
        found: dict[str, Any] = json.loads(output)
        jsonschema.Draft202012Validator(schemas.committed(words.split()[0])).validate(found)
        return found

    return run
