# SPDX-License-Identifier: GPL-3.0-or-later
"""irqinfo: the text of counts and handlers."""

from __future__ import annotations

import pytest

from support import fake_crash

fake_crash.install()

from pykdump.commands import irqinfo  # noqa: E402


def test_counts_and_handlers_as_text() -> None:
    assert irqinfo._numbers((1, 0, 22)) == "1 0 22"
    handlers = (irqinfo.Handler("eth0", "nic_interrupt", None, 0), irqinfo.Handler("usb", "usb_irq", 5, 0))
    assert irqinfo._handlers(handlers) == "eth0 (nic_interrupt), usb (usb_irq)"


def test_a_wrong_number_is_an_error_of_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        irqinfo.main(["x"])
    assert ended.value.code == 3
    assert capsys.readouterr().err.count("\n") == 1
