/*
 * policy_diff.h - what the files of `sparkgate policy diff` share. Private to command/.
 *
 * policy_diff.c compares and prints, policy_diff_things.c finds what differs in two policies, policy_diff_objects.c what
 * that means for objects. Ownership: arena, and the policies. Threads: no state.
 */
#ifndef COMMAND_POLICY_DIFF_H
#define COMMAND_POLICY_DIFF_H

#include "command/options.h"
#include "command/policy_facts.h"

enum policy_change { POLICY_ADDED, POLICY_REMOVED, POLICY_CHANGED };

struct policy_field {
	const char *field;
	const char *from, *to; /* NULL = not there */
};

/* A rule, a check, ... that is not the same in both. */
struct policy_thing {
	enum policy_section section;
	const char *id;
	enum policy_change change;
	struct policy_field *fields;
	size_t count, cap;
};

struct policy_things {
	struct policy_thing *items; /* by section and id */
	size_t count, cap;
};

void policy_things_of(const struct policy_facts *from, const struct policy_facts *to, struct arena *a,
		      struct policy_things *ret);

/* An object whose admission is not the same by both. */
struct policy_effect {
	const char *file, *kind, *namespace, *name; /* namespace NULL: cluster-scoped */
	unsigned line;
	bool allowed_from, allowed_to;
	struct texts gone, come; /* findings ("deny connect.remote: ...") and changes ("change backend.master: ...") */
};

struct policy_effects {
	struct policy_effect *items;
	size_t count, cap, looked_at;
	bool failed; /* some object could not be judged: said on standard error */
};

struct policy_effect_input {
	const struct option_list *files, *namespaces;
	int64_t now;
};

/* Admit all objects of the files by both policies. -1 with err where the input cannot be read. */
MUST_CHECK int policy_effects_of(const struct policy_effect_input *input, const struct policy *from, const struct policy *to,
				 struct arena *a, struct policy_effects *ret, struct err *err);

#endif
