/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Members by path: "a.b[2].c". */
#include "types/types.h"

/* "[3][4]" after a member's name. */
static int
path_subscripts(const char **path, MpykMember *place)
{
    while (**path == '[') {
        MpykType *array = place->type->real;
        char *end;
        long long index = strtoll(*path + 1, &end, 0);

        if (array->kind != MPYK_KIND_ARRAY || end == *path + 1 || *end != ']') {
            return -1;
        }
        place->type = array->target;
        place->offset += (uint64_t)index * array->target->real->size;
        *path = end + 1;
    }
    return 0;
}

/* One "name[i][j]" of a path.  *path moves behind it and behind the dot. */
static int
path_step(const char **path, MpykMember *place)
{
    size_t length = strcspn(*path, ".[");
    const MpykMember *member;
    uint64_t base = place->offset;
    char name[256];

    if (length == 0 || length >= sizeof(name)) {
        return -1;
    }
    memcpy(name, *path, length);
    name[length] = '\0';
    member = mpyk_type_member(place->type, name);
    if (member == NULL) {
        return -1;
    }
    if (path[0][length] == '[' && mpyk_member_shape((MpykMember *)member) < 0) {
        return -1;
    }
    *place = *member;
    place->offset += base;
    *path += length;
    if (path_subscripts(path, place) < 0) {
        return -1;
    }
    if (**path == '.') {
        (*path)++;
        return **path == '\0' ? -1 : 0;
    }
    return **path == '\0' ? 0 : -1;
}

int
mpyk_type_path(MpykType *type, const char *path, MpykMember *result)
{
    memset(result, 0, sizeof(*result));
    result->type = type;
    do {
        if (path_step(&path, result) < 0) {
            return -1;
        }
    } while (*path != '\0');
    return 0;
}
