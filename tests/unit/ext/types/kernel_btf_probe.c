/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks a kernel's list of modules with BTF.  The file argv[1] is the memory of
 * the kernel from address MEMORY on; argv[2] is the number of bytes of BTF at
 * its begin, which the list's head follows.  Prints the numbers of reads, and
 * the modules whose BTF was read.
 */
#include "types/kernel_btf.h"

#include "base/elf_file.h"
#include "base/failure.h"
#include "base/target.h"
#include "dump/readmem.h"

#define MEMORY 0x10000u

struct mpyk_target mpyk_target = {0, 8};

static unsigned char *memory;
static size_t memory_size, btf_size;
static unsigned long reads;

int
mpyk_readmem(unsigned long long addr, int memtype, void *buf, long size)
{
    reads++;
    if (memtype != MPYK_KVADDR || addr < MEMORY || addr - MEMORY > memory_size ||
        (size_t)size > memory_size - (addr - MEMORY)) {
        return -1;
    }
    memcpy(buf, memory + (addr - MEMORY), (size_t)size);
    return 0;
}

uint64_t
mpyk_kernel_symbol_address(const char *name, uint64_t wanted)
{
    (void)wanted;
    return strcmp(name, "__start_BTF") == 0 ? MEMORY
                                            : MEMORY + btf_size; /* __stop_BTF, btf_modules */
}

void
mpyk_forget_all_but_interrupt(void)
{
}

int
mpyk_kernel_file(int index, char *path, size_t size)
{
    (void)index, (void)path, (void)size;
    return -1;
}

size_t
mpyk_kernel_build_id(unsigned char *bytes, size_t size)
{
    (void)bytes, (void)size;
    return 0;
}

static int
read_memory(const char *path)
{
    FILE *file = fopen(path, "rb");

    memory = malloc(1 << 20);
    if (file == NULL || memory == NULL) {
        return -1;
    }
    memory_size = fread(memory, 1, 1 << 20, file);
    fclose(file);
    return 0;
}

int
main(int argc, char **argv)
{
    struct mpyk_btf_place *place;

    if (argc != 3 || read_memory(argv[1]) < 0) {
        return 2;
    }
    btf_size = strtoul(argv[2], NULL, 0);
    place = mpyk_kernel_btf_with_modules();
    if (place == NULL) {
        puts(mpyk_kernel_btf_place(MPYK_BTF_IN_MEMORY)->reason);
        return 2;
    }
    printf("%lu\n", reads);
    for (struct mpyk_btf_block *block = place->set.modules; block != NULL; block = block->next) {
        puts(block->name);
    }
    free(memory);
    return 0;
}
