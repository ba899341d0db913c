# SPDX-License-Identifier: GPL-3.0-or-later
"""Types of the test module after its debuginfo was unloaded: what was read stays, the rest is a clear error."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from support.session import Result, Variant, Vmcore
from support.testmod import TestmodTruth

RunCrash = Callable[..., Result]

PROGRAM = """
import json
from pykdump.API import *
crash.set_type_source("gdb")
exec_crash_command("mod -s mpyk_testmod " + FILE)
unread = {"function": whatis("mpyk_show").ti, "struct": TypeInfo("struct mpyk_item")}
known = whatis("mpyk_first").ti
before = known.fullname()
exec_crash_command("mod -d mpyk_testmod")
uses = {
    "text": TypeInfo.fullname, "prototype": lambda info: info.prototype, "size": lambda info: info.size,
    "members": lambda info: crash.struct_info(info.fullname()),
    "value": lambda info: crash.read_value(info, sym2addr("init_task")),
}
found = {}
for kind, info in unread.items():
    for name, use in uses.items():
        try:
            found[f"{kind} {name}"] = repr(use(info))
        except (TypeError, crash.error) as error:
            found[f"{kind} {name}"] = f"{type(error).__name__}: {error}"
found["known"] = [before, known.fullname()]
print("@@" + json.dumps(found) + "@@")
"""


def test_types_of_a_module_whose_debuginfo_is_gone(
    variant: Variant, vmcore: Vmcore, run_crash: RunCrash, testmod: TestmodTruth, tmp_path: Path
) -> None:
    file = vmcore.truth.parent / "modules/mpyk_testmod.ko"
    (tmp_path / "prog.py").write_text(PROGRAM.replace("FILE", repr(str(file))))
    result = run_crash(variant, [f"extend {variant.extension}", "epython prog.py", "sym jiffies"], cwd=tmp_path)
    assert result.stdout.count("@@") == 2, result
    found = json.loads(result.stdout.split("@@")[1])
    gone = "TypeError: The debug information that described this type is gone."
    assert [found["function text"], found["function prototype"]] == [gone, gone]
    assert found["known"] == ["int (int)"] * 2
    assert "TypeError" in found["struct members"]
    assert "jiffies\n" in result.stdout
    assert result.status == 0
