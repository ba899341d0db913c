# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that import their module when they are first used."""

from __future__ import annotations

from support import fake_crash

fake_crash.install()

from pykdump import lazy_imports  # noqa: E402


def test_lazy_names_behave_like_the_real_ones() -> None:
    import argparse
    import optparse

    assert lazy_imports.argparse.ArgumentParser is argparse.ArgumentParser
    parser = lazy_imports.OptionParser(usage="x")
    assert isinstance(parser, optparse.OptionParser)
    assert isinstance(parser, lazy_imports.OptionParser)  # type: ignore[arg-type]

    class Own(lazy_imports.OptionParser):  # type: ignore[misc]
        pass

    assert Own.__mro__[1] is optparse.OptionParser
    assert lazy_imports.pp.pformat({"a": 1}) == "{'a': 1}"
    assert "pformat" in dir(lazy_imports.pprint)
