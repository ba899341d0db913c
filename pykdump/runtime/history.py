# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of the prompt, kept from one crash session to the next: ``$XDG_STATE_HOME/mpykdump/history``.

Each line is appended to the file when it is entered. So a session that ends badly loses nothing, and two sessions at
the same time do not overwrite each other's lines. If the file cannot be read or written, nothing is reported.
"""

from __future__ import annotations

import os

KEPT_LINES = 1000
MAX_BYTES = 1 << 20
# The history: readline gets it for each line that is read.
lines: list[str] = []
_state = {"loaded": False}


def path() -> str:
    """Return the path of the file, "" if there is no home folder: it is not created here."""
    state = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        home = os.path.expanduser("~")
        if not (os.path.isabs(home) and os.path.isdir(home)):
            return ""
        state = os.path.join(home, ".local", "state")
    return os.path.join(state, "mpykdump", "history")


def load() -> None:
    """Read the lines of the file. Only the first call in a crash session does it."""
    if _state["loaded"]:
        return
    _state["loaded"] = True
    kept = _read(path())
    if len(kept) > 2 * KEPT_LINES:
        _rewrite(path(), kept[-KEPT_LINES:])
    lines[:] = kept[-KEPT_LINES:]


def add(line: str) -> None:
    """Add a line that was entered to the history and to the file."""
    if not line.strip() or "\0" in line or line in lines[-1:]:
        return
    lines.append(line)
    _append(path(), line)


def _read(name: str) -> list[str]:
    try:
        if not os.path.isfile(name):
            return []
        with open(name, "rb") as stream:
            stream.seek(max(0, os.path.getsize(name) - MAX_BYTES))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.split("\n") if line.strip() and line.replace("\t", " ").isprintable()]


def _append(name: str, line: str) -> None:
    try:
        os.makedirs(os.path.dirname(name), mode=0o700, exist_ok=True)
        if os.path.exists(name) and not os.path.isfile(name):
            return
        descriptor = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return
    try:
        os.write(descriptor, line.encode("utf-8", "replace") + b"\n")
    except OSError:
        pass
    finally:
        os.close(descriptor)


def _rewrite(name: str, lines: list[str]) -> None:
    temporary = f"{name}.{os.getpid()}"
    try:
        with open(temporary, "w", encoding="utf-8", errors="replace") as stream:
            stream.write("\n".join(lines) + "\n")
        os.chmod(temporary, 0o600)
        os.replace(temporary, name)
    except OSError:
        return
