/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See kernel_btf.h. */
#include "base/pycompat.h"

#include "types/kernel_btf.h"

#include "base/byte_order.h"
#include "base/elf_file.h"
#include "base/failure.h"
#include "base/target.h"
#include "dump/readmem.h"
#include "types/kernel_facts.h"

#define MAX_SIZE (256L << 20)
#define MAX_MODULES 4096

static struct mpyk_btf_place places[MPYK_BTF_PLACES];
static int only_file;

/* ---- reading ---- */

/* A copy of the dump's memory, or NULL. */
static void *
copy_memory(uint64_t address, uint64_t size)
{
    void *copy = size > 0 && size <= (uint64_t)MAX_SIZE ? malloc(size) : NULL;

    if (copy != NULL && mpyk_readmem(address, MPYK_KVADDR, copy, (long)size) < 0) {
        free(copy);
        copy = NULL;
    }
    mpyk_forget_all_but_interrupt();
    return copy;
}

/* The range between two symbols: its size, or 0. */
static uint64_t
find_range(const char *start, const char *stop, uint64_t *address)
{
    uint64_t end;

    *address = mpyk_kernel_symbol_address(start, 0);
    end = *address != 0 ? mpyk_kernel_symbol_address(stop, 0) : 0;
    mpyk_forget_all_but_interrupt();
    return end > *address ? end - *address : 0;
}

static void
take_over(struct mpyk_btf_place *place, void *data, size_t size)
{
    const char *reason = NULL;

    if (mpyk_btf_set_kernel(&place->set, data, size, &reason) < 0) {
        snprintf(place->reason, sizeof(place->reason), "the BTF cannot be used: %s", reason);
    }
}

static void
search_memory(struct mpyk_btf_place *place)
{
    uint64_t address, size = find_range("__start_BTF", "__stop_BTF", &address);
    void *data = copy_memory(address, size);

    if (data != NULL) {
        take_over(place, data, size);
    } else {
        snprintf(place->reason, sizeof(place->reason), "%s",
                 size == 0 ? "the kernel has no symbols __start_BTF and __stop_BTF"
                           : "the memory from __start_BTF to __stop_BTF is not in the dump");
    }
}

/*
 * The build ID of the dump's kernel: from vmcoreinfo (Linux 5.9 and later), or from its notes in
 * memory.
 */
static void
dump_build_id(struct mpyk_build_id *id)
{
    uint64_t address, size;
    void *notes;

    id->size = mpyk_kernel_build_id(id->bytes, sizeof(id->bytes));
    if (id->size == 0 && !PyErr_Occurred()) {
        size = find_range("__start_notes", "__stop_notes", &address);
        notes = copy_memory(address, size);
        mpyk_elf_build_id(notes, notes != NULL ? size : 0, mpyk_target.big_endian, id);
        free(notes);
    }
}

/*
 * NULL, or the reason why a file with this build ID and this size of BTF does not belong to the
 * dump.
 */
static const char *
differs_from_dump(const struct mpyk_build_id *id, size_t size)
{
    struct mpyk_build_id wanted;
    uint64_t address, wanted_size = find_range("__start_BTF", "__stop_BTF", &address);

    dump_build_id(&wanted);
    if (wanted.size != 0 && id->size != 0 &&
        (wanted.size != id->size || memcmp(wanted.bytes, id->bytes, id->size) != 0)) {
        return "its build ID differs from that of the dump's kernel";
    }
    if (wanted_size != 0 && wanted_size != size) {
        return "its BTF has another size than that of the dump's kernel";
    }
    return NULL;
}

static void
search_file(struct mpyk_btf_place *place, const char *path)
{
    struct mpyk_build_id id;
    const char *reason;
    size_t size = 0;
    void *data = mpyk_elf_section(path, ".BTF", &size, &id, &reason);

    place->reason[0] = '\0';
    reason = data != NULL ? differs_from_dump(&id, size) : reason;
    if (reason != NULL) {
        free(data);
        snprintf(place->reason, sizeof(place->reason), "%.100s is not used for its .BTF: %s", path,
                 reason);
        return;
    }
    take_over(place, data, size);
    if (place->set.kernel != NULL) {
        snprintf(place->path, sizeof(place->path), "%s", path);
    }
}

static void
search_files(struct mpyk_btf_place *place)
{
    char path[MPYK_KERNEL_PATH_MAX];

    for (int i = 0; place->set.kernel == NULL && !PyErr_Occurred(); i++) {
        int found = mpyk_kernel_file(i, path, sizeof(path));
        if (found < 0) {
            break;
        }
        if (found > 0) {
            search_file(place, path);
        }
    }
}

struct mpyk_btf_place *
mpyk_kernel_btf(void)
{
    for (int i = only_file ? MPYK_BTF_IN_FILE : MPYK_BTF_IN_MEMORY;
         i < MPYK_BTF_PLACES && !PyErr_Occurred(); i++) {
        struct mpyk_btf_place *place = &places[i];
        if (!place->searched) {
            (i == MPYK_BTF_IN_MEMORY ? search_memory : search_files)(place);
            place->searched = !PyErr_Occurred();
        }
        if (place->set.kernel != NULL) {
            return place;
        }
    }
    return NULL;
}

/* ---- modules ---- */

/* Offsets in struct btf_module and struct btf (kernel/bpf/btf.c). */
struct offsets {
    long list, btf, data, size, id, name;
};

static int
find_offsets(const struct mpyk_btf *btf, struct offsets *offsets)
{
    offsets->list = mpyk_btf_offset(btf, "btf_module", "list");
    offsets->btf = mpyk_btf_offset(btf, "btf_module", "btf");
    offsets->data = mpyk_btf_offset(btf, "btf", "data");
    offsets->size = mpyk_btf_offset(btf, "btf", "data_size");
    offsets->id = mpyk_btf_offset(btf, "btf", "id");
    offsets->name = mpyk_btf_offset(btf, "btf", "name");
    return offsets->list < 0 || offsets->btf < 0 || offsets->data < 0 || offsets->size < 0 ? -1 : 0;
}

/* A number in the dump; 0 if it cannot be read. */
static uint64_t
read_number(uint64_t address, int size)
{
    unsigned char data[8];
    int status = mpyk_readmem(address, MPYK_KVADDR, data, size);

    mpyk_forget_all_but_interrupt();
    return status < 0 ? 0 : mpyk_decode(data, (size_t)size, mpyk_target.big_endian);
}

static void
read_name(const struct offsets *offsets, uint64_t btf, char *name, size_t size)
{
    memset(name, 0, size);
    if (offsets->name < 0 ||
        mpyk_readmem(btf + (uint64_t)offsets->name, MPYK_KVADDR, name, (long)size - 1) < 0) {
        name[0] = '\0';
    }
    mpyk_forget_all_but_interrupt();
}

static void
see_module(struct mpyk_btf_place *place, const struct offsets *offsets, uint64_t entry)
{
    int word = mpyk_target.pointer_size;
    uint64_t btf = read_number(entry - offsets->list + offsets->btf, word);
    struct mpyk_btf_key key = {0};
    const char *reason;
    char name[56]; /* MODULE_NAME_LEN of 64-bit kernels */
    void *data;

    if (btf == 0) {
        return;
    }
    key.address = read_number(btf + offsets->data, word);
    key.size = read_number(btf + offsets->size, 4);
    key.id = offsets->id >= 0 ? (uint32_t)read_number(btf + offsets->id, 4) : 0;
    if (key.address == 0 || mpyk_btf_set_keep(&place->set, &key)) {
        return;
    }
    data = copy_memory(key.address, key.size);
    if (data != NULL) {
        read_name(offsets, btf, name, sizeof(name));
        (void)mpyk_btf_set_add(&place->set, &key, name, data, key.size, &reason);
    }
}

struct mpyk_btf_place *
mpyk_kernel_btf_with_modules(void)
{
    struct mpyk_btf_place *place = mpyk_kernel_btf();
    struct offsets offsets;
    uint64_t head, entry, mark;
    int count = 0;

    if (place == NULL || place->modules_searched ||
        find_offsets(place->set.kernel->btf, &offsets) < 0) {
        return place;
    }
    head = mpyk_kernel_symbol_address("btf_modules", 0);
    entry = mark = head != 0 ? read_number(head, mpyk_target.pointer_size) : 0;
    mpyk_btf_set_begin(&place->set);
    while (entry != 0 && entry != head && !PyErr_Occurred() && count++ < MAX_MODULES) {
        see_module(place, &offsets, entry);
        entry = PyErr_Occurred() ? 0 : read_number(entry, mpyk_target.pointer_size);
        /* A damaged list may lead back into itself.  The mark moves to 1, 2, 4, 8...: the walk
         * meets it within a few rounds of the loop (Brent's algorithm). */
        if (entry == mark) {
            break;
        }
        mark = (count & (count - 1)) == 0 ? entry : mark;
    }
    mpyk_btf_set_end(&place->set, entry == head && head != 0 && !PyErr_Occurred());
    place->modules_searched = !PyErr_Occurred();
    return place;
}

void
mpyk_kernel_btf_look_again(void)
{
    for (int i = 0; i < MPYK_BTF_PLACES; i++) {
        places[i].modules_searched = 0;
    }
}

void
mpyk_kernel_btf_only_file(int only)
{
    only_file = only;
}

const struct mpyk_btf_place *
mpyk_kernel_btf_place(enum mpyk_btf_where where)
{
    return &places[where];
}

const struct mpyk_btf *
mpyk_kernel_btf_block(const void *record)
{
    const struct mpyk_btf *btf = NULL;

    for (int i = 0; btf == NULL && i < MPYK_BTF_PLACES; i++) {
        btf = mpyk_btf_set_owner(&places[i].set, record);
    }
    return btf;
}

static void __attribute__((destructor))
free_places(void)
{
    for (int i = 0; i < MPYK_BTF_PLACES; i++) {
        mpyk_btf_set_free(&places[i].set);
        places[i].searched = places[i].modules_searched = 0;
    }
}
