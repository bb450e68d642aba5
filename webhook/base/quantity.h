/*
 * quantity.h - Kubernetes' resource quantities: "500m", "1Gi", "1e3", 2.
 *
 *	int64_t memory;
 *	if (quantity_of(arena, json_get(hard, "requests.memory"), QUANTITY_WHOLE, &memory) < 0)
 *		...                             // not a quantity, or a negative one
 *
 * Grammar and meaning are those of k8s.io/apimachinery pkg/api/resource (quantity.go): a decimal number, then one of
 * n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or an exponent. Values finer than the unit asked for are rounded up, and values
 * too large for int64_t are INT64_MAX, as there. Sums and products stop at INT64_MAX too, so nothing here ever
 * overflows, whatever an object holds.
 *
 * Refused here and not there: texts longer than QUANTITY_BYTES; negative quantities, which the API server takes neither
 * in a container's resources nor in a quota; and a suffix without a digit ("Mi", "."), which is mostly 0 there.
 * tests/conformance/quantity compares the rest.
 *
 * Threads: no state. Ownership: texts are made in the arena.
 */
#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include "base/json.h"

/* The longest text that is read as a quantity. */
#define QUANTITY_BYTES 64

enum quantity_unit {
	QUANTITY_WHOLE, /* bytes, pods */
	QUANTITY_MILLI  /* thousandths: CPU */
};

/* -1, and *ret untouched, if text is not a quantity or is negative. */
MUST_CHECK int quantity_parse(struct slice text, enum quantity_unit unit, int64_t *ret);

/* The same of a string or a number; -1 for any other value and for NULL. */
MUST_CHECK int quantity_of(struct arena *a, const struct json *v, enum quantity_unit unit, int64_t *ret);

/* a + b and a * b of values that are not negative; INT64_MAX if it would be more. */
int64_t quantity_add(int64_t a, int64_t b);
int64_t quantity_times(int64_t a, int64_t b);

/* As a person writes it: CPU "2", "1500m"; bytes "1408Mi", "2Gi", "1000". */
const char *quantity_show_cpu(struct arena *a, int64_t milli);
const char *quantity_show_bytes(struct arena *a, int64_t bytes);

#endif
