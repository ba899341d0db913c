/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The structures and constants of crash that the extension uses, as tables.  The compiler takes
 * their layout from defs.h.
 *
 * The build compiles ext/crash/probe/layout_probe.c against each crash tree that a file is for, and
 * compares the results (mpykbuild.crash.layout_probe).  layout.c compares the sizes with the
 * running crash at load, as far as crash shows them.  A test checks that every member used in ext/
 * is in these tables.
 */
#ifndef MPYK_CRASH_ABI_H
#define MPYK_CRASH_ABI_H

/*
 * X(variable, pointer to it, exact): the variables that crash exports.  Each has the structure of
 * the same name.  An exact one must have the same size as in the trees.  The others are known to
 * grow only at their ends, and must be large enough for the members that we use.
 */
#define MPYK_ABI_OBJECTS(X)                                                                        \
    X(program_context, pc, 1)                                                                      \
    X(task_table, tt, 0)                                                                           \
    X(symbol_table_data, st, 0)                                                                    \
    X(machdep_table, machdep, 0)                                                                   \
    X(kernel_table, kt, 0)

/*
 * X(structure): structures that we pass to crash or that lie in arrays, so that their size matters.
 */
#define MPYK_ABI_SIZES(X) X(command_table_entry) X(load_module) X(task_context) X(task_mem_usage)

/* Since 8.0.4 a module has a table of symbols for each kind of its memory. */
#ifdef MOD_MEM_NUM_TYPES
#define MPYK_ABI_MODULE_MEMORY(X) X(load_module, symtable) X(load_module, symend)
#define MPYK_ABI_MODULE_CONSTANTS(X) X(KMOD_MEMORY) X(MOD_MEM_NUM_TYPES)
#else
#define MPYK_ABI_MODULE_MEMORY(X)
#define MPYK_ABI_MODULE_CONSTANTS(X)
#endif

/* X(structure, member) */
#define MPYK_ABI_MEMBERS(X)                                                                        \
    X(program_context, program_name)                                                               \
    X(program_context, program_version)                                                            \
    X(program_context, machine_type)                                                               \
    X(program_context, gdb_version)                                                                \
    X(program_context, namelist_debug)                                                             \
    X(program_context, debuginfo_file)                                                             \
    X(program_context, namelist)                                                                   \
    X(program_context, dumpfile)                                                                   \
    X(program_context, readmem)                                                                    \
    X(program_context, read_vmcoreinfo)                                                            \
    X(program_context, flags)                                                                      \
    X(program_context, flags2)                                                                     \
    X(program_context, main_loop_env)                                                              \
    X(program_context, foreach_loop_env)                                                           \
    X(program_context, termios_orig)                                                               \
    X(program_context, mfd)                                                                        \
    X(program_context, dfd)                                                                        \
    X(program_context, sockfd)                                                                     \
    X(program_context, command_line)                                                               \
    X(program_context, orig_line)                                                                  \
    X(program_context, curcmd)                                                                     \
    X(program_context, cmd_table)                                                                  \
    X(program_context, lastcmd)                                                                    \
    X(program_context, cmdgencur)                                                                  \
    X(program_context, curcmd_flags)                                                               \
    X(program_context, curcmd_private)                                                             \
    X(program_context, curext)                                                                     \
    X(program_context, cmd_cleanup)                                                                \
    X(program_context, cmd_cleanup_arg)                                                            \
    X(program_context, error_fp)                                                                   \
    X(program_context, error_path)                                                                 \
    X(program_context, eoc_index)                                                                  \
    X(program_context, args_ifile)                                                                 \
    X(program_context, ifile)                                                                      \
    X(program_context, ifile_in_progress)                                                          \
    X(program_context, ifile_offset)                                                               \
    X(program_context, ifile_ofile)                                                                \
    X(program_context, ifile_pipe)                                                                 \
    X(program_context, runtime_ifile_cmd)                                                          \
    X(program_context, ofile)                                                                      \
    X(program_context, pipe)                                                                       \
    X(program_context, pipe_command)                                                               \
    X(program_context, pipe_pid)                                                                   \
    X(program_context, pipe_shell_pid)                                                             \
    X(program_context, redirect)                                                                   \
    X(program_context, saved_fp)                                                                   \
    X(program_context, sbrk)                                                                       \
    X(program_context, stdpipe)                                                                    \
    X(program_context, stdpipe_pid)                                                                \
    X(program_context, tmpfile)                                                                    \
    X(program_context, tmpfile2)                                                                   \
    X(task_table, current)                                                                         \
    X(task_table, context_array)                                                                   \
    X(task_table, running_tasks)                                                                   \
    X(task_table, refresh_task_table)                                                              \
    X(machdep_table, bits)                                                                         \
    X(machdep_table, hz)                                                                           \
    X(machdep_table, pagesize)                                                                     \
    X(machdep_table, pageshift)                                                                    \
    X(machdep_table, pageoffset)                                                                   \
    X(symbol_table_data, symtable)                                                                 \
    X(symbol_table_data, symend)                                                                   \
    X(symbol_table_data, load_modules)                                                             \
    X(symbol_table_data, mods_installed)                                                           \
    X(kernel_table, utsname)                                                                       \
    X(kernel_table, flags2)                                                                        \
    X(kernel_table, cpus)                                                                          \
    X(command_table_entry, name)                                                                   \
    X(command_table_entry, func)                                                                   \
    X(command_table_entry, help_data)                                                              \
    X(command_table_entry, flags)                                                                  \
    X(extension_table, command_table)                                                              \
    X(extension_table, next)                                                                       \
    X(task_context, task)                                                                          \
    X(task_context, thread_info)                                                                   \
    X(task_context, pid)                                                                           \
    X(task_context, comm)                                                                          \
    X(task_context, processor)                                                                     \
    X(task_context, ptask)                                                                         \
    X(task_context, mm_struct)                                                                     \
    X(task_mem_usage, rss)                                                                         \
    X(task_mem_usage, total_vm)                                                                    \
    X(syment, value)                                                                               \
    X(syment, name)                                                                                \
    X(load_module, mod_symtable)                                                                   \
    X(load_module, mod_symend)                                                                     \
    MPYK_ABI_MODULE_MEMORY(X)                                                                      \
    X(load_module, mod_name)

/* X(constant) */
#define MPYK_ABI_CONSTANTS(X)                                                                      \
    X(AMBIGUOUS)                                                                                   \
    X(BUFSIZE)                                                                                     \
    X(FROM_COMMAND_LINE)                                                                           \
    X(GNU_RETURN_ON_ERROR)                                                                         \
    X(IFILE_ERROR)                                                                                 \
    X(INIT_IFILE)                                                                                  \
    X(IN_FOREACH)                                                                                  \
    X(IN_GDB)                                                                                      \
    X(IN_RESTART)                                                                                  \
    X(KVADDR)                                                                                      \
    X(LIVE_SYSTEM)                                                                                 \
    X(MAXARGS)                                                                                     \
    X(MAX_MOD_NAME)                                                                                \
    X(MINIMAL)                                                                                     \
    X(MINIMAL_MODE)                                                                                \
    MPYK_ABI_MODULE_CONSTANTS(X)                                                                   \
    X(NO_PID)                                                                                      \
    X(PAGE_EXCLUDED)                                                                               \
    X(PAGE_INCOMPLETE)                                                                             \
    X(PHYSADDR)                                                                                    \
    X(PLEASE_WAIT)                                                                                 \
    X(QUIET)                                                                                       \
    X(REDIRECT_NOT_DONE)                                                                           \
    X(REDIRECT_TO_FILE)                                                                            \
    X(REDIRECT_TO_PIPE)                                                                            \
    X(REFRESH_TASK_TABLE)                                                                          \
    X(REM_LIVE_SYSTEM)                                                                             \
    X(RETURN_ON_ERROR)                                                                             \
    X(RUNTIME_IFILE)                                                                               \
    X(SEEK_ERROR)                                                                                  \
    X(TTY)                                                                                         \
    X(UVADDR)                                                                                      \
    X(XENMACHADDR)                                                                                 \
    X(_SIGINT_)

#endif /* MPYK_CRASH_ABI_H */
