# SPDX-License-Identifier: GPL-3.0-or-later
"""The values of the common options as programs find them."""

from __future__ import annotations

from support import fake_crash

fake_crash.install()

from pykdump import API, option_values  # noqa: E402
from pykdump.runtime import options  # noqa: E402


def test_programs_find_each_option_with_a_default_as_key_and_as_attribute() -> None:
    assert API.API_options is option_values.API_options
    assert {"debug": 0, "experimental": False, "dumpcache": False}.items() <= API.API_options.items()
    assert {name: getattr(API.API_options, name) for name in API.API_options} == API.API_options
    defaults = [option.default for option in options.OPTIONS.values() if option.default is not None]
    assert list(API.API_options.values()) == defaults
