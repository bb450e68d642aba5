/*
 * node.h - a place in a policy file: reading with types, and problems with file and line.
 *
 *	struct node rule = node_item(&rules, item, index);
 *	if (!node_fields(&rule, fields, count))     // notes unknown keys, "did you mean"
 *		return;
 *	const char *id = node_text(&rule, "id", NODE_REQUIRED);   // NULL: noted, or absent
 *
 * Every reader notes what is wrong and goes on, so that lint shows all problems of a file
 * at once. A node knows its parents; its line is looked up only when there is something
 * to say.
 *
 * Private to policy/. Ownership: nodes are values on the stack; texts are copied into the
 * policy's arena. Threads: as the arenas.
 */
#ifndef POLICY_NODE_H
#define POLICY_NODE_H

#include "base/yaml.h"
#include "policy/load.h"

/* The document that is being read. */
struct policy_file {
	const char *name;
	const struct yaml_document *document;
	struct arena *policy_arena;  /* what stays */
	struct arena *problem_arena; /* messages */
	struct policy_problems *problems;
};

struct node {
	const struct policy_file *file;
	const struct node *up; /* NULL: the document */
	const char *key;       /* in its mapping, or */
	size_t index;          /* in its list */
	const struct json *v;  /* NULL: not there */
};

/* Append a problem that is not about a place inside a document. line 0 = none. */
void policy_problem_add(struct policy_problems *list, struct arena *a, const char *file, unsigned line,
			const char *message);

/* The line of n in its file. */
unsigned node_line(const struct node *n);

/* Note what is wrong with n; with its line, unless hundreds were noted already. */
void node_problem(const struct node *n, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Note that text is not one of words, with the nearest one or all: "unknown key 'sett', did you mean 'set'?" */
void node_unknown(const struct node *n, const char *what, struct slice text, const char *const *words, size_t count);

enum node_need { NODE_OPTIONAL, NODE_REQUIRED };

/* Member key of n; v is NULL where it is absent. */
struct node node_get(const struct node *n, const char *key);

/* The element item of list n. */
struct node node_item(const struct node *n, const struct json *item, size_t index);

/* Is n a mapping with known keys only, none of them empty? Notes what is wrong. */
bool node_fields(const struct node *n, const char *const *known, size_t count);

/* Member key as a list; v NULL if it is absent or (noted) not a list. */
struct node node_list(const struct node *n, const char *key, enum node_need need);

/* A text of at least one character, copied into the policy; NULL where it is absent or (noted) wrong. */
const char *node_text(const struct node *n, const char *key, enum node_need need);

/* The same, may be empty. */
const char *node_any_text(const struct node *n, const char *key, enum node_need need);

/* The index among words; fallback where it is absent or (noted) unknown. */
int node_word(const struct node *n, const char *key, const char *what, const char *const *words, size_t count,
	      int fallback, enum node_need need);

bool node_bool(const struct node *n, const char *key, bool fallback);

/* min <= number <= max. */
int64_t node_number(const struct node *n, const char *key, int64_t min, int64_t max, int64_t fallback);

/* A list of non-empty texts; *ret is left alone where it is absent or wrong. Returns whether it was read. */
bool node_texts(const struct node *n, const char *key, struct texts *ret);

#endif
