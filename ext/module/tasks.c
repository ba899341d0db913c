/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Functions for tasks, paths and facts of the system, as crash knows them. */
#include "base/pycompat.h"

#include "crash/crash_compat.h"

#include "base/arguments.h"
#include "base/cleanup.h"
#include "base/failure.h"
#include "guard/guard.h"
#include "module/module.h"

#include <sys/prctl.h>

struct task_request {
    ulong task, pid, result;
    ulonglong jiffies;
    struct task_mem_usage usage;
};

struct path_request {
    ulong dentry, vfsmnt;
    char path[BUFSIZE];
};

struct translation {
    struct task_context *context;
    ulonglong from;
    physaddr_t physical;
    ulong page;
    int ok;
};

/* Update crash's task table on a live system, as crash does before its own commands. */
static void
refresh_tasks(void)
{
    if (!ACTIVE() || (pc->flags & MINIMAL_MODE)) {
        return;
    }
    tt->refresh_task_table();
    if (MPYK_HAS(sort_context_array)) {
        sort_context_array();
    }
    if (MPYK_HAS(sort_tgid_array)) {
        sort_tgid_array();
    }
}

static void
call_refresh(void *Py_UNUSED(arg))
{
    refresh_tasks();
}

static void
call_pid_to_task(void *arg)
{
    struct task_request *r = arg;

    refresh_tasks();
    r->result = pid_to_task(r->pid);
}

static void
call_task_to_pid(void *arg)
{
    struct task_request *r = arg;

    refresh_tasks();
    r->result = task_to_pid(r->task);
}

static void
call_is_task_active(void *arg)
{
    struct task_request *r = arg;

    r->result = (ulong)is_task_active(r->task);
}

static void
call_get_task_mem_usage(void *arg)
{
    struct task_request *r = arg;

    get_task_mem_usage(r->task, &r->usage);
}

static void
call_get_uptime(void *arg)
{
    struct task_request *r = arg;

    get_uptime(NULL, &r->jiffies);
}

static void
call_get_pathname(void *arg)
{
    struct path_request *r = arg;

    get_pathname(r->dentry, r->path, sizeof(r->path), 1, r->vfsmnt);
}

static void
call_uvtop(void *arg)
{
    struct translation *t = arg;

    t->ok = uvtop(t->context, (ulong)t->from, &t->physical, 0);
}

static void
call_phys_to_page(void *arg)
{
    struct translation *t = arg;

    t->ok = phys_to_page(t->from, &t->page);
}

static void
call_array_length(void *arg)
{
    long *length = arg;

    *length = symbol_exists("sys_call_table")
                  ? get_array_length("sys_call_table", NULL, sizeof(void *))
                  : 0;
}

static PyObject *
not_in_this_crash(const char *what)
{
    return mpyk_fail(MPYK_FAIL_NOT_IN_CRASH, "this crash has no %s", what);
}

/*
 * crash uses its task and page tables without checking that it has them.  0, or -1 with
 * crash.error.
 */
static int
check_tables(void)
{
    if (pc->flags & MINIMAL_MODE) {
        return MPYK_FAILED(MPYK_FAIL_CRASH, "crash has no task and page tables in minimal mode");
    }
    return 0;
}

static int
task_arg(PyObject *arg, struct task_request *request)
{
    unsigned long long task;

    if (check_tables() < 0 || mpyk_as_address(arg, &task) < 0) {
        return -1;
    }
    request->task = request->pid = (ulong)task;
    return 0;
}

static PyObject *
py_pid_to_task(PyObject *Py_UNUSED(module), PyObject *arg)
{
    struct task_request r = {0};

    if (task_arg(arg, &r) < 0 || mpyk_guarded(call_pid_to_task, &r) < 0) {
        return NULL;
    }
    return PyLong_FromUnsignedLong(r.result);
}

static PyObject *
py_task_to_pid(PyObject *Py_UNUSED(module), PyObject *arg)
{
    struct task_request r = {0};

    if (task_arg(arg, &r) < 0 || mpyk_guarded(call_task_to_pid, &r) < 0) {
        return NULL;
    }
    return r.result == NO_PID ? Py_NewRef(Py_None) : PyLong_FromUnsignedLong(r.result);
}

static PyObject *
py_is_task_active(PyObject *Py_UNUSED(module), PyObject *arg)
{
    struct task_request r = {0};

    if (task_arg(arg, &r) < 0 || mpyk_guarded(call_is_task_active, &r) < 0) {
        return NULL;
    }
    return PyBool_FromLong((long)r.result);
}

static PyObject *
py_get_task_mem_usage(PyObject *Py_UNUSED(module), PyObject *arg)
{
    struct task_request r = {0};
    ulong kb = machdep->pagesize / 1024;

    if (!MPYK_HAS(get_task_mem_usage)) {
        return not_in_this_crash("get_task_mem_usage()");
    }
    if (task_arg(arg, &r) < 0) {
        return NULL;
    }
    if (task_to_context(r.task) == NULL) {
        return mpyk_fail(MPYK_FAIL_CRASH, "0x%lx is not the address of a task", r.task);
    }
    if (mpyk_guarded_gdb(call_get_task_mem_usage, &r) < 0) {
        return NULL;
    }
    return Py_BuildValue("(kk)", r.usage.total_vm * kb, r.usage.rss * kb);
}

/* At boot jiffies are this many seconds before their 32 bits wrap around: INITIAL_JIFFIES. */
#define INITIAL_SECONDS 300

/*
 * crash takes INITIAL_JIFFIES off, by its own idea of the tick rate.  module.HZ is the kernel's:
 * see pykdump/kernel_clock.py.
 */
static PyObject *
py_get_uptime(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    struct task_request r = {0};
    MPYK_REF *hz = NULL;
    long rate;

    if (!MPYK_HAS(get_uptime)) {
        return not_in_this_crash("get_uptime()");
    }
    if (mpyk_guarded_gdb(call_get_uptime, &r) < 0) {
        return NULL;
    }
    hz = PyObject_GetAttrString(module, "HZ");
    rate = hz != NULL ? PyLong_AsLong(hz) : -1;
    if (rate < 0) {
        return NULL;
    }
    return PyLong_FromLongLong((long long)r.jiffies +
                               (long long)INITIAL_SECONDS * (rate - (long)machdep->hz));
}

static PyObject *
py_get_pathname(PyObject *Py_UNUSED(module), PyObject *args_)
{
    MPYK_PYMEM struct path_request *r = NULL;
    unsigned long long dentry, vfsmnt;
    PyObject *dentry_arg, *vfsmnt_arg;

    if (!MPYK_HAS(get_pathname)) {
        return not_in_this_crash("get_pathname()");
    }
    if (check_tables() < 0 ||
        !PyArg_ParseTuple(args_, "OO:get_pathname", &dentry_arg, &vfsmnt_arg) ||
        mpyk_as_address(dentry_arg, &dentry) < 0 || mpyk_as_address(vfsmnt_arg, &vfsmnt) < 0) {
        return NULL;
    }
    r = PyMem_Calloc(1, sizeof(*r));
    if (r == NULL) {
        return PyErr_NoMemory();
    }
    r->dentry = (ulong)dentry;
    r->vfsmnt = (ulong)vfsmnt;
    if (mpyk_guarded_gdb(call_get_pathname, r) < 0) {
        return NULL;
    }
    return mpyk_str(r->path, (Py_ssize_t)strnlen(r->path, sizeof(r->path)));
}

static PyObject *
py_uvtop(PyObject *Py_UNUSED(module), PyObject *args_)
{
    struct translation t = {0};
    PyObject *task_object, *addr_object;
    unsigned long long task;

    if (check_tables() < 0 || !PyArg_ParseTuple(args_, "OO:uvtop", &task_object, &addr_object) ||
        mpyk_as_address(task_object, &task) < 0 ||
        mpyk_as_address(addr_object, (unsigned long long *)&t.from) < 0) {
        return NULL;
    }
    t.context = task_to_context((ulong)task);
    if (t.context == NULL) {
        return mpyk_fail(MPYK_FAIL_CRASH, "%s is not the address of a task", MPYK_HEX(task));
    }
    if (mpyk_guarded(call_uvtop, &t) < 0) {
        return NULL;
    }
    if (!t.ok) {
        return mpyk_fail(MPYK_FAIL_CRASH, "user address %s is not mapped in task %s",
                         MPYK_HEX(t.from), MPYK_HEX(task));
    }
    return PyLong_FromUnsignedLongLong(t.physical);
}

static PyObject *
py_phys_to_page(PyObject *Py_UNUSED(module), PyObject *arg)
{
    struct translation t = {0};

    if (!MPYK_HAS(phys_to_page)) {
        return not_in_this_crash("phys_to_page()");
    }
    if (check_tables() < 0 || mpyk_as_address(arg, (unsigned long long *)&t.from) < 0 ||
        mpyk_guarded(call_phys_to_page, &t) < 0) {
        return NULL;
    }
    if (!t.ok) {
        return mpyk_fail(MPYK_FAIL_CRASH, "physical address %s has no struct page",
                         MPYK_HEX(t.from));
    }
    return PyLong_FromUnsignedLong(t.page);
}

static PyObject *
py_PAGEOFFSET(PyObject *Py_UNUSED(module), PyObject *arg)
{
    unsigned long long addr;

    return mpyk_as_address(arg, &addr) < 0
               ? NULL
               : PyLong_FromUnsignedLong((ulong)addr & machdep->pageoffset);
}

static PyObject *
py_get_NR_syscalls(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    long length = 0;

    return mpyk_guarded_gdb(call_array_length, &length) < 0 ? NULL : PyLong_FromLong(length);
}

/* Set the name of crash's own process, as ps shows it.  argv does not change. */
static PyObject *
py_setprocname(PyObject *Py_UNUSED(module), PyObject *name)
{
    const char *bytes = mpyk_as_text(name);

    if (bytes == NULL) {
        return NULL;
    }
    prctl(PR_SET_NAME, bytes, 0, 0, 0);
    Py_RETURN_NONE;
}

static PyObject *
py_set_default_timeout(PyObject *module, PyObject *seconds)
{
    MPYK_REF *old = PyObject_GetAttrString(module, "default_timeout");

    if (old == NULL || (PyLong_AsLong(seconds), PyErr_Occurred()) ||
        PyObject_SetAttrString(module, "default_timeout", seconds) < 0) {
        return NULL;
    }
    return mpyk_keep(&old);
}

static PyObject *
task_row(const struct task_context *tc)
{
    return Py_BuildValue("(kkikkNk)", tc->task, tc->pid, tc->processor, tc->ptask, tc->mm_struct,
                         mpyk_str(tc->comm, (Py_ssize_t)strnlen(tc->comm, sizeof(tc->comm))),
                         tc->thread_info);
}

static PyObject *
py_tasks(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    MPYK_REF *list = NULL;

    if (mpyk_guarded(call_refresh, NULL) < 0) {
        return NULL;
    }
    list = PyList_New(0);
    for (ulong i = 0; list != NULL && FIRST_CONTEXT() != NULL && i < RUNNING_TASKS(); i++) {
        if (mpyk_append(list, task_row(FIRST_CONTEXT() + i)) < 0) {
            return NULL;
        }
    }
    return mpyk_keep(&list);
}

static PyObject *
py_sysfacts(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return Py_BuildValue("{sz sz sz sz sz sz sz si si sO sO}", "namelist", pc->namelist, "dumpfile",
                         pc->dumpfile, "crash", pc->program_version, "gdb", pc->gdb_version,
                         "release", kt->utsname.release, "machine", kt->utsname.machine, "nodename",
                         kt->utsname.nodename, "cpus", kt->cpus, "hz", machdep->hz, "live",
                         ACTIVE() ? Py_True : Py_False, "minimal",
                         (pc->flags & MINIMAL_MODE) ? Py_True : Py_False);
}

static PyMethodDef task_methods[] = {
    {"pid_to_task", py_pid_to_task, METH_O,
     "pid_to_task(pid) -> int: address of the task, 0 if there is none."},
    {"task_to_pid", py_task_to_pid, METH_O, "task_to_pid(task) -> int | None"},
    {"is_task_active", py_is_task_active, METH_O,
     "is_task_active(task) -> bool: whether it is on a CPU."},
    {"get_task_mem_usage", py_get_task_mem_usage, METH_O,
     "get_task_mem_usage(task) -> (vsz_kb, rss_kb)"},
    {"tasks", py_tasks, METH_NOARGS,
     "tasks() -> list of (task, pid, cpu, parent, mm, comm, thread_info), as crash's ps knows "
     "them."},
    {"get_uptime", py_get_uptime, METH_NOARGS, "get_uptime() -> int: jiffies since boot."},
    {"get_pathname", py_get_pathname, METH_VARARGS,
     "get_pathname(dentry, vfsmount) -> str: the full path."},
    {"uvtop", py_uvtop, METH_VARARGS,
     "uvtop(task, addr) -> int: physical address of a user address."},
    {"phys_to_page", py_phys_to_page, METH_O, "phys_to_page(addr) -> int: its struct page."},
    {"PAGEOFFSET", py_PAGEOFFSET, METH_O, "PAGEOFFSET(addr) -> int: offset within its page."},
    {"get_NR_syscalls", py_get_NR_syscalls, METH_NOARGS,
     "get_NR_syscalls() -> int: entries of sys_call_table, or 0."},
    {"setprocname", py_setprocname, METH_O, "setprocname(name): name crash's process."},
    {"set_default_timeout", py_set_default_timeout, METH_O,
     "set_default_timeout(seconds) -> int: timeout of commands; returns the old one."},
    {"sysfacts", py_sysfacts, METH_NOARGS,
     "sysfacts() -> dict: files, versions and CPUs of this session."},
    {NULL, NULL, 0, NULL},
};

int
mpyk_tasks_init(PyObject *module)
{
    return PyModule_AddFunctions(module, task_methods);
}
