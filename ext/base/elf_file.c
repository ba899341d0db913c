/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * See elf_file.h.  The file may be damaged: every offset and size in it is checked before it is
 * used.
 */
#include "base/elf_file.h"

#include "base/byte_order.h"

#include <elf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SECTIONS 100000
#define MAX_SECTION_SIZE (256l << 20)
#define BUILD_ID_NOTE 3

struct elf {
    int fd, big_endian, wide;
    uint64_t size; /* of the file */
    char *headers; /* of the sections */
    size_t count, header_size, names_index;
};

struct section {
    uint32_t name, type, link;
    uint64_t flags, offset, size;
};

/* A member of Elf64_x if the file is `wide`, otherwise of Elf32_x. */
#define FIELD(elf, at, x, member)                                                                  \
    ((elf)->wide ? mpyk_decode((const unsigned char *)(at) + offsetof(Elf64_##x, member),          \
                               sizeof(((Elf64_##x *)0)->member), (elf)->big_endian)                \
                 : mpyk_decode((const unsigned char *)(at) + offsetof(Elf32_##x, member),          \
                               sizeof(((Elf32_##x *)0)->member), (elf)->big_endian))

/* A copy of a piece of the file, or NULL. */
static void *
copy_piece(const struct elf *elf, uint64_t offset, uint64_t size)
{
    char *piece;
    size_t done = 0;

    if (size == 0 || size > MAX_SECTION_SIZE || offset > elf->size || size > elf->size - offset) {
        return NULL;
    }
    piece = malloc(size);
    while (piece != NULL && done < size) {
        ssize_t count = pread(elf->fd, piece + done, size - done, (off_t)(offset + done));
        if (count <= 0) {
            free(piece);
            return NULL;
        }
        done += (size_t)count;
    }
    return piece;
}

static void
get_section(const struct elf *elf, size_t index, struct section *section)
{
    const char *at = elf->headers + index * elf->header_size;

    section->name = (uint32_t)FIELD(elf, at, Shdr, sh_name);
    section->type = (uint32_t)FIELD(elf, at, Shdr, sh_type);
    section->link = (uint32_t)FIELD(elf, at, Shdr, sh_link);
    section->flags = FIELD(elf, at, Shdr, sh_flags);
    section->offset = FIELD(elf, at, Shdr, sh_offset);
    section->size = FIELD(elf, at, Shdr, sh_size);
}

/*
 * Read the table of sections.  With 65280 sections or more, the first one has their number in its
 * size, and the number of the section with the names in its link (System V ABI, "Sections").
 */
static const char *
read_sections(struct elf *elf, const char *header)
{
    uint64_t offset = FIELD(elf, header, Ehdr, e_shoff);
    struct section first;

    elf->header_size = FIELD(elf, header, Ehdr, e_shentsize);
    elf->count = FIELD(elf, header, Ehdr, e_shnum);
    elf->names_index = FIELD(elf, header, Ehdr, e_shstrndx);
    if (elf->header_size != (elf->wide ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr))) {
        return "it has no table of sections";
    }
    if ((elf->count == 0 || elf->names_index == SHN_XINDEX) &&
        (elf->headers = copy_piece(elf, offset, elf->header_size)) != NULL) {
        get_section(elf, 0, &first);
        elf->count = elf->count == 0 ? first.size : elf->count;
        elf->names_index = elf->names_index == SHN_XINDEX ? first.link : elf->names_index;
        free(elf->headers);
    }
    elf->headers =
        elf->count <= MAX_SECTIONS ? copy_piece(elf, offset, elf->count * elf->header_size) : NULL;
    return elf->headers != NULL && elf->names_index < elf->count
               ? NULL
               : "its table of sections cannot be read";
}

static const char *
elf_open(struct elf *elf, const char *path)
{
    unsigned char header[sizeof(Elf64_Ehdr)] = {0};
    struct stat status;

    memset(elf, 0, sizeof(*elf));
    elf->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (elf->fd < 0 || fstat(elf->fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        return "it cannot be opened";
    }
    elf->size = (uint64_t)status.st_size;
    if (pread(elf->fd, header, sizeof(header), 0) < (ssize_t)sizeof(Elf32_Ehdr) ||
        memcmp(header, ELFMAG, SELFMAG) != 0) {
        return "it is not an ELF file";
    }
    elf->wide = header[EI_CLASS] == ELFCLASS64;
    elf->big_endian = header[EI_DATA] == ELFDATA2MSB;
    return read_sections(elf, (const char *)header);
}

static void
elf_close(struct elf *elf)
{
    if (elf->fd >= 0) {
        close(elf->fd);
    }
    free(elf->headers);
}

void
mpyk_elf_build_id(const void *notes, size_t size, int big_endian, struct mpyk_build_id *id)
{
    const unsigned char *at = notes;

    id->size = 0;
    while (size >= sizeof(Elf32_Nhdr)) {
        uint64_t name = mpyk_decode(at, 4, big_endian), text = mpyk_decode(at + 4, 4, big_endian);
        uint64_t type = mpyk_decode(at + 8, 4, big_endian);
        uint64_t text_at = sizeof(Elf32_Nhdr) + ((name + 3) & ~3ull);
        uint64_t end = text_at + ((text + 3) & ~3ull);

        if (text_at > size || text > size - text_at) {
            return;
        }
        if (type == BUILD_ID_NOTE && name == 4 && memcmp(at + 12, "GNU", 4) == 0 &&
            text <= sizeof(id->bytes)) {
            id->size = text;
            memcpy(id->bytes, at + text_at, text);
            return;
        }
        at += end < size ? end : size;
        size -= end < size ? end : size;
    }
}

/* The section of this name, and the build ID if there is a note with one. */
static void *
search(const struct elf *elf, const char *name, size_t *size, struct mpyk_build_id *id)
{
    struct section section, names;
    char *strings, *notes;
    void *found = NULL;

    get_section(elf, elf->names_index, &names);
    strings = copy_piece(elf, names.offset, names.size);
    for (size_t i = 1; strings != NULL && i < elf->count; i++) {
        get_section(elf, i, &section);
        if (section.type == SHT_NOTE && id->size == 0) {
            notes = copy_piece(elf, section.offset, section.size);
            mpyk_elf_build_id(notes, notes != NULL ? section.size : 0, elf->big_endian, id);
            free(notes);
        }
        if (found == NULL && section.type == SHT_PROGBITS && !(section.flags & SHF_COMPRESSED) &&
            section.name < names.size && names.size - section.name > strlen(name) &&
            memcmp(strings + section.name, name, strlen(name) + 1) == 0) {
            found = copy_piece(elf, section.offset, section.size);
            *size = section.size;
        }
    }
    free(strings);
    return found;
}

void *
mpyk_elf_section(const char *path, const char *name, size_t *size, struct mpyk_build_id *id,
                 const char **reason)
{
    void *found = NULL;
    struct elf elf;

    memset(id, 0, sizeof(*id));
    *reason = elf_open(&elf, path);
    if (*reason == NULL) {
        found = search(&elf, name, size, id);
        *reason = found == NULL ? "it has no such section" : NULL;
    }
    elf_close(&elf);
    return found;
}
