/*
 * yaml_scalar.h - what an unquoted YAML word means. Private to base/yaml.
 *
 * YAML 1.1, 1.2 and their readers disagree. For manifests the reader that counts is kubectl's
 * (sigs.k8s.io/yaml over go-yaml v2), whose resolve() is followed here case by case: `y`, `No`
 * and `on` are booleans, `012` and `0o14` are octal, `1_000` is a number, `1e999` and
 * `2001-01-01` are strings. tests/conformance/yaml compares the two.
 */
#ifndef BASE_YAML_SCALAR_H
#define BASE_YAML_SCALAR_H

#include "base/arena.h"

#include <stdint.h>

enum yaml_scalar_type { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_STRING };

struct yaml_scalar {
	enum yaml_scalar_type type;
	bool truth;         /* YAML_BOOL; YAML_INT: is it negative? */
	uint64_t magnitude; /* YAML_INT: at most 2^63 where negative */
	double number;      /* YAML_FLOAT; may be infinite or not a number */
};

/* What kubectl takes the plain word text for. */
struct yaml_scalar yaml_scalar_resolve(struct slice text);

/* Would JSON read text as yaml_scalar_resolve() does (null, true, false, a number of RFC 8259, or no
 * scalar of JSON at all), and do no other well-known readers disagree? False: "quote it". */
bool yaml_scalar_is_clear(struct slice text);

#define YAML_FLOAT_CHARS 40

/* A finite number as sigs.k8s.io/yaml makes JSON of it (encoding/json): with the fewest digits that read back the same. */
void yaml_scalar_print_float(double number, char text[YAML_FLOAT_CHARS]);

/* A scalar other than a string as the text of a mapping's key, as sigs.k8s.io/yaml spells it
 * ("true", "10", "1e+06"); NULL for null and for what it refuses. */
const char *yaml_scalar_key(struct arena *a, const struct yaml_scalar *scalar);

#endif
