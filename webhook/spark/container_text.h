/*
 * container_text.h - a question asked of every text of a container, as it is written in the object.
 *
 * Threads: no state.
 */
#ifndef SPARK_CONTAINER_TEXT_H
#define SPARK_CONTAINER_TEXT_H

#include "base/json.h"

/* Is test true of a text of the container's: of its command, its args, the values of its env? Nothing is expanded. */
typedef bool text_test(void *closure, struct slice text);
bool container_any_text(const struct json *container, text_test *test, void *closure);

/* Is text anywhere in them? */
bool container_mentions(const struct json *container, const char *text);

#endif
