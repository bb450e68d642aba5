/*
 * work.h - work that is counted, not timed: each basic block of the library that runs is one, and what libc does for it in
 * loops of its own (copies, searches, zeroed memory) is one for 16 bytes. The same input gives the same count on any
 * machine, however busy it is.
 *
 *	work_begin();
 *	...                                     // a call of the library
 *	unsigned long done = work_end();
 *
 * The library is compiled with -fsanitize-coverage=trace-pc, which calls count.c in every block; the driver itself is not, so
 * what it does to make inputs is not counted. Not seen: what libyaml and OpenSSL do inside (base/yaml.h and certs/ bound what they get).
 *
 * Threads: one.
 */
#ifndef COMPLEXITY_WORK_H
#define COMPLEXITY_WORK_H

#include "base/arena.h"
#include "base/slice.h"

#include <stdbool.h>

void work_begin(void);
unsigned long work_end(void);

#define WORK_SIZES 4 /* each twice the one before */

/* ---- reviews.c: requests that lie in a directory (tests/complexity/reviews.py) ---- */

typedef void work_judge(void *closure, const char *name, const unsigned long work[WORK_SIZES]);
void work_reviews(const char *directory, work_judge *judge, void *closure);

/* What a recipe is fed to. Texts hold no NUL. */
typedef void work_target(struct arena *a, struct slice text);

/*
 * One bad input of any size: head, piece n times, middle, close n times, tail. A '\1' in piece or close is the number of
 * the repetition, so that names differ.
 */
struct recipe {
	const char *grammar, *name;
	work_target *target;
	const char *head, *piece, *middle, *close, *tail;
	bool bounded; /* a limit ends it early: its work need not grow */
};

extern const struct recipe recipes[];
extern const size_t recipe_count;

/* ---- targets.c: what no fuzz target asks alone ---- */

work_target target_patch, target_inserts, target_peek, target_base64, target_redaction, target_expansion, target_html, target_xml;
work_target target_java_options, target_shell_names, target_rule_settings;

/* ---- prefixes.c: under a rule about spark.hadoop.* ---- */

work_target target_disabled_text, target_disabled_file, target_disabled_args, target_overridden_file;

/* ---- fuzzed.c: the fuzz targets, each with the first byte that picks what it asks ---- */

work_target fuzzed_audit_table, fuzzed_audit_json, fuzzed_audit_junit, fuzzed_audit_sarif, fuzzed_audit_openreports, fuzzed_audit_event;
work_target fuzzed_cmdline, fuzzed_cmdline_shell, fuzzed_conditions, fuzzed_kubeconfig, fuzzed_mutate, fuzzed_validate, fuzzed_validate_k8s;
work_target fuzzed_pem, fuzzed_policy, fuzzed_object, fuzzed_properties, fuzzed_pss, fuzzed_quantity;
work_target fuzzed_secret, fuzzed_shell, fuzzed_spark_ui, fuzzed_switch, fuzzed_watch, fuzzed_yaml;

/* ---- canary.c: what must be refused ---- */

work_target canary_blocks, canary_copies;

#endif
