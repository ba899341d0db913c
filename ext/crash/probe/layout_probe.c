/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * This unit is not a part of the extension.  The build compiles it against one crash tree and never
 * runs it.  Two sections of the object file describe the structures of the tree: names, each ended
 * by a NUL, and the same number of 64-bit values in the target's byte order.
 * mpykbuild.crash.layout_probe reads them.
 */
#include <defs.h>

#include "crash/layout_tables.h"

#define SECTION(name) __attribute__((section(name), used))
#define SIZE_OF(structure) sizeof(struct structure)
#define OFFSET_OF(structure, member) offsetof(struct structure, member)
#define SIZE_OF_MEMBER(structure, member) sizeof(((struct structure *)0)->member)

#define OBJECT_NAME(variable, pointer, exact) "object " #variable " " #exact "\0"
#define OBJECT_VALUE(variable, pointer, exact) SIZE_OF(variable),
#define SIZE_NAME(structure) "sizeof(struct " #structure ")\0"
#define SIZE_VALUE(structure) SIZE_OF(structure),
#define OFFSET_NAME(structure, member) "offset " #structure "." #member "\0"
#define OFFSET_VALUE(structure, member) OFFSET_OF(structure, member),
#define MEMBER_NAME(structure, member) "size " #structure "." #member "\0"
#define MEMBER_VALUE(structure, member) SIZE_OF_MEMBER(structure, member),
#define CONSTANT_NAME(constant) "constant " #constant "\0"
#define CONSTANT_VALUE(constant) (unsigned long long)(constant),

const char mpyk_abi_names[] SECTION(".mpyk_abi_names") = MPYK_ABI_OBJECTS(OBJECT_NAME)
    MPYK_ABI_SIZES(SIZE_NAME) MPYK_ABI_MEMBERS(OFFSET_NAME) MPYK_ABI_MEMBERS(MEMBER_NAME)
        MPYK_ABI_CONSTANTS(CONSTANT_NAME);

const unsigned long long mpyk_abi_values[] SECTION(".mpyk_abi_values") = {
    MPYK_ABI_OBJECTS(OBJECT_VALUE) MPYK_ABI_SIZES(SIZE_VALUE) MPYK_ABI_MEMBERS(OFFSET_VALUE)
        MPYK_ABI_MEMBERS(MEMBER_VALUE) MPYK_ABI_CONSTANTS(CONSTANT_VALUE)};
