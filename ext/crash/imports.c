/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See imports.h.  A program calls each function of a library through a slot that the dynamic linker
 * fills with the function's address.  A relocation names the function and the place of its slot.
 * This unit knows neither Python nor crash.
 */
#define _GNU_SOURCE
#include "crash/imports.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Some of the program's relocations. */
struct table {
    const Elf64_Rela *first;
    size_t size;
};

/* What the loaded program says of its imports. */
struct program {
    Elf64_Addr base;
    const char *strings;
    const Elf64_Sym *symbols;
    struct table calls, others;
    Elf64_Addr read_only, read_only_end;
};

struct replacement {
    const char *name;
    uintptr_t address, old;
};

/* The linker of most machines has added the base to these addresses already. */
static const void *
place(const struct program *program, Elf64_Addr address)
{
    return (const void *)(address < program->base ? address + program->base : address);
}

static void
read_dynamic(struct program *program, const Elf64_Dyn *entry)
{
    for (; entry->d_tag != DT_NULL; entry++) {
        switch (entry->d_tag) {
        case DT_STRTAB:
            program->strings = place(program, entry->d_un.d_ptr);
            break;
        case DT_SYMTAB:
            program->symbols = place(program, entry->d_un.d_ptr);
            break;
        case DT_JMPREL:
            program->calls.first = place(program, entry->d_un.d_ptr);
            break;
        case DT_PLTRELSZ:
            program->calls.size = entry->d_un.d_val;
            break;
        case DT_RELA:
            program->others.first = place(program, entry->d_un.d_ptr);
            break;
        case DT_RELASZ:
            program->others.size = entry->d_un.d_val;
            break;
        default:
            break;
        }
    }
}

static struct program
read_program(const struct dl_phdr_info *info)
{
    struct program program = {.base = info->dlpi_addr};

    for (int i = 0; i < info->dlpi_phnum; i++) {
        const Elf64_Phdr *header = &info->dlpi_phdr[i];
        Elf64_Addr start = info->dlpi_addr + header->p_vaddr;

        if (header->p_type == PT_DYNAMIC) {
            read_dynamic(&program, (const Elf64_Dyn *)start);
        } else if (header->p_type == PT_GNU_RELRO) {
            program.read_only = start;
            program.read_only_end = start + header->p_memsz;
        }
    }
    return program;
}

/* 0, or -1: the system does not let us write there. */
static int
store(const struct program *program, Elf64_Addr slot, uintptr_t value)
{
    const size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
    void *page = (void *)(slot & ~(page_size - 1));
    /* The linker protects whole pages only: variables may follow in the last one. */
    int read_only =
        slot >= program->read_only && slot < (program->read_only_end & ~(page_size - 1));

    if (read_only && mprotect(page, page_size, PROT_READ | PROT_WRITE) < 0) {
        return -1;
    }
    __atomic_store_n((uintptr_t *)slot, value, __ATOMIC_SEQ_CST);
    if (read_only) {
        (void)mprotect(page, page_size, PROT_READ);
    }
    return 0;
}

static void
replace_in_table(const struct program *program, const struct table *table,
                 struct replacement *wanted)
{
    for (size_t i = 0; i < table->size / sizeof(*table->first); i++) {
        const Elf64_Rela *relocation = &table->first[i];
        const Elf64_Sym *symbol = &program->symbols[ELF64_R_SYM(relocation->r_info)];
        Elf64_Addr slot = program->base + relocation->r_offset;

        if (strcmp(program->strings + symbol->st_name, wanted->name) == 0) {
            uintptr_t old = *(const uintptr_t *)slot;

            if (store(program, slot, wanted->address) == 0) {
                wanted->old = old;
            }
        }
    }
}

/* Called by dl_iterate_phdr(), first for the program itself: no library is looked at. */
static int
replace_in_program(struct dl_phdr_info *info, size_t size, void *wanted)
{
    const struct program program = read_program(info);

    (void)size;
    if (program.strings != NULL && program.symbols != NULL) {
        replace_in_table(&program, &program.calls, wanted);
        replace_in_table(&program, &program.others, wanted);
    }
    return 1;
}

uintptr_t
mpyk_import_replace(const char *name, uintptr_t address)
{
    struct replacement wanted = {name, address, 0};

    dl_iterate_phdr(replace_in_program, &wanted);
    return wanted.old;
}
