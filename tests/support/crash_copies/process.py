# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy as a process. It is not our child, so its maker reports its end."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from contextlib import suppress


class Copy:
    """A copy of an opened crash, with the methods of subprocess.Popen that tests use.

    ``report`` is the pipe to which the maker writes the PID, and later the status as waitpid() has it. The PID is 0 if
    the maker has ended.
    """

    def __init__(self, report: int) -> None:
        self._report = os.fdopen(report, "rb", buffering=0)
        self.pid = int(self._report.readline() or 0)
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, negative for a signal; None while the copy runs."""
        if self.returncode is None and select.select([self._report], [], [], 0)[0]:
            self.returncode = os.waitstatus_to_exitcode(int(self._report.readline()))
            self._report.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit status. Raises subprocess.TimeoutExpired."""
        if self.returncode is None and not select.select([self._report], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(["crash"], timeout or 0)
        status = self.poll()
        assert status is not None
        return status

    def kill(self) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):  # it has just ended
                os.kill(self.pid, signal.SIGKILL)
