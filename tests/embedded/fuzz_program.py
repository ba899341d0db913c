# SPDX-License-Identifier: GPL-3.0-or-later
"""Run inside crash by test_fuzz.py: ``epython fuzz_program.py SEED CALLS``.

Random calls of what programs call: typed objects at any address, names that are no names, lists whose heads are
garbage. Prints one JSON object: how many calls were made, the exceptions by name, and the undocumented ones.
"""

import contextlib
import io
import json
import random
import sys

import crash

from pykdump.API import ListHead, hlist_for_each_entry, pylog, readListByHead, readStructNext, readSUListFromHead

# What the stubs and docstrings name. MissingMember is both a KeyError and an AttributeError.
DOCUMENTED = (
    crash.error, KeyError, IndexError, AttributeError, TypeError, ValueError, OverflowError, MemoryError,
    NotImplementedError,
)  # fmt: skip
STRUCTS = (
    "task_struct", "mm_struct", "page", "file", "inode", "dentry", "super_block", "module", "net_device", "sock",
    "list_head", "rb_node", "cred", "signal_struct", "rq", "zone", "pid", "vm_area_struct", "xarray", "maple_tree",
    "work_struct", "timer_list", "socket", "sk_buff", "kmem_cache", "bio", "request_queue", "device", "kobject",
)  # fmt: skip
LINKS = (("task_struct", "tasks"), ("module", "list"), ("super_block", "s_list"), ("net_device", "dev_list"))
WORDS = (
    *"abcxyz_ 0123456789*[]().,-><\"'\\\n\t%$#@!\0", "struct ", "union ", "enum ", "task_struct", "page", "unsigned ",
    "long ", "int", "char", "const ", "\u20ac", "pid", ".comm", "[3]", "->", "..", "[99999999999999999999]",
)  # fmt: skip

init_task = crash.readSymbol("init_task")
good = [
    int(init_task),
    int(crash.readSymbol("init_net")),
    crash.sym2addr("modules"),
    *(int(t[0]) for t in crash.tasks()),
]
made = 0
seen: dict = {}
bad: list = []


def call(function, *arguments, **options):
    """Call a function and check what it raises. Return None if it raised."""
    global made
    made += 1
    result = None
    try:
        result = function(*arguments, **options)
    except DOCUMENTED as error:
        seen[type(error).__name__] = seen.get(type(error).__name__, 0) + 1
    except BaseException as error:  # noqa: BLE001 - to be reported
        bad.append(f"{type(error).__name__}: {error} of {getattr(function, '__name__', function)}{arguments!r}"[:300])
    return result


def address():
    kind = random.randrange(8)
    if kind < 3:
        return random.choice(good)
    if kind == 3:
        return random.getrandbits(64)
    if kind == 4:
        return random.choice(good) + random.randrange(-5000, 5000)
    if kind == 5:
        return 0xFFFF888000000000 + random.getrandbits(28)
    return random.choice((0, -1, 1, 1 << 70, -(1 << 63), (1 << 64) - 1, 0xDEAD000000000100, 0x100))


def text():
    kind = random.randrange(5)
    if kind == 0:
        return "".join(random.choice("abcdefxyzABC_019") for _ in range(random.randrange(1, 12)))
    start = random.choice(("struct ", "union ", "enum ", "const ", "unsigned ")) if kind == 1 else ""
    return start + "".join(random.choice(WORDS) for _ in range(random.randrange(8)))


def touch(value, depth=0):
    """Use a value of any type as a program does."""
    call(repr, value)
    if isinstance(value, crash.StructResult):
        call(value.__getitem__, random.randrange(-5, 5))
        call(value.__add__, 1)
        call("{:x} {}".format, value, value)
        if depth < 2:
            for name in random.sample(dir(value), 3):
                touch(call(getattr, value, name), depth + 1)
    elif isinstance(value, (crash.tPtr, crash.FlexArray)):
        call(getattr, value, "Deref")
        call(value.__getitem__, random.randrange(-3, 3))
        call(value.__getitem__, slice(0, 2))
        call(lambda: (value.ptrlev, value.ptype, value.ti.fullname()))
    elif isinstance(value, crash.LazyArray):
        call(len, value)
        for element in call(value.__getitem__, slice(0, 2)) or ():
            touch(element, depth + 1)
    elif isinstance(value, crash.SmartString):
        call(lambda: (value[:5], value.addr, value.ptr, value.ByteArray))
    elif isinstance(value, crash.tEnum):
        call(lambda: value.einfo)


def objects():
    struct = call(crash.readSU, "struct " + random.choice(STRUCTS), address())
    if struct is not None:
        for name in random.sample(dir(struct), 4):
            touch(call(getattr, struct, name))
            call(struct.hasField, name)
            call(struct.Eval, name)
        if random.random() < 0.02:
            call(struct.fullStr)


def names():
    word = text()
    functions = (
        crash.struct_size, crash.enumerator_value, crash.readSymbol, crash.whatis, init_task.hasField, init_task.Eval,
        init_task.__getitem__, crash.TypeInfo, crash.enum_values, init_task.isNamed, crash.struct_info, crash.sym2addr,
        crash.symbol_exists, crash.sym2alladdr, init_task.castTo, init_task.fieldOffset,
    )  # fmt: skip
    for function in functions:
        call(function, word)
    call(getattr, init_task, word)
    call(crash.member_offset, "struct task_struct", word)
    call(crash.member_size, word, "a")
    call(crash.readSU, word, address())
    if random.random() < 0.02:
        call(crash.expression_type, word)


def memory():
    where = address()
    for function in (crash.readU8, crash.readU32, crash.readS64, crash.readPtr):
        call(function, where)
        call(function, where, random.choice((crash.KVADDR, crash.UVADDR, crash.PHYSADDR)))
    call(crash.readmem, where, random.choice((0, 1, 7, 4096, 10000, -1, 1 << 62)))
    call(crash.addr2sym, where, random.random() < 0.5)
    call(crash.addr2mod, where)
    call(crash.mem2long, random.randbytes(random.randrange(20)), signed=True, array=random.randrange(-1, 4))
    call(crash.pid_to_task, random.randrange(-10, 5000))
    call(crash.task_to_pid, where)
    call(crash.get_pathname, where, address())


def lists():
    start, (struct, member) = address(), random.choice(LINKS)
    call(readListByHead, start, random.randrange(-64, 64), maxel=200)
    call(crash.readBadList, start, random.randrange(1 << 20), 200, True)
    call(crash.getListSize, start, 0, 200)
    call(lambda: getattr(ListHead(start, "struct " + struct, maxel=200), member))
    call(readSUListFromHead, start, member, "struct " + struct, maxel=200)
    call(lambda: [node for node, _ in zip(hlist_for_each_entry("struct task_struct", start, "tasks"), range(200))])
    head = call(crash.readSU, "struct task_struct", start)
    call(readStructNext, head, random.choice(("parent", "group_leader", "mm", "nonsense")), maxel=200)
    call(crash.getFullBuckets, start, 8, 64)
    call(crash.getFullBucketsH, start, 8, 64)


def main(seed, calls):
    random.seed(seed)
    while made < calls:
        with contextlib.redirect_stdout(io.StringIO()):  # pylog reports each broken list
            random.choice((objects, names, memory, lists))()
            pylog.cleanup()
    print(json.dumps({"calls": made, "seen": seen, "bad": bad[:20]}))


main(int(sys.argv[1]), int(sys.argv[2]))
