# SPDX-License-Identifier: GPL-3.0-or-later
"""Boot a guest under QEMU, wait for its READY message on the serial console, and dump its memory.

QEMU has always ended when these functions return or raise.
"""

from __future__ import annotations

import json
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mpykbuild.base.errors import BuildError
from mpykbuild.base.process import Popen, started, users_environment
from mpykbuild.vmcore.architectures import X86_64, Architecture

READY = "mpyk-guest: READY"
FAILED = "mpyk-guest: FAILED"
PANIC = "Kernel panic - not syncing"
# The last line of a panic. After it the kernel only waits.
PANIC_END = "---[ end Kernel panic"
# KASLR stays on. With no_hash_pointers the truth has real addresses, which a test can look up in the dump.
KERNEL_ARGUMENTS = "console={console} panic=-1 mitigations=off random.trust_cpu=on no_hash_pointers quiet loglevel=4"
TAIL_LINES = 40
POLL_SECONDS = 0.05


class GuestDied(BuildError):
    """The guest's kernel panicked, or QEMU ended. This is not a mistake of the user."""


@dataclass(frozen=True)
class Machine:
    """The files that a guest boots, the files to which it writes, and its size.

    ``append`` are further arguments of the kernel. ``panics`` means that the guest shall panic when it is ready.
    """

    kernel: Path
    initrd: Path
    root_disk: Path
    truth_disk: Path
    serial: Path
    architecture: Architecture = X86_64
    append: str = ""
    panics: bool = False
    memory_mb: int = 768
    cpus: int = 2


def find_emulator(architecture: Architecture) -> str:
    """Return the path of QEMU. Raises BuildError with the packages to install if it is missing."""
    found = shutil.which(architecture.emulator)
    if not found:
        raise BuildError(
            f"{architecture.emulator} is not installed, but a test vmcore needs it to boot a kernel.",
            f"install {architecture.packages}.",
        )
    return found


def command_line(emulator: str, machine: Machine, control: Path) -> list[str]:
    """Return QEMU's command line: without network, KVM and fixed ports. ``control`` is the QMP socket."""
    general = KERNEL_ARGUMENTS.format(console=machine.architecture.console)
    disks: list[str] = []
    for disk in (machine.root_disk, machine.truth_disk):
        path = str(disk).replace(",", ",,")
        disks += ["-drive", f"file={path},format=raw,if=virtio,cache=unsafe"]
    return [
        emulator, "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        *machine.architecture.hardware, "-accel", "tcg,thread=multi",
        "-smp", str(machine.cpus), "-m", str(machine.memory_mb),
        "-kernel", str(machine.kernel), "-initrd", str(machine.initrd),
        "-append", f"{general} {machine.architecture.arguments} {machine.append}",
        *disks, "-device", "virtio-rng-pci", "-device", "vmcoreinfo",
        "-serial", f"file:{machine.serial}", "-qmp", f"unix:{control},server=on,wait=off",
    ]  # fmt: skip


class Qmp:
    """A QMP connection over a unix socket. Each line is one JSON object. ``timeout`` is in seconds."""

    def __init__(self, path: Path, timeout: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(timeout)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("rb")
        self._receive()
        self.execute("qmp_capabilities")

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def _receive(self) -> dict[str, object]:
        line = self._lines.readline()
        if not line:
            raise BuildError("QEMU closed its control connection.")
        reply = json.loads(line)
        assert isinstance(reply, dict)
        return reply

    def execute(self, command: str, arguments: Mapping[str, object] | None = None) -> object:
        """Run one command and return its result. Events are ignored. Raises BuildError if QEMU reports an error."""
        request: dict[str, object] = {"execute": command}
        if arguments:
            request["arguments"] = dict(arguments)
        self._socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            reply = self._receive()
            if "error" in reply:
                raise BuildError(f"QEMU refused {command}: {reply['error']}.")
            if "return" in reply:
                return reply["return"]


def serial_tail(serial: Path) -> str:
    """Return the last lines that the guest wrote to the serial console."""
    if not serial.is_file():
        return "(the guest wrote nothing)"
    lines = serial.read_text(errors="replace").splitlines()
    return "\n".join(lines[-TAIL_LINES:]) or "(the guest wrote nothing)"


def guest_error(what: str, serial: Path, kind: type[BuildError] = BuildError) -> BuildError:
    """Return the error for a guest that failed, with the last lines of its console."""
    return kind(f"{what} The last lines of its console:\n{serial_tail(serial)}", f"read the complete log in {serial}.")


@contextmanager
def running_qemu(command: Sequence[str], output: Path) -> Iterator[Popen[bytes]]:
    """Run QEMU in the user's environment and yield its process. Kill QEMU if it still runs after the block."""
    with output.open("wb") as log, started(command, env=users_environment(), stdout=log, stderr=log) as process:
        yield process


def wait_for_message(process: Popen[bytes], machine: Machine, message: str, deadline: float) -> None:
    """Wait until ``message`` is on the serial console. ``deadline`` is a time of time.monotonic().

    Raises GuestDied if QEMU ends or the guest's kernel panics, unless it is ready and shall panic. Raises BuildError if
    the guest reports a failure or is not ready in time.
    """
    while True:
        text = machine.serial.read_text(errors="replace") if machine.serial.is_file() else ""
        if message in text:
            return
        if FAILED in text:
            raise guest_error("The guest could not set itself up.", machine.serial)
        if PANIC in text and not (machine.panics and READY in text):
            raise guest_error("The guest's kernel panicked.", machine.serial, GuestDied)
        if process.poll() is not None:
            what = f"QEMU ended with status {process.returncode} before the guest was ready."
            raise guest_error(what, machine.serial, GuestDied)
        if time.monotonic() > deadline:
            raise guest_error("The guest was not ready in time.", machine.serial)
        time.sleep(POLL_SECONDS)


def dump_memory(control: Path, out: Path, timeout: float) -> None:
    """Stop the guest, write its memory to ``out`` as a flattened zlib kdump file, and end QEMU.

    ``control`` is the QMP socket, ``timeout`` is in seconds.
    """
    qmp = Qmp(control, timeout)
    try:
        qmp.execute("stop")
        qmp.execute("dump-guest-memory", {"paging": False, "protocol": f"file:{out}", "format": "kdump-zlib"})
        qmp.execute("quit")
    except TimeoutError as error:
        raise BuildError(f"QEMU did not finish the dump in {timeout:.0f} seconds.") from error
    finally:
        qmp.close()


def boot_and_dump(machine: Machine, scratch: Path, out: Path, boot_timeout: float, dump_timeout: float) -> None:
    """Boot ``machine``, wait until it is ready or has panicked, and write the flattened dump to ``out``.

    Timeouts are in seconds.
    ``scratch`` must be a short path: it contains a unix socket, whose path may have at most 107 bytes.
    """
    control = scratch / "qmp"
    command = command_line(find_emulator(machine.architecture), machine, control)
    with running_qemu(command, scratch / "qemu.log") as process:
        try:
            deadline = time.monotonic() + boot_timeout
            wait_for_message(process, machine, PANIC_END if machine.panics else READY, deadline)
            dump_memory(control, out, dump_timeout)
        except BuildError as error:
            log = (scratch / "qemu.log").read_text(errors="replace").strip()
            raise type(error)(error.what + (f"\nQEMU printed: {log}" if log else ""), error.next_step) from error
