/*
 * env_text.h - what the variables of a container hold once the kubelet has expanded the references in them, as far as the object tells.
 *
 *	struct env_texts texts = env_texts_of(arena, &environment);
 *	struct slice options = env_text(&texts, environment_find(&environment, SLICE_LIT("SPARK_SUBMIT_OPTS")), &known);
 *
 * A value may have come from a looked-up ConfigMap: it may be judged, not shown.
 *
 * Ownership: arena. Threads: as the arena.
 */
#ifndef SPARK_ENV_TEXT_H
#define SPARK_ENV_TEXT_H

#include "spark/environment.h"

struct env_value {
	struct slice text; /* ptr NULL: nothing is known about it */
	size_t known;      /* bytes before the first reference that cannot be resolved */
};

struct env_texts {
	struct arena *a;
	const struct environment *env;
	struct env_value *resolved; /* of each item, by its order; NULL until an item with a reference is asked for */
	size_t budget; /* bytes that may still be inserted: a long value can be referred to many times */
};

struct env_texts env_texts_of(struct arena *a, const struct environment *env);

/* The value that the process sees, references resolved in the order in which the kubelet does. *known is the number of
 * bytes before the first reference that cannot be resolved. ptr NULL where nothing can be known (a Secret's). */
struct slice env_text(struct env_texts *texts, const struct env_item *item, size_t *known);

/* text with each $NAME, ${NAME} and $(NAME) whose whole value is known replaced by that value; the others stay. */
struct slice env_put_in(struct env_texts *texts, struct slice text);

#endif
