# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit tests of pykdump, run by the embedded interpreters, outside of crash."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

from mpykbuild.base.paths import PROJECT
from mpykbuild.python import embedded_pytest

FOLDER = PROJECT / "tests/unit/pykdump"
# These need a package that the interpreter does not have outside of crash: jsonschema_rs, readline, or pyparsing, which
# is in the bundle.
LEFT_OUT = {
    "command_layer/test_schema.py", "runtime/test_line_editor.py", "test_c_constants.py", "test_c_expressions.py",
}  # fmt: skip
TESTS = sorted(
    str(path.relative_to(PROJECT))
    for path in FOLDER.rglob("test_*.py")
    if str(path.relative_to(FOLDER)) not in LEFT_OUT
)


def test_all_pass_and_none_is_skipped(interpreter: Path, configuration: dict[str, Any]) -> None:
    command = embedded_pytest.pytest_command(interpreter, Path(configuration["pytest"]), ["-v", *TESTS])
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    lines = done.stdout.splitlines()
    version = interpreter.parents[1].joinpath("version.txt").read_text().strip()
    assert f"Python {version}" in next(line for line in lines if line.startswith("platform "))
    assert re.fullmatch(r"=+ \d+ passed in .*", lines[-1])
    files = {line.partition("::")[0] for line in lines if "PASSED" in line}
    assert files == set(TESTS)
