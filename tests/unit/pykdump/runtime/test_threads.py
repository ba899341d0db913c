# SPDX-License-Identifier: GPL-3.0-or-later
"""Threads that a program leaves: they are waited for, but not for ever."""

from __future__ import annotations

import threading

import pytest

from pykdump.runtime import threads


def test_a_thread_is_waited_for() -> None:
    done: list[int] = []
    threading.Thread(target=lambda: done.append(1)).start()
    threads.wait_for_all()
    assert done == [1]


def test_a_thread_that_does_not_end_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "PATIENCE_SECONDS", 0.01)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, name="endless")
    thread.start()
    try:
        threads.wait_for_all()
        assert "endless" in capsys.readouterr().err
    finally:
        stop.set()
        thread.join()


def test_daemons_are_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait, daemon=True)
    thread.start()
    threads.wait_for_all()
    assert thread.is_alive()
    stop.set()
    thread.join()
    assert capsys.readouterr().err == ""
