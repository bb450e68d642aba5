/* The fuzz targets as targets of recipes: tests/fuzz/fuzz_x.c is linked with its entry called fuzz_x. */
#include "work.h"

#include <stdint.h>

#define FUZZED(name, entry, first)                                                           \
	int fuzz_##entry(const uint8_t *data, size_t size);                                  \
	void fuzzed_##name(struct arena *a, struct slice text)                               \
	{                                                                                    \
		const char *begin = first;                                                   \
		struct slice input = text;                                                   \
		if (sizeof(first) > 1)                                                       \
			input = slice_of(arena_join(a, begin, arena_dup(a, text)));          \
		(void)fuzz_##entry((const uint8_t *)input.ptr, input.len);                   \
	}

FUZZED(audit_table, audit, "\24")
FUZZED(audit_json, audit, "\4")
FUZZED(audit_junit, audit, "\10")
FUZZED(audit_sarif, audit, "\14")
FUZZED(audit_openreports, audit, "\20")
FUZZED(audit_event, audit_event, "")
FUZZED(cmdline, cmdline, "\3")
FUZZED(cmdline_shell, cmdline, "\1")
FUZZED(conditions, conditions, "")
FUZZED(kubeconfig, kubeconfig, "")
FUZZED(pem, pem, "")
FUZZED(policy, policy, "p")
FUZZED(object, policy, "o")
FUZZED(properties, properties, "\2")
FUZZED(pss, pss, "\3")
FUZZED(quantity, quantity, "")
FUZZED(mutate, review, "\3")
FUZZED(validate, review, "\2")
FUZZED(validate_k8s, review, "\6")
FUZZED(secret, secret, "")
FUZZED(shell, shell, "\1\1")
FUZZED(spark_ui, spark_ui, "\1")
FUZZED(switch, switch, "")
FUZZED(watch, watch, "\100")
FUZZED(yaml, yaml, "")
