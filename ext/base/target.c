/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See target.h. */
#include "base/target.h"

struct mpyk_target mpyk_target = {0, 8};
