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
 * Variables with a plain value are expanded as long as the budget lasts; others (valueFrom) are
 * known to exist, but not by value.
 *
 * Ownership: everything in the arena, slices into the container. Threads: as the arena.
 */
#ifndef SPARK_KUBE_REFS_H
#define SPARK_KUBE_REFS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/json.h"

struct kube_var {
	const struct json *item;
	struct slice name;
	struct slice value; /* ptr NULL: not known before the pod runs */
	size_t order;       /* of two with one name the later wins */

	/* Set by kube_env_find(). */
	bool plain;   /* the value has no byte that a shell would read as syntax */
	bool parts;   /* it has a blank or brace, or is a glob, or may be so: unquoted it may be several words */
	bool dangles; /* its last word is, or may be, an option that lacks its value ("--name") */
};

struct kube_env {
	struct arena *arena;
	const struct json *container; /* read when the first variable is asked for: most containers refer to none */
	bool read;
	struct kube_var *vars;
	size_t count;
	size_t budget; /* bytes that may still be inserted: a long value can be referred to many times */
	size_t asked;  /* number of lookups: one by one at first, until sorting by name pays off */

	bool from, odd;       /* it has envFrom; with a prefix that has other bytes than a key */
	struct kube_var other; /* what kube_env_other() answers */
};

/* The environment of a container. Of env alone: what envFrom adds is not in the object, and may be another when the pod starts. */
struct kube_env kube_env_of(struct arena *a, const struct json *container);

/* Is text in a value that is known? */
bool kube_env_says(struct kube_env *env, struct slice text);

/* The variable of that name, NULL where the container has none. Valid until the next lookup. */
const struct kube_var *kube_env_find(struct kube_env *env, struct slice name);

/* May envFrom have a variable of that name, which is not in env? Then one of which nothing is known; else NULL. Valid until
 * the next such question. */
const struct kube_var *kube_env_other(struct kube_env *env, struct slice name);

/* ---- the references that the kubelet sees in an element ----
 *
 *	struct kube_scan scan = {.text = element};
 *	for (struct kube_ref ref; kube_scan_next(&scan, &ref);)
 *		...
 *
 * From "$(" to the first ")" is one reference, whether or not there is such a variable, so nothing in between is
 * another: of `echo '$(' "$(X)"` the shell sees every byte. Linear in the element. */

struct kube_ref {
	size_t at, len;    /* in the element */
	struct slice name; /* ptr NULL: it is "$$" */
};

struct kube_scan {
	struct slice text;
	size_t at;
	bool open; /* a "$(" was found that nothing closes: no reference to a variable follows it */
};

bool kube_scan_next(struct kube_scan *scan, struct kube_ref *ret);

/* References that Kubernetes leaves alone because they follow another "$(": where they are, in order. */
struct kube_left {
	size_t *at;
	size_t count, cap;
	bool open; /* a "$(" is never closed: it would swallow a reference inserted after it */
};

/* Read the references in a text for a shell: ret gets those that look like references to a variable of env and are not.
 * -1: one follows a '$', or has a name that no shell variable can have; err says which, and what to write. */
MUST_CHECK int kube_left_read(struct arena *a, struct kube_env *env, struct slice text, struct kube_left *ret, struct err *err);

bool kube_left_has(const struct kube_left *left, size_t at);

/* A reference to a variable of env at the start of text ("$(POD_IP)..."): returns the variable and sets *len to the
 * bytes of the reference. NULL where there is none. The name consists of letters, digits and "_.-". */
const struct kube_var *kube_ref_here(struct kube_env *env, struct slice text, size_t *len);

/* The same for kube_env_other(): in a shell's text it may be a command all the same. */
const struct kube_var *kube_ref_other_here(struct kube_env *env, struct slice text, size_t *len);

/* May the value of var be inserted? If so, it is charged to the budget. False where it is not known or the budget is spent. */
bool kube_take(struct kube_env *env, const struct kube_var *var);

/* Appends to out what stands in the place of reference, "$(NAME)": its value, or itself. Returns how many of those bytes are known. */
typedef size_t (*kube_put)(void *closure, struct slice name, struct slice reference, struct buf *out);

/* text as the kubelet expands it, with what put says for each reference; *known as below. */
struct slice kube_replace(struct arena *a, struct slice text, kube_put put, void *closure, size_t *known);

/* One element as the process will see it, as far as that can be known. *known is the number of bytes before the first
 * unknown value; the length of the result where everything is known. */
struct slice kube_expand(struct arena *a, struct kube_env *env, struct slice text, size_t *known);

#endif
