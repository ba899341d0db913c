# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests/conftest.py asks of pytest and its plugins."""

from __future__ import annotations

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="needs pytest -n 2 --dist loadgroup")
def test_the_tests_of_a_file_stay_in_one_worker(request: pytest.FixtureRequest) -> None:
    """pytest-xdist marks the groups in the names. Without groups, each worker opens every dump, in twice the time."""
    assert request.node.nodeid.endswith("@test_conftest")
