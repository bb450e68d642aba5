/*
 * policy.h - what the files of `sparkgate policy` share. Private to command/.
 */
#ifndef COMMAND_POLICY_H
#define COMMAND_POLICY_H

#include "command/options.h"
#include "policy/load.h"

#include <stdio.h>

enum policy_output { POLICY_TABLE, POLICY_JSON, POLICY_YAML, POLICY_JUNIT, POLICY_MARKDOWN };

/* The command line. */
struct policy_arguments {
	const char *name; /* of the command, for bad usage */
	struct option_list words, layers, files, namespaces;
	const char *version;
	int output, color;
	bool help, verbose;
};

/* Say text on standard error; returns the exit code of bad usage. */
int policy_bad_usage(const struct policy_arguments *args, const char *text);

/* -1 (said) where one of the paths is not there at all. */
int policy_check_paths(const struct option_list *layers);

/* The policy that the shipped layer and those paths make; NULL where there are problems. */
struct policy *policy_of_layers(const struct option_list *paths, bool keep_tests, struct arena *a,
				struct policy_problems *problems);

/* Problems, one a line, those of a file by line. */
void policy_print_problems(FILE *out, struct policy_problems *list);

/* The actions with files of their own; they return the exit code. */
int policy_test(const struct policy_arguments *args, struct arena *a);
int policy_diff(const struct policy_arguments *args, struct arena *a);

/* Lint's lines about cases of p that hold whatever it says (policy_options.keep_tests); false: one of them would fail by
 * that. Whether the others hold is not said. */
bool policy_lint_cases(const struct policy *p, struct arena *a);

/* "all", "4.0+", "3.5-4.0" */
const char *policy_versions_text(struct arena *a, struct version_range range);

/* "" where there are none. */
const char *policy_join(struct arena *a, const struct texts *list, const char *separator);

/* "key": [list]. */
struct json_writer;
void policy_write_texts(struct json_writer *w, const char *key, const struct texts *list);

/* p as a table of at most 80 columns. now: seconds since 1970. */
void policy_print_table(FILE *out, const struct policy *p, struct arena *a, int64_t now);

/* "3.5-4.0", "4.1+", "all"; and what a rule does: "spark.driver.port = 7078, where absent or 0". */
const char *policy_versions_text(struct arena *a, struct version_range range);
const char *policy_rule_text(struct arena *a, const struct rule *rule);

/* p as the rule reference of docs/policies.md: Markdown, headings of the second level and below. */
void policy_print_markdown(FILE *out, const struct policy *p, struct arena *a);

/* p as one JSON object. */
struct slice policy_print_json(const struct policy *p, struct arena *a);

/* The checks of Pod Security: those that count at version ("latest", "v1.34"), or all where it is NULL. */
bool policy_pss_version_is_good(const char *version);
void policy_pss_print_table(FILE *out, const char *version);
struct slice policy_pss_print_json(struct arena *a, const char *version);

#endif
