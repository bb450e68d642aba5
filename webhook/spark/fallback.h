/*
 * fallback.h - private to cmdline*.c: the program that a text names for the case that nobody else does.
 *
 *	CMD="${CMD:-start-connect-server.sh --wait}"; exec $CMD
 *	exec "${START:-/opt/spark/sbin/start-connect-server.sh}"
 *
 * It is what runs where nothing in sight gives the variable a value. What a sourced file, an element (CMD[0]=...), arithmetic or the
 * image's own environment give it is not in sight.
 *
 * Ownership: slices of the text. Threads: as the arena. Work: linear in the words of the container.
 */
#ifndef SPARK_FALLBACK_H
#define SPARK_FALLBACK_H

#include "spark/cmdline_expand.h"

/* ${NAME:-text}, ${NAME-text}, ${NAME:=text} or ${NAME=text}, with a text that every shell reads alike. */
struct fallback {
	struct slice name;
	struct slice text; /* ptr NULL: it is none of these */
	bool assigns;
};

/* s: word's value, or the end of it. A name, no positional parameter. */
struct fallback fallback_of(const struct word *word, struct slice s);

/* What it stands for, unless a text gives the variable something: what the container has, else the text. ptr NULL: not known. */
struct slice fallback_value(struct kube_env *env, const struct fallback *f);

/* Is it beside the point, since something that is not followed may give the variable a value? own: assignments of the text itself
 * are followed. */
bool fallback_is_beside(struct expander *e, const struct shell *sh, const struct fallback *f, bool own);

#endif
