/*
 * kube_refs.h - Kubernetes' own $(NAME) in a container's command and args.
 *
 * The kubelet expands it before anything runs (third_party/forked/golang/expansion):
 *	$(NAME)   the value, where NAME is an environment variable of the container;
 *	          else the text stays, parentheses and all
 *	$$        one dollar sign, always
 *	$x        stays
 * So in `sh -c 'echo $(POD_IP)'` the shell never sees a command substitution where the
 * container has an env POD_IP, and sees one where it has none.
 *
 * Variables with a plain value are put in as long as the budget lasts; others (valueFrom) are
 * known to exist, their value is not.
 *
 * Ownership: everything in the arena, slices into the container. Threads: as the arena.
 */
#ifndef SPARK_KUBE_REFS_H
#define SPARK_KUBE_REFS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

struct kube_var {
	struct slice name;
	struct slice value; /* ptr NULL: not known before the pod runs */
	bool plain;         /* the value has no byte that a shell would read as its grammar; set where it is found */
	bool parts;         /* the value has a blank, or may have one, or a brace: without quotes it may be several words */
	bool dangles;       /* its last word is an option that may lack its value ("--name"), or may be one */
	size_t order;       /* of two of one name the later wins */
};

struct kube_env {
	struct kube_var *vars;
	size_t count;
	size_t budget; /* bytes that may still be put in: a long value can be named very often */
	size_t asked;  /* how often a variable was looked for: one by one, until it pays to sort them by name */
};

/* The environment of a container (env only: what envFrom brings is not in the object). */
struct kube_env kube_env_of(struct arena *a, const struct json *container);

/* The variable of that name, NULL where the container has none. Good until the next one is looked for. */
const struct kube_var *kube_env_find(struct kube_env *env, struct slice name);

/* ---- what the kubelet reads of an element ----
 *
 *	struct kube_scan scan = {.text = element};
 *	for (struct kube_ref ref; kube_scan_next(&scan, &ref);)
 *		...
 *
 * From "$(" to the first ")" is one reference, whether there is such a variable or not, so nothing between them is another
 * one: of `echo '$(' "$(X)"` the shell sees each byte. Linear in the element. */

struct kube_ref {
	size_t at, len;    /* in the element */
	struct slice name; /* ptr NULL: it is "$$" */
};

struct kube_scan {
	struct slice text;
	size_t at;
	bool open; /* a "$(" was found that nothing closes: no reference comes behind it */
};

bool kube_scan_next(struct kube_scan *scan, struct kube_ref *ret);

/* References that Kubernetes leaves alone, since they stand behind another "$(": where, in order. */
struct kube_left {
	size_t *at;
	size_t count, cap;
	bool open; /* a "$(" is closed nowhere: it would swallow a reference that is put in behind it */
};

/* Read the references of a text that a shell will read: ret has those which look like one of env's and are none. -1: one
 * stands behind a '$', or has a name that no shell could have; err says which, and what to write. */
MUST_CHECK int kube_left_read(struct arena *a, struct kube_env *env, struct slice text, struct kube_left *ret, struct err *err);

bool kube_left_has(const struct kube_left *left, size_t at);

/* A reference at the start of text ("$(POD_IP)...") to a variable of env: returns it and sets
 * *len to the bytes of the reference. NULL where there is none. The name is of letters, digits and "_.-". */
const struct kube_var *kube_ref_here(struct kube_env *env, struct slice text, size_t *len);

/* May the value of var be put in? False where it is not known or the budget is spent. */
bool kube_take(struct kube_env *env, const struct kube_var *var);

/* What the process sees of one element, as far as it can be known. *known is the number of bytes
 * before the first unknown value; the length of the result where everything is known. */
struct slice kube_expand(struct arena *a, struct kube_env *env, struct slice text, size_t *known);

#endif
