/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reads one section and the build ID of an ELF file: 32 or 64 bits, either byte order.  It checks
 * all bounds.  This unit knows neither Python nor crash nor gdb.
 */
#ifndef MPYK_ELF_FILE_H
#define MPYK_ELF_FILE_H

#include <stddef.h>

#define MPYK_BUILD_ID_MAX 64

struct mpyk_build_id {
    size_t size; /* 0: none */
    unsigned char bytes[MPYK_BUILD_ID_MAX];
};

/*
 * A copy (from malloc()) of the section `name` of the file `path`, and the file's build ID.  NULL
 * with the reason in *reason.
 */
void *mpyk_elf_section(const char *path, const char *name, size_t *size, struct mpyk_build_id *id,
                       const char **reason);

/* The GNU build ID in ELF notes of the given byte order (`big_endian`). */
void mpyk_elf_build_id(const void *notes, size_t size, int big_endian, struct mpyk_build_id *id);

#endif /* MPYK_ELF_FILE_H */
