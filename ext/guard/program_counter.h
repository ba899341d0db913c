/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where a signal has interrupted a thread.  The C library's <ucontext.h> names the register. */
#ifndef MPYK_PROGRAM_COUNTER_H
#define MPYK_PROGRAM_COUNTER_H

#include <stdint.h>
#include <ucontext.h>

#if defined(__x86_64__)
#define MPYK_PC_REGISTER(context) ((context)->uc_mcontext.gregs[REG_RIP])
#elif defined(__i386__)
#define MPYK_PC_REGISTER(context) ((context)->uc_mcontext.gregs[REG_EIP])
#elif defined(__aarch64__)
#define MPYK_PC_REGISTER(context) ((context)->uc_mcontext.pc)
#elif defined(__arm__)
#define MPYK_PC_REGISTER(context) ((context)->uc_mcontext.arm_pc)
#elif defined(__powerpc64__)
#define MPYK_PC_REGISTER(context) ((context)->uc_mcontext.gp_regs[32]) /* NIP, asm/ptrace.h */
#elif defined(__s390x__)
#define MPYK_PC_REGISTER(context) ((context)->uc_mcontext.psw.addr)
#elif defined(__riscv)
#define MPYK_PC_REGISTER(context) ((context)->uc_mcontext.__gregs[REG_PC])
#elif defined(__loongarch__)
#define MPYK_PC_REGISTER(context) ((context)->uc_mcontext.__pc)
#else
#error "say which register of ucontext_t is the program counter of this machine"
#endif

/* The address of the next instruction, from the third argument of a signal handler. */
static inline uintptr_t
mpyk_program_counter(const void *context)
{
    return (uintptr_t)MPYK_PC_REGISTER((const ucontext_t *)context);
}

#endif /* MPYK_PROGRAM_COUNTER_H */
