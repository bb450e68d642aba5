/*
 * number.h - whole numbers from text, without locale and without surprises.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

/* Digits only (no sign, blank or leading plus), value <= max. -1 otherwise, *ret untouched. */
MUST_CHECK int number_parse(struct slice text, int64_t max, int64_t *ret);

#endif
