# SPDX-License-Identifier: GPL-3.0-or-later
"""What a list of threads shows of each one. The members are looked up once, so that long lists take little time."""

from __future__ import annotations

from operator import attrgetter

from crash import member_offset

from pykdump.linux.tasks import NANOSECONDS_IN_MS, STATE_CODES, layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crash import StructResult


class ThreadReader:
    """Reads the facts about threads that a list shows. The values are those of the properties of tasks.Task."""

    def __init__(self) -> None:
        self._layout = layout()
        self._members = attrgetter(
            "tgid", "pid", self._layout.state, "exit_state", self._layout.last_ran, "comm", "real_cred"
        )
        # Since v3.5 a user ID is a kuid_t.
        self._uid = attrgetter("uid.val" if member_offset("struct cred", "uid.val") >= 0 else "uid")
        self._codes: dict[tuple[int, int], str] = {}
        self._clocks: dict[int, int] = {}

    def read(self, task: StructResult) -> tuple[int, int, int, str, int, int | None, str]:
        """Return (PID, TID, CPU, two letters of the state, ms since it ran, UID, name) of a ``struct task_struct``.

        The UID is None for a task without credentials. Raises crash.error if the task cannot be read.
        """
        pid, tid, state, exit_state, last, comm, cred = self._members(task)
        cpu = self._layout.cpu(task)
        code = self._codes.get((state, exit_state))
        if code is None:
            code = self._codes[state, exit_state] = self._state_code(state, exit_state)
        clock = self._clocks.get(cpu)
        if clock is None:
            clock = self._clocks[cpu] = self._clock(cpu)
        ago = (clock - last) // NANOSECONDS_IN_MS if clock > last else 0
        return pid, tid, cpu, code, ago, self._uid(cred) if cred else None, str(comm)

    def _state_code(self, state: int, exit_state: int) -> str:
        return STATE_CODES.get(self._layout.states.letter(state, exit_state), "??")

    def _clock(self, cpu: int) -> int:
        """Return the clock of a CPU's runqueue in ns; 0 if the runqueue is not in the dump."""
        queue = self._layout.runqueues.get(cpu)
        return 0 if queue is None else int(getattr(queue, self._layout.clock))
