# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile .py files to .pyc. A program for ``bin/python`` of the CPython product, see byte_compile.

Each line of stdin holds three words separated by tabs: source, output, name to show in tracebacks. Failures are
reported on stderr. Marshal marks objects that anything else in the process refers to, so its bytes depend on what the
process compiled and imported before. Therefore each file is compiled in a forked child of the same parent, which
imports as little as possible. So the order of the files does not matter.
"""

import importlib.util
import marshal
import os
import sys

# PEP 552: the file contains a hash of its source, and Python does not compare it at run time.
UNCHECKED_HASH = (1).to_bytes(4, "little")


def compile_one(source: str, output: str, shown: str) -> None:
    """Write the .pyc of ``source``. Raises the errors of the compiler."""
    with open(source, "rb") as stream:  # noqa: PTH123 (pathlib would be one more import)
        data = stream.read()
    code = compile(data, shown, "exec", dont_inherit=True, optimize=0)
    with open(output, "wb") as stream:  # noqa: PTH123
        stream.write(importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(data))
        stream.write(marshal.dumps(code))


def in_child(line: bytes) -> int:
    """Compile the file that ``line`` names. Return the exit status: 0, or 1 if it did not compile."""
    source, output, shown = os.fsdecode(line).rstrip("\n").split("\t")
    try:
        compile_one(source, output, shown)
    except (SyntaxError, ValueError, OSError) as error:
        print(f"{source}: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


def main() -> int:
    """Compile all files. Return the exit status: 0, or 1 if at least one file did not compile."""
    failed = False
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            os._exit(in_child(line))
        failed |= os.waitpid(child, 0)[1] != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
