/*
 * policy.h - what the files of `sparkgate policy` share. Private to command/.
 */
#ifndef COMMAND_POLICY_H
#define COMMAND_POLICY_H

#include "policy/load.h"

#include <stdio.h>

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
