# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``crash``, which exists only inside a crash session. The C sources in this folder implement it.

Addresses are plain ints. An argument ``addr`` may be any int, also one of the typed objects below. Every function that
reads the dump may raise ``crash.error``; each failure of crash or gdb becomes this exception.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Generic, Literal, TypedDict, TypeVar, overload

from typing_extensions import Buffer

# Constants

version: Final[str]  # of mpykdump
source_id: Final[str]  # of the sources of this build
Crash_run: Final[str]  # the version of the running crash
Crash_build: Final[str]  # the versions of crash that this was built for, such as "8.0.6 and 9.0.2"
WARNING: Final[str]  # prefix of a program's warnings
KVADDR: Final[int]  # kernel virtual addresses
UVADDR: Final[int]  # user virtual addresses of the current task
PHYSADDR: Final[int]
XENMACHADDR: Final[int]
AMBIGUOUS: Final[int]
HZ: Final[int]  # ticks in a second, of the kernel; sysfacts()["hz"] is what crash assumes
PAGESIZE: Final[int]
PAGE_CACHE_SHIFT: Final[int]
TYPE_CODE_PTR: Final[int]
TYPE_CODE_ARRAY: Final[int]
TYPE_CODE_STRUCT: Final[int]
TYPE_CODE_UNION: Final[int]
TYPE_CODE_ENUM: Final[int]
TYPE_CODE_FUNC: Final[int]
TYPE_CODE_INT: Final[int]
TYPE_CODE_FLT: Final[int]
TYPE_CODE_VOID: Final[int]
TYPE_CODE_BOOL: Final[int]
TYPE_CODE_CHAR: Final[int]
TYPE_CODE_TYPEDEF: Final[int]

default_timeout: int  # how many seconds a command may take

class error(Exception):
    """crash, gdb or the dump cannot do this. For a command, the text is all that the command printed."""

class MissingMember(KeyError, AttributeError):
    """A struct has no such member."""

# Memory. A NULL address is an IndexError. crash.error names the address and the reason.

def readmem(addr: int, size: int, memtype: int = ..., /) -> bytes: ...
def readPtr(addr: int, memtype: int = ..., /) -> int: ...
def readU8(addr: int, memtype: int = ..., /) -> int: ...
def readU16(addr: int, memtype: int = ..., /) -> int: ...
def readU32(addr: int, memtype: int = ..., /) -> int: ...
def readU64(addr: int, memtype: int = ..., /) -> int: ...
def readS8(addr: int, memtype: int = ..., /) -> int: ...
def readS16(addr: int, memtype: int = ..., /) -> int: ...
def readS32(addr: int, memtype: int = ..., /) -> int: ...
def readS64(addr: int, memtype: int = ..., /) -> int: ...
def readInt(addr: int, size: int, signed: bool = ..., memtype: int = ..., /) -> int:
    """Read an integer of 1, 2, 4 or 8 bytes."""

def set_readmem_task(task: int, /) -> None:
    """Read user addresses in the memory of this task, until the task is 0 or the program ends."""

def set_cache_size(size: int, /) -> int:
    """Set the largest size of the page cache in bytes (0: no cache); return the old one. Live systems have no cache."""

def set_dump_reader(on: bool, /) -> bool:
    """Read pages of kdump-compressed dumps directly (the default), or leave all to crash; return the old setting."""

def dump_reader_pages() -> int:
    """Return how many pages of the dump were read directly and not by crash."""

def uvtop(task: int, addr: int, /) -> int: ...
def phys_to_page(addr: int, /) -> int: ...
def PAGEOFFSET(addr: int, /) -> int: ...

# Chains of pointers. A walk ends at NULL, at its start, at a repeated element, at a read error, or after ``maxel``.

def readList(start: int, offset: int = 0, maxel: int = 10000, inchead: bool = True) -> list[int]: ...
def readBadList(start: int, offset: int = 0, maxel: int = 10000, inchead: bool = True) -> tuple[list[int], str | None]:
    """Return the list of readList(), and the reason if the walk stopped early."""

def getListSize(start: int, offset: int, maxel: int, /) -> int:
    """Count the elements without the head."""

def getFullBuckets(start: int, bucket_size: int, count: int, chain_offset: int = 0, /) -> list[int]:
    """Return the first element of each bucket that is not empty."""

def getFullBucketsH(start: int, bucket_size: int, count: int, chain_offset: int = 0, /) -> list[tuple[int, int]]:
    """Return (index of the bucket, first element)."""

# Bytes and machine integers

def mem2long(bytes: Buffer, signed: bool = False, array: int = 0) -> Any:
    """Read the bytes as one integer of 1, 2, 4 or 8 bytes, or as a list of ``array`` such integers."""

def FD_ISSET(fd: int, fd_set: Buffer, /) -> bool: ...
def sLong(value: int, /) -> int: ...
def le32_to_cpu(value: int, /) -> int: ...
def le16_to_cpu(value: int, /) -> int: ...
def cpu_to_le32(value: int, /) -> int: ...

# The classic dicts; pykdump.legacy_crash_names puts these into the module.

def gdb_typeinfo(typename: str) -> dict[str, Any]:
    """Describe a type: basetype, codetype, typelength and, where they apply, typedef, stars, dims, body and others."""

def gdb_whatis(symbol: str) -> dict[str, Any]:
    """Describe a variable or a function as gdb_typeinfo() does, with ``fname``, its name."""

def exec_epython_command(command: str) -> None:
    """Run a crash command that is written in Python, or a program, with its arguments."""

def exec_crash_command_bg2(command: str) -> tuple[int, int]:
    """Start a crash command in a forked child; return (descriptor to read its output from, pid to wait for)."""

# Symbols

def sym2addr(name: str, /) -> int:
    """Return the symbol's address; 0 if there is no such symbol."""

def sym2alladdr(name: str, /) -> list[int]: ...
def symbol_exists(name: str, /) -> bool: ...
@overload
def addr2sym(addr: int, /) -> str | None: ...
@overload
def addr2sym(addr: int, loose: Literal[False], /) -> str | None: ...
@overload
def addr2sym(addr: int, loose: Literal[True], /) -> tuple[str | None, int]:
    """Return the symbol at or before the address and the offset; (None, 0) if there is none."""

@overload
def addr2sym(addr: int, loose: bool, /) -> str | tuple[str | None, int] | None: ...
def addr2mod(addr: int, /) -> str | None: ...

# Commands

def exec_crash_command(command: str, no_stdout: bool = ...) -> str:
    """Run a crash command and return all that it printed, with crash's error messages.

    Raises crash.error with the text so far if crash gives up the command or does not know it; KeyboardInterrupt.
    """

def _exec_crash_command_fd(command: str, fd: int, /) -> None:
    """In a forked child, run a crash command that prints into ``fd``; with -1, only check the command."""

def _repl_begin() -> tuple[bool, bool]:
    """End crash's pager. Return whether lines can be edited here, and whether crash was started without -s."""

def _edit_line(
    prompt: str,
    history: list[str],
    bindings: list[str],
    delimiters: str,
    complete: Callable[[str, str], tuple[list[str], str, str]] | None,
    show: Callable[[list[str], int], object] | None,
    on_startup: Callable[[], object] | None,
    on_before_input: Callable[[], object] | None,
    /,
) -> str | None:
    """Read a line, edited by crash's readline if stdin is a terminal; None at the end of the input.

    ``complete(head, word)`` returns matches, a character to append, and a text to insert.
    """

def _edited_line() -> tuple[str, int]:
    """Return the line that is being edited and readline's code of the kind of completion."""

def _edit_insert(text: str, /) -> None: ...
def _edit_redisplay() -> None: ...
def _edit_accepts(line: str, /) -> bool:
    """Return whether readline takes a line of inputrc. The line has no effect."""

def _set_input_reader(reader: Callable[[str], str | None] | None, /) -> Callable[[str], str | None] | None:
    """Set what reads the lines of input() on a terminal (None: Python's own); return the one before."""

def _symbol_names(prefix: str, /) -> list[str]: ...
def _type_names(kind: str, prefix: str, /) -> list[str]:
    """Return the types in the BTF that begin with the prefix; kind is struct, union, enum, or empty for typedefs."""

def _command_names(prefix: str, /) -> list[str]: ...
def _version_facts() -> dict[str, Any]:
    """Return what `epython -V` reports: machine, gdb, gdb_major, target, own_release, from_crash, from_gdb, structures.

    from_crash and from_gdb are lists of (name, present, since, fallback, feature), structures is a list of (name, size
    in the running crash or 0, size where this was built, bytes that we use).
    """

def _redirected() -> bool:
    """Return whether the user has redirected the output of this command to a pipe or a file."""

def exec_gdb_command(command: str, /) -> str:
    """Run a gdb command and return its output; crash.error if it fails."""

def get_GDB_output(command: str, /) -> str | None:
    """Run a gdb command and return its output; None if it fails."""

def crash_set_error(target: str, /) -> str:
    """Send crash's error messages to ``default``, ``redirect`` or a file; return the old target."""

def register_epython_prog(name: str, summary: str, synopsis: str, help: str, /) -> bool:
    """Make the program ``name`` a crash command with the same name; return True.

    If crash or an extension has a command of that name, it stays: a warning is printed, and the result is False. Raises
    crash.error for a name that no command can have.
    """

def get_epython_cmds() -> list[str]: ...
def set_default_timeout(seconds: int, /) -> int: ...

# Tasks and facts. In minimal mode crash has no such tables: crash.error.

def tasks() -> list[tuple[int, int, int, int, int, str, int]]:
    """Return (task, pid, cpu, parent task, mm, comm, thread_info) for each task that crash has found."""

def pid_to_task(pid: int, /) -> int:
    """Return the address of the task; 0 if there is none."""

def task_to_pid(task: int, /) -> int | None: ...
def is_task_active(task: int, /) -> bool: ...
def get_task_mem_usage(task: int, /) -> tuple[int, int]:
    """Return (virtual size, resident size) in KiB."""

def get_uptime() -> int:
    """Return the number of jiffies since boot."""

def get_pathname(dentry: int, vfsmount: int, /) -> str: ...
def get_NR_syscalls() -> int: ...
def setprocname(name: str, /) -> None: ...
def sysfacts() -> dict[str, Any]:
    """Return namelist, dumpfile, crash, gdb, release, machine, nodename, cpus, hz, live, minimal."""

# Types. The name of a type is that of C: "struct task_struct", "task_struct", "pid_t", "char *".

def struct_size(type: str | TypeInfo, /) -> int: ...
def union_size(type: str | TypeInfo, /) -> int: ...
def type_length(type: str | TypeInfo, /) -> int:
    """Return sizeof; -1 if the type is not known. struct_size() and union_size() do the same."""

def sizeof(object: Any, /) -> int: ...
def member_offset(type: str | TypeInfo, member: str, /) -> int:
    """Return the offset of a member, which may be a path ("a.b"); -1 if there is no such member."""

def member_size(type: str | TypeInfo, member: str, /) -> int: ...
def enumerator_value(name: str, /) -> int | None: ...
def enum_values(name: str, /) -> dict[str, int]: ...
def struct_info(type: str, /) -> list[tuple[Any, ...]]:
    """Return (name, offset, bit offset, bit size, size, type) for each member.

    BTF has only the number of elements of an array. Its dimensions come from gdb, if gdb knows the struct. This is so
    for everything that reads or shows a member: ``TypeInfo.dims``, ``VarInfo.ctype``, values, ``Dump()``. Otherwise the
    array is flat: with ``set_type_source("btf")``, in structs of a module without debuginfo, behind a pointer to an
    array, and in one more case because asking gdb would take too long: ``char x[a][b]`` of less than 64 bytes, in a
    struct that has no other array.
    """

def struct_members(type: str, /) -> dict[str, VarInfo]: ...
def struct_class(type: str, /) -> type[StructResult]: ...
def expression_type(text: str, /) -> TypeInfo: ...
def function_prototype(name: str, module: str | None = None, /) -> tuple[TypeInfo, list[tuple[str, TypeInfo]]] | None:
    """Return the type of the result, and (name, type) of each parameter, of a function of the kernel or of a module.

    It is None if no BTF has the function.

    pahole leaves out functions whose parameters are not in the registers that the ABI says.
    """

def purge_types() -> None:
    """Forget what names mean, so that they are looked up again (after the debuginfo of a module was loaded)."""

def set_type_source(source: Literal["auto", "btf", "file", "gdb"], /) -> str:
    """Choose where names of types are looked up for the rest of the session; return the old choice.

    ``auto``: first in the dump's own BTF (the kernel's, then that of loaded modules), then in gdb. ``btf``: only in
    BTF. ``file``: only in BTF, and the kernel's BTF is that of the vmlinux file. ``gdb``: only in debuginfo. Variables,
    functions and expressions always come from gdb. Types and classes that a program already has do not change; those
    that it asks for from now on are new ones.
    """

class _TypeSource(TypedDict):
    choice: Literal["auto", "btf", "file", "gdb"]
    kernel: Literal["memory", "file"] | None
    file: str | None
    modules: list[str]
    reason: str

def type_source() -> _TypeSource:
    """Return where types come from.

    ``kernel`` says where the kernel's BTF was found: in the dump's ``memory``, in the .BTF section of the vmlinux
    ``file``, or nowhere (then types come from gdb). ``reason`` says why it was not found in the places that are tried
    first. ``modules`` has the modules with BTF in the order of their loading. If several modules define a name, the
    first one counts.
    """

class TypeInfo:
    """A C type."""

    def __init__(self, typename: str | dict[str, Any]) -> None: ...
    def __getattr__(self, name: str) -> Any: ...
    def fullname(self) -> str: ...
    def typestr(self) -> str: ...
    def getTargetType(self) -> TypeInfo: ...

class VarInfo:
    """A C variable or a member, with its type and its place."""

    def __getattr__(self, name: str) -> Any: ...
    def reader(self, addr: int, /) -> Any: ...

# Values of the dump

def readSU(type: str | TypeInfo, addr: int, /) -> StructResult:
    """View memory as a struct. Nothing is read until a member is used. TypeError if the type is not known."""

def readSymbol(name: str, /) -> Any:
    """Return the value of a kernel variable; TypeError if there is no such variable."""

def read_value(type: str | TypeInfo, addr: int, /) -> Any: ...
def whatis(name: str, /) -> VarInfo: ...
def container_of(ptr: int, type: str | TypeInfo, member: str, /) -> StructResult: ...
def Addr(object: Any, field: str | None = ..., /) -> int: ...
def Deref(pointer: Any, /) -> Any: ...

class CType(int):
    """The common base of all typed ints."""

class Member:
    """The descriptor of a member, in the class of a C struct. Programs do not make it."""

    def __get__(self, instance: Any, owner: Any = ..., /) -> Any: ...

class StructResult(int):
    """A struct or union in the dump. It is an int, its address, and its attributes are the members.

    A member that does not exist is a KeyError (MissingMember). ``s + i`` and ``s[i]`` step by sizeof.
    """

    PYT_symbol: str
    PYT_size: int
    @property
    def PYT_sinfo(self) -> Any: ...
    @property
    def Deref(self) -> StructResult: ...
    def __new__(cls, type: str | TypeInfo, addr: int = ...) -> StructResult: ...
    def __getattr__(self, name: str) -> Any: ...
    def __getitem__(self, key: Any) -> Any: ...
    def __len__(self) -> int: ...
    def hasField(self, name: str, /) -> bool: ...
    def fieldOffset(self, name: str, /) -> int: ...
    def castTo(self, type: str | TypeInfo, /) -> StructResult: ...
    def isNamed(self, name: str, /) -> bool: ...
    def Eval(self, path: str, /) -> Any: ...
    def shortStr(self) -> str: ...
    def fullStr(self, indent: int = ..., /) -> str: ...
    def Dump(self, indent: int = ..., /) -> None: ...

class tPtr(int):
    """A typed pointer. It is an int, its value. Dereferencing NULL is an IndexError."""

    @property
    def Deref(self) -> Any: ...
    @property
    def ptrlev(self) -> int: ...
    @property
    def ti(self) -> TypeInfo: ...
    @property
    def ptype(self) -> TypeInfo: ...
    def __new__(cls, value: int, typeinfo: TypeInfo | str) -> tPtr: ...
    def __getitem__(self, index: int) -> Any: ...

class FlexArray(tPtr):
    """An array without a length. It is an int, its address, and can be indexed."""

class tEnum(int):
    """The value of an enum. Its repr() is its name."""

    @property
    def einfo(self) -> dict[str, int]: ...

class SmartString(str):
    """The text of a char array or of a char pointer, up to the first NUL. A NULL pointer is read as None."""

    @property
    def ByteArray(self) -> bytes: ...
    @property
    def addr(self) -> int: ...
    @property
    def ptr(self) -> int: ...
    def __new__(cls, s: Any, addr: int | None = ..., ptr: int | None = ...) -> SmartString: ...

_T = TypeVar("_T")

class LazyArray(Sequence[_T], Generic[_T]):
    """An array whose elements are read when they are used."""

    @property
    def addr(self) -> int: ...
    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[_T]: ...
    @overload
    def __getitem__(self, index: int) -> _T: ...
    @overload
    def __getitem__(self, index: slice) -> list[_T]: ...

def _make_struct(tag: str, size: int, fields: list[tuple[str, TypeInfo | str, int, int]], /) -> None: ...
def _set_sinfo_factory(factory: Callable[[str], Mapping[str, Any]], /) -> None: ...
