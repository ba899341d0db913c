/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For a prebuilt Python that was compiled against glibc 2.38 or later.  Its headers turn strtol()
 * and similar functions into these names, which older C libraries lack.  The new functions differ
 * only in one point: they accept "0b101" when the base is 0 or 2, and Python never uses
 * this.  These functions are linked in front of the C library, so that the result also runs with an
 * old one.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

#define HIDDEN __attribute__((visibility("hidden")))

#undef strtol
#undef strtoul
#undef strtoll
#undef strtoull
#undef wcstol
#undef sscanf

HIDDEN long __isoc23_strtol(const char *text, char **end, int base);
HIDDEN unsigned long __isoc23_strtoul(const char *text, char **end, int base);
HIDDEN long long __isoc23_strtoll(const char *text, char **end, int base);
HIDDEN unsigned long long __isoc23_strtoull(const char *text, char **end, int base);
HIDDEN long __isoc23_wcstol(const wchar_t *text, wchar_t **end, int base);
HIDDEN int __isoc23_sscanf(const char *text, const char *format, ...);

/*
 * The old functions, by their symbols: with new headers, their names in C would mean the new ones.
 */
extern long old_strtol(const char *, char **, int) __asm__("strtol");
extern unsigned long old_strtoul(const char *, char **, int) __asm__("strtoul");
extern long long old_strtoll(const char *, char **, int) __asm__("strtoll");
extern unsigned long long old_strtoull(const char *, char **, int) __asm__("strtoull");
extern long old_wcstol(const wchar_t *, wchar_t **, int) __asm__("wcstol");
extern int old_vsscanf(const char *, const char *, va_list) __asm__("__isoc99_vsscanf");

long
__isoc23_strtol(const char *text, char **end, int base)
{
    return old_strtol(text, end, base);
}

unsigned long
__isoc23_strtoul(const char *text, char **end, int base)
{
    return old_strtoul(text, end, base);
}

long long
__isoc23_strtoll(const char *text, char **end, int base)
{
    return old_strtoll(text, end, base);
}

unsigned long long
__isoc23_strtoull(const char *text, char **end, int base)
{
    return old_strtoull(text, end, base);
}

long
__isoc23_wcstol(const wchar_t *text, wchar_t **end, int base)
{
    return old_wcstol(text, end, base);
}

int
__isoc23_sscanf(const char *text, const char *format, ...)
{
    va_list values;
    int count;

    va_start(values, format);
    count = old_vsscanf(text, format, values);
    va_end(values);
    return count;
}
