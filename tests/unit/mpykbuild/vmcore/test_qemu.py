# SPDX-License-Identifier: GPL-3.0-or-later
"""Control of QEMU, with fakes: a process that writes a console, and a server that speaks QMP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mpykbuild.base.errors import BuildError
from mpykbuild.vmcore import qemu
from mpykbuild.vmcore.architectures import ARCHITECTURES, ARM64, Architecture


@pytest.fixture
def machine(tmp_path: Path) -> qemu.Machine:
    kernel, initrd, root, truth, serial = (tmp_path / name for name in ("kernel", "initrd", "root", "truth", "serial"))
    return qemu.Machine(kernel, initrd, root, truth, serial)


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        yield process
        process.kill()


def test_nothing_of_the_machine_is_shared_with_the_host(machine: qemu.Machine, tmp_path: Path) -> None:
    command = qemu.command_line("qemu", machine, tmp_path / "qmp")
    assert "-nodefaults" in command
    assert not [word for word in command if "tcp:" in word or "hostfwd" in word or "kvm" in word]
    assert "vmcoreinfo" in command
    assert "nokaslr" not in " ".join(command)


@pytest.mark.parametrize("row", ARCHITECTURES.values(), ids=ARCHITECTURES)
def test_each_architecture_has_its_machine(machine: qemu.Machine, tmp_path: Path, row: Architecture) -> None:
    command = qemu.command_line("qemu", replace(machine, architecture=row), tmp_path / "qmp")
    arguments = command[command.index("-append") + 1].split()
    assert {f"console={row.console}", *row.arguments.split()} <= set(arguments)
    assert command[command.index("-machine") + 1] == row.hardware[1]
    assert command[command.index("-accel") + 1].startswith("tcg")


def test_an_emulator_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BuildError, match="qemu-system-aarch64 is not installed") as caught:
        qemu.find_emulator(ARM64)
    assert "qemu-system-arm" in caught.value.next_step


def test_a_message_on_the_console_is_found(machine: qemu.Machine, sleeper: subprocess.Popen[bytes]) -> None:
    timer = threading.Timer(0.2, machine.serial.write_text, [f"boot\n{qemu.READY}\n"])
    timer.start()
    qemu.wait_for_message(sleeper, machine, qemu.READY, time.monotonic() + 10)
    timer.join()


@pytest.mark.parametrize(
    ("console", "kind", "words"),
    [
        (f"{qemu.FAILED}: mount /proc: No such file\n", BuildError, "mount /proc"),
        (f"[ 1.0] {qemu.PANIC}: no init\n", qemu.GuestDied, "no init"),
        ("still booting\n", BuildError, "not ready in time"),
    ],
)
def test_failures_show_the_console(
    machine: qemu.Machine, sleeper: subprocess.Popen[bytes], console: str, kind: type[BuildError], words: str
) -> None:
    machine.serial.write_text("".join(f"line {n}\n" for n in range(100)) + console)
    with pytest.raises(kind) as caught:
        qemu.wait_for_message(sleeper, machine, qemu.READY, time.monotonic())
    assert words in caught.value.what
    assert "line 61\n" in caught.value.what
    assert "line 60\n" not in caught.value.what
    assert str(machine.serial) in caught.value.next_step


def test_a_panic_is_awaited_only_after_the_guest_is_ready(
    machine: qemu.Machine, sleeper: subprocess.Popen[bytes]
) -> None:
    panics = replace(machine, panics=True)
    panic = f"[ 9.0] {qemu.PANIC}: sysrq triggered crash\n"
    end = f"[ 9.1] {qemu.PANIC_END} - not syncing: sysrq triggered crash ]---\n"
    machine.serial.write_text(f"{panic}{end.replace(qemu.PANIC_END, 'x')}")
    with pytest.raises(qemu.GuestDied):
        qemu.wait_for_message(sleeper, panics, qemu.PANIC_END, time.monotonic() + 10)
    machine.serial.write_text(f"{qemu.READY}\n{panic}")
    with pytest.raises(BuildError, match="not ready in time"):
        qemu.wait_for_message(sleeper, panics, qemu.PANIC_END, time.monotonic())
    machine.serial.write_text(f"{qemu.READY}\n{panic}{end}")
    qemu.wait_for_message(sleeper, panics, qemu.PANIC_END, time.monotonic() + 10)


def test_an_emulator_that_ends_is_a_dead_guest(machine: qemu.Machine) -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    process.wait()
    with pytest.raises(qemu.GuestDied, match="status 3"):
        qemu.wait_for_message(process, machine, qemu.READY, time.monotonic() + 10)


def test_the_emulator_ends_with_the_block(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(KeyboardInterrupt), qemu.running_qemu(command, tmp_path / "log") as process:
        raise KeyboardInterrupt
    assert process.returncode is not None


def test_a_failed_boot_ends_qemu_and_shows_its_output(
    machine: qemu.Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "fake-qemu"
    fake.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\necho cannot open disk\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr(qemu, "find_emulator", lambda architecture: str(fake))
    with pytest.raises(qemu.GuestDied, match="QEMU printed: cannot open disk"):
        qemu.boot_and_dump(machine, tmp_path, tmp_path / "flat", 10, 10)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def serve(listener: socket.socket, refuse: str, received: list[str]) -> None:
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb", buffering=0) as lines:
        lines.write(b'{"QMP": {}}\n')
        while line := lines.readline():
            command = json.loads(line)["execute"]
            received.append(command)
            lines.write(b'{"event": "STOP"}\n')
            lines.write(b'{"error": "no"}\n' if command == refuse else b'{"return": {}}\n')


@pytest.mark.parametrize("refuse", ["", "dump-guest-memory"])
def test_the_guest_is_stopped_before_it_is_dumped(tmp_path: Path, refuse: str) -> None:
    received: list[str] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "qmp"))
        listener.listen()
        server = threading.Thread(target=serve, args=(listener, refuse, received))
        server.start()
        if refuse:
            with pytest.raises(BuildError, match="QEMU refused dump-guest-memory"):
                qemu.dump_memory(tmp_path / "qmp", tmp_path / "flat", 10)
        else:
            qemu.dump_memory(tmp_path / "qmp", tmp_path / "flat", 10)
        server.join()
    expected = ["qmp_capabilities", "stop", "dump-guest-memory", "quit"]
    assert received == (expected[:3] if refuse else expected)
