# SPDX-License-Identifier: GPL-3.0-or-later
"""Defects of the classic C module that no other test covers. Tests of its other defects are in these files:

* sessions that died of ``mem2long(b'')``, endless recursion, ``get_pathname(0xdead, 0)``; growth at each ``extend``;
  Ctrl-C in a loop of commands; a very long path of the file; ``cd`` after ``extend ./m.so``: test_safety.py
* lost messages of ``sys.exit()``, output that is no terminal, ``LC_ALL=C``: test_programs.py
* ``__main__`` and ``__file__`` shared between programs: test_options.py
* stray ``re.py``, another gdb than it was built for: test_extend.py
* ``mem2long`` and ``FD_ISSET`` where ``#`` formats changed (3.10 and later): test_crash_module.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.session import CrashSession

Evaluate = Callable[[str], Any]
Program = Callable[..., str]


@pytest.mark.parametrize(
    "statement",
    [
        "sym2alladdr('init_task')",
        "crash.mem2long(b'abcdefgh' * 64, array=64)",
        "getFullBuckets(sym2addr('modules'), 8, 2, 0)",
        "getFullBucketsH(sym2addr('modules'), 8, 2, 0)",
        "crash.get_epython_cmds()",
        "readList(sym2addr('modules'))",
        "crash.gdb_typeinfo('struct list_head')",
        "crash.TypeInfo({'basetype': 'char', 'dims': [300, 400]})",
        # What was taken before a failure is given back.
        "readmem(0xdead000000000000, 70000)",
        "getFullBuckets(0xdead000000000000, 8, 4096, 0)",
        "crash.mem2long(b'abc', array=7)",
        "crash._make_struct('mpyk_never', 8, [('a', 'int', 0, 0), ('b', 'struct nonesuch', 0, 0)])",
        "get_pathname(0xdead, 0)",
        "exec_crash_command('rd 10')",
    ],
)
def test_nothing_is_leaked(crash_session: CrashSession, program: Program, statement: str) -> None:
    path = program(
        "from pykdump.API import *\n"
        f"def once():\n    try:\n        {statement}\n    except (crash.error, ValueError, TypeError):\n        pass\n"
        "def rss():\n    return int(open('/proc/self/statm').read().split()[1]) * 4096\n"
        "for i in range(300):\n    once()\n"
        "blocks, pages = sys.getallocatedblocks(), rss()\n"
        "for i in range(300):\n    once()\n"
        "print('more', sys.getallocatedblocks() - blocks, rss() - pages)\n"
    )
    words = crash_session.run(f"epython {path}").splitlines()[-1].split()
    assert words[0] == "more"
    assert int(words[1]) < 100, "objects"
    assert int(words[2]) < 1 << 20, "bytes"


def test_an_array_of_numbers_is_of_the_right_size(evaluate: Evaluate) -> None:
    assert evaluate("crash.mem2long(b'\\1\\2\\3\\4', array=4)") == [1, 2, 3, 4]
    assert evaluate("crash.mem2long(b'\\xff\\xff\\1\\0', signed=1, array=2)") == [-1, 1]


@pytest.mark.parametrize("length", [200, 255, 256, 257, 1023, 1024, 5000])
def test_names_longer_than_any_buffer(crash_session: CrashSession, program: Program, length: int) -> None:
    path = program(
        f"from pykdump.API import *\nn = 'x' * {length}\n"
        "print(struct_size('struct ' + n), symbol_exists(n), sym2addr(n), sym2alladdr(n), enumerator_value(n),\n"
        "      member_offset('struct list_head', n), member_size('struct list_head', n))\n"
        "for f in (readSymbol, whatis, TypeInfo, crash.gdb_typeinfo, crash.gdb_whatis):\n"
        "    try:\n        f(n)\n    except TypeError:\n        print('TypeError', end=' ')\n"
    )
    expected = "-1 False 0 [] None -1 -1\n" + "TypeError " * 5
    assert crash_session.run(f"epython {path}").replace(" 0 0 0 [] ", " False 0 [] ") == expected
    assert "LOAD AVERAGE" in crash_session.run("sys")


def test_bit_fields_of_anonymous_structs_keep_their_bits(evaluate: Evaluate) -> None:
    """``struct sk_buff`` keeps most of its bit-fields in anonymous structs and unions (``struct_group()``)."""
    assert evaluate(
        "(lambda i: [i.pkt_type.bitsize, i.ip_summed.bitsize, i.cloned.bitsize, i.fclone.bitsize])"
        "(SUInfo('struct sk_buff'))"
    ) == [3, 2, 1, 2]
    # Read over memory that is not all zeroes: each value is that of its bits.
    names = ["pkt_type", "ignore_df", "ip_summed", "ooo_okay", "cloned", "nohdr", "fclone", "pfmemalloc"]
    rows = evaluate(
        "(lambda a, i: [[getattr(readSU('struct sk_buff', a), n), i[n].bitoffset, i[n].bitsize, "
        f"readU64(a + i[n].bitoffset // 64 * 8)] for n in {names}])"
        "(sym2addr('linux_banner') - member_offset('struct sk_buff', '__pkt_type_offset'), SUInfo('struct sk_buff'))"
    )
    assert all(value == word >> offset % 64 & (1 << size) - 1 for value, offset, size, word in rows)
    assert any(value for value, _, _, _ in rows)


def test_no_output_is_a_result(evaluate: Evaluate) -> None:
    assert evaluate("exec_crash_command('gdb set $mpyk = 1')") == ""


def test_a_new_name_leaves_the_arguments_alone(crash_session: CrashSession, evaluate: Evaluate) -> None:
    proc = Path(f"/proc/{crash_session.pid}")
    line, comm = (proc / "cmdline").read_bytes(), (proc / "comm").read_text().strip()
    try:
        assert evaluate("crash.setprocname('mpyk-renamed')") is None
        assert (proc / "comm").read_text() == "mpyk-renamed\n"
        assert (proc / "cmdline").read_bytes() == line
    finally:
        evaluate(f"crash.setprocname({comm!r})")
