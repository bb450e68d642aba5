/*
 * number.h - whole numbers from and to text, without locale and without surprises.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

/* Digits only (no sign, blank or leading plus), value <= max. -1 otherwise, *ret untouched. */
MUST_CHECK int number_parse(struct slice text, int64_t max, int64_t *ret);

/* What number_print() needs at most. */
#define NUMBER_CHARS sizeof("-9223372036854775808")

/* number in digits, NUL-terminated at the end of room; returns where in room they begin. */
char *number_print(int64_t number, char room[NUMBER_CHARS]);
char *number_print_unsigned(uint64_t number, char room[NUMBER_CHARS]);

#endif
