# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that ``from pykdump.API import *`` gives, and what its import may cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support import fake_crash

fake_crash.install()

ROOT = Path(__file__).parents[2]

# Scripts use these without importing them themselves. Names are added here, never taken away.
NAMES = """
readSU readSymbol PYKD whatis container_of Addr Deref StructResult tPtr SmartString readSUArray atomic_t
readSUListFromHead readList readBadList readListByHead list_for_each_entry ListHead LH_isempty hlist_for_each_entry
readStructNext getListSize getFullBuckets getFullBucketsH
member_size member_offset struct_size union_size getSizeOf struct_exists symbol_exists enumerator_value EnumInfo
type_length
readmem readPtr readU8 readU16 readU32 readU64 readS8 readS16 readS32 readS64 readInt readUInt readLong readULong
readProcessMem set_readmem_task uvtop phys_to_page
sLong le32_to_cpu le16_to_cpu cpu_to_le32 unsigned16 unsigned32 unsigned64 uInt uLong ALIGN FD_ISSET
pointersize PTR_SIZE INT_MASK INT_SIZE BITS_PER_INT INT_MAX LONG_MASK LONG_SIZE BITS_PER_LONG LONG_MAX
sym2addr sym2alladdr addr2sym addr2mod get_pathname is_task_active pid_to_task task_to_pid
exec_crash_command exec_gdb_command exec_command set_default_timeout SuppressCrashErrors
memoize_cond CU_LIVE CU_LOAD CU_PYMOD CU_TIMEOUT purge_memoize_cache memoize_typeinfo purge_typeinfo
pylog PyLog WARNING API_options CDefine CEnum dbits2str print2columns iterN TrueOnce Bunch DCache hexl long
isfileoutput argv2s sys_info HZ PAGESIZE PAGE_CACHE_SHIFT KernelRev
sys os re string time traceback select stat atexit importlib pprint pp defaultdict OptionParser argparse crash debug
"""
HEAVY = ("argparse", "optparse", "pprint", "inspect", "typing", "dataclasses", "pathlib", "json", "ast")


def test_no_name_is_lost() -> None:
    given: dict[str, object] = {}
    exec("from pykdump.API import *", given)
    missing = [name for name in NAMES.split() if name not in given]
    assert missing == []


def test_nothing_private_is_given() -> None:
    from pykdump import API

    public = {name for name in vars(API) if not name.startswith("_")} - {"annotations"}
    assert sorted(public - set(NAMES.split())) == []


def test_the_import_brings_in_no_heavy_module() -> None:
    program = (
        "import sys; sys.path[:0] = sys.argv[1:3]\n"
        "from support import fake_crash; before = set(sys.modules); fake_crash.install()\n"
        f"import pykdump.API; print(sorted(set({HEAVY!r}) & (set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, str(ROOT), str(ROOT / "tests")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stdout == "[]\n", done.stderr
