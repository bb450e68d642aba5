/*
 * condition.h - the part of a CEL expression that can be read without evaluating CEL: for which labels and words it is
 * surely true. For the matchConditions of our own webhook entries (policy/called.h).
 *
 *	const struct condition *c;
 *	if (condition_parse(arena, text, &c, err) < 0) ...
 *	struct condition_case pod = {.text = "start-connect-server.sh"};
 *	if (condition_ask(c, &pod) == CONDITION_YES) ...        // called whatever else is in the pod
 *
 * It reads `||`, `&&`, `!`, parentheses, the body of exists(x, BODY), and these terms:
 *	X[?'key'].orValue('') == 'value'      X[?'key'].orValue('') in ['a', 'b']
 *	X[?'key'].orValue('').startsWith('a') 'key' in X
 *	X.contains('needle')                  X.startsWith('needle')
 * Everything else is CONDITION_UNKNOWN. It compares literals and does not evaluate: what X is (labels or annotations,
 * this container or that) and which lists are walked are taken for granted.
 *
 * Hostile input: linear, CONDITION_BYTES long and CONDITION_DEPTH deep at most; beyond, an error.
 *
 * Ownership: the arena. Threads: no state.
 */
#ifndef POLICY_CONDITION_H
#define POLICY_CONDITION_H

#include "base/arena.h"

/* The longest shipped one has 2 KiB; the API server refuses an expression that costs more than 10 times ours. */
#define CONDITION_BYTES (64u * 1024)
#define CONDITION_DEPTH 32

struct condition;

enum condition_answer { CONDITION_NO, CONDITION_YES, CONDITION_UNKNOWN };

/* An object of which only this is known: these labels, and this word in a command or text. */
struct condition_label {
	const char *key;
	const char *value; /* NULL = any */
	bool prefix;       /* value is only a prefix */
};

struct condition_case {
	const struct condition_label *labels;
	size_t label_count;
	const char *text; /* NULL = none */
	bool at_start;    /* nothing comes before it */
};

/* -1: the text is not an expression that can be read this way; err says why. */
MUST_CHECK int condition_parse(struct arena *a, struct slice text, const struct condition **ret, struct err *err);

enum condition_answer condition_ask(const struct condition *c, const struct condition_case *object);

#endif
