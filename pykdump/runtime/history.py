# SPDX-License-Identifier: GPL-3.0-or-later
"""The REPL's history from one crash session to the next: ``$XDG_STATE_HOME/mpykdump/history``.

A line is added to the file when it is entered, so that nothing is lost with a session that ends badly, and two
sessions at once do not overwrite each other's. What cannot be read or written is not kept, without a word.
"""

from __future__ import annotations

import os

import crash

KEPT_LINES = 1000
MAX_BYTES = 1 << 20
_state: dict[str, str] = {"loaded": "", "last": ""}


def path() -> str:
    """The file; "" where there is no place for it: a home folder that is missing is not for us to make."""
    state = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        home = os.path.expanduser("~")
        if not (os.path.isabs(home) and os.path.isdir(home)):
            return ""
        state = os.path.join(home, ".local", "state")
    return os.path.join(state, "mpykdump", "history")


def load() -> None:
    """Give the lines of the file to readline, once in a session of crash."""
    if _state["loaded"]:
        return
    _state["loaded"] = "yes"
    lines = _read(path())
    if len(lines) > 2 * KEPT_LINES:
        _rewrite(path(), lines[-KEPT_LINES:])
    for line in lines[-KEPT_LINES:]:
        _remember(line)


def add(line: str) -> None:
    """Add a line that was entered: to readline's history, and to the file."""
    if not line.strip() or "\0" in line or line == _state["last"]:
        return
    _remember(line)
    _append(path(), line)


def _remember(line: str) -> None:
    _state["last"] = line
    crash._repl_history_add(line)


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
