# SPDX-License-Identifier: GPL-3.0-or-later
"""The names that programs get from ``from pykdump.API import *``.

There is no ``__all__`` on purpose: programs rely on every public name here. Many never import sys or os themselves, so
the standard modules count too. tests/unit/pykdump/test_API.py pins the names.
"""

from __future__ import annotations

import atexit
import importlib
import os
import select
import stat
import sys
import time

import crash
from crash import (
    FD_ISSET,
    HZ,
    PAGE_CACHE_SHIFT,
    PAGESIZE,
    Addr,
    Deref,
    SmartString,
    StructResult,
    TypeInfo,
    addr2mod,
    addr2sym,
    container_of,
    cpu_to_le32,
    enumerator_value,
    exec_crash_command,
    exec_gdb_command,
    get_pathname,
    getFullBuckets,
    getFullBucketsH,
    getListSize,
    is_task_active,
    le16_to_cpu,
    le32_to_cpu,
    member_offset,
    member_size,
    phys_to_page,
    pid_to_task,
    readmem,
    readPtr,
    readS8,
    readS16,
    readS32,
    readS64,
    readSU,
    readSymbol,
    readU8,
    readU16,
    readU32,
    readU64,
    set_default_timeout,
    set_readmem_task,
    sLong,
    struct_size,
    sym2addr,
    sym2alladdr,
    symbol_exists,
    task_to_pid,
    tPtr,
    type_length,
    union_size,
    uvtop,
    whatis,
)

from pykdump.c_constants import CDefine, CEnum, EnumInfo, dbits2str
from pykdump.c_integers import (
    ALIGN,
    BITS_PER_INT,
    BITS_PER_LONG,
    INT_MASK,
    INT_MAX,
    INT_SIZE,
    LONG_MASK,
    LONG_MAX,
    LONG_SIZE,
    PTR_SIZE,
    atomic_t,
    pointersize,
    uInt,
    uLong,
    unsigned16,
    unsigned32,
    unsigned64,
)
from pykdump.caches import (
    CU_LIVE,
    CU_LOAD,
    CU_PYMOD,
    CU_TIMEOUT,
    DCache,
    memoize_cond,
    memoize_typeinfo,
    purge_memoize_cache,
    purge_typeinfo,
)
from pykdump.compat_helpers import (
    Bunch,
    TrueOnce,
    argv2s,
    getCurrentModule,
    hexl,
    isfileoutput,
    iterN,
    long,
    patch_default_kw,
    print2columns,
)
from pykdump.crash_access import (
    PYKD,
    SuppressCrashErrors,
    exec_command,
    getSizeOf,
    readInt,
    readLong,
    readProcessMem,
    readUInt,
    readULong,
    require_cmod_version,
    struct_exists,
)
from pykdump.debug_settings import registerModuleAttr, registerObjAttrHandler
from pykdump.lazy_imports import OptionParser, argparse, pp, pprint, traceback
from pykdump.lazy_imports import function as _function
from pykdump.lists import (
    LH_isempty,
    ListHead,
    hlist_for_each_entry,
    list_for_each_entry,
    readBadList,
    readList,
    readListByHead,
    readStructNext,
    readSUArray,
    readSUListFromHead,
    setListMaxel,
)
from pykdump.namespaces import get_nsproxy, set_nsproxy
from pykdump.option_values import API_options
from pykdump.pylog import WARNING, PyLog, pylog
from pykdump.struct_attributes import AttrSetter, PY_select, PY_select_purge, structSetAttr, structSetProcAttr
from pykdump.structinfo import ArtStructInfo, SUInfo, funcargs, getStructInfo, printObject
from pykdump.sysinfo import KernelRev, sys_info

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    import string
    from collections import defaultdict

    from pykdump.background_commands import exec_crash_command_bg, exec_crash_command_bg2
    from pykdump.kernel_modules import delModule, loadModule, lsModules, possibleModuleNames
else:
    from _collections import defaultdict  # collections itself takes milliseconds

    from pykdump.lazy_imports import re, string

    exec_crash_command_bg = _function("pykdump.background_commands", "exec_crash_command_bg")
    exec_crash_command_bg2 = _function("pykdump.background_commands", "exec_crash_command_bg2")
    loadModule = _function("pykdump.kernel_modules", "loadModule")
    delModule = _function("pykdump.kernel_modules", "delModule")
    lsModules = _function("pykdump.kernel_modules", "lsModules")
    possibleModuleNames = _function("pykdump.kernel_modules", "possibleModuleNames")
del TYPE_CHECKING

debug: int = 0
