/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the C units of the extension share.  Include it first: it brings Python.h.  crash's own
 * defs.h is not included here (crash_compat.h does that for the units that call crash), so that a
 * unit may know Python only.
 */
#ifndef MPYKDUMP_H
#define MPYKDUMP_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef MPYK_VERSION
#define MPYK_VERSION "0.0.0"
#endif
#ifndef MPYK_SOURCE_ID
#define MPYK_SOURCE_ID "unknown"
#endif

/* crash's memory types, under names that need no defs.h; mod_memory.c asserts that they are equal.
 */
enum mpyk_memtype {
    MPYK_KVADDR = 0x1,
    MPYK_UVADDR = 0x2,
    MPYK_PHYSADDR = 0x4,
    MPYK_XENMACHADDR = 0x8,
};

/* The exception `crash.error`; set once the module exists. */
extern PyObject *mpyk_error;

/*
 * Read size bytes of the dump at addr into buf.  0, or -1 with an exception set: IndexError for a
 * NULL address, crash.error that names address and reason otherwise.  Nothing longjmps out of it.
 */
int mpyk_readmem(unsigned long long addr, int memtype, void *buf, long size);

/* An address argument: any int (also negative or an int subclass), reduced to 64 bits.  0, or -1
 * with TypeError set. */
int mpyk_as_address(PyObject *object, unsigned long long *addr);

/* The module's parts: each adds its functions and constants to `module`.  0, or -1 with an
 * exception set. */
int mpyk_mod_memory_init(PyObject *module);
int mpyk_mod_symbols_init(PyObject *module);
int mpyk_mod_exec_init(PyObject *module);
int mpyk_mod_tasks_init(PyObject *module);
PyObject *mpyk_crash_module_init(void);

/* interp.c: start Python if it is not running.  0, or -1 after one sentence on crash's fp. */
int mpyk_interp_start(void);
/* Finalize Python if it is running. */
void mpyk_interp_stop(void);
/* Absolute path of this shared object, without symbolic links; NULL (with errno) if it cannot be
 * found. */
const char *mpyk_so_path(void);

/* epython.c: hand (kind, argv) to pykdump.runtime.runner.main(); its return value, or 1 when that failed.
 */
int mpyk_run(const char *kind, int argc, char *const *argv);

#ifdef __cplusplus
}
#endif

#endif /* MPYKDUMP_H */
