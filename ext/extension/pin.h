/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keeps this file mapped while a program runs.  A program may run `extend -u` on it, in any form:
 * then the file is unloaded at the end of the program and not under its feet.
 */
#ifndef MPYK_EXTENSION_PIN_H
#define MPYK_EXTENSION_PIN_H

void mpyk_pin(void);

/*
 * The end of the pin; the file may be unmapped in this call.  So it must be the last thing that a
 * function called by crash does, and the compiler must make it a jump.  It does so (-O2) because
 * neither function has a local variable whose address is known elsewhere.
 */
int mpyk_unpin(void);

#endif /* MPYK_EXTENSION_PIN_H */
