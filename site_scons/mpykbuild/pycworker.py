# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile .py files to .pyc. A program for ``bin/python`` of the CPython product, see pycompile.

Each line of stdin is a JSON list: source, output, name to show in tracebacks. What failed is told on stderr.
Marshal marks objects that anything else refers to, so the bytes depend on what the process has compiled before.
Therefore each file is compiled in a child forked from the same untouched parent: the order does not matter.
"""

import importlib.util
import json
import marshal
import os
import sys
from pathlib import Path

# PEP 552: the source's hash stands in the file, and nobody compares it at run time.
UNCHECKED_HASH = (1).to_bytes(4, "little")


def compile_one(source: str, output: str, shown: str) -> None:
    """Write the .pyc of ``source``; whatever the compiler raises is passed on."""
    data = Path(source).read_bytes()
    code = compile(data, shown, "exec", dont_inherit=True, optimize=0)
    header = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(data)
    Path(output).write_bytes(header + marshal.dumps(code))


def in_child(line: bytes) -> int:
    """Compile what ``line`` asks for and return an exit status."""
    source, output, shown = json.loads(line)
    try:
        compile_one(source, output, shown)
    except (SyntaxError, ValueError, OSError) as error:
        print(f"{source}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def main() -> int:
    """Return 1 when at least one file did not compile."""
    failed = False
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            os._exit(in_child(line))
        failed |= os.waitpid(child, 0)[1] != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
