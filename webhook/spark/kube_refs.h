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
#include "base/json.h"

struct kube_var {
	struct slice name;
	struct slice value; /* ptr NULL: not known before the pod runs */
	bool plain;         /* the value has no byte that a shell would read as its grammar; set where it is found */
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

/* The bytes of "$(NAME)" beside NAME. */
#define KUBE_REF_EXTRA 3

/* NAME, where text begins with "$(NAME)"; ptr NULL where it does not. */
struct slice kube_ref_name(struct slice text);

/* A reference at the start of text ("$(POD_IP)...") to a variable of env: returns it and sets
 * *len to the bytes of the reference. NULL where there is none. */
const struct kube_var *kube_ref(struct kube_env *env, struct slice text, size_t *len);

/* May the value of var be put in? False where it is not known or the budget is spent. */
bool kube_take(struct kube_env *env, const struct kube_var *var);

/* What the process sees of one element, as far as it can be known. *known is the number of bytes
 * before the first unknown value; the length of the result where everything is known. */
struct slice kube_expand(struct arena *a, struct kube_env *env, struct slice text, size_t *known);

#endif
