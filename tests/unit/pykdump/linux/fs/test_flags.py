# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of flags."""

from __future__ import annotations

from support import fake_crash

fake_crash.install()

from pykdump.c_constants import dbits2str  # noqa: E402
from pykdump.linux.fs import flags  # noqa: E402


def test_flags_have_names() -> None:
    assert (flags.MS_FLAGS.MS_NOATIME, flags.MNT_FLAGS.MNT_SHARED, flags.FILE_MODE_FLAGS.FMODE_WRITE) == (1024, 4096, 2)
    assert dbits2str(3, flags.FILE_MODE_FLAGS, 6) == "READ|WRITE"
