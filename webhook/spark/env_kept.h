/*
 * env_kept.h - does the command of a container leave its variables as the kubelet set them?
 *
 * "No" is the answer wherever that is not plain to see: to set a variable by a name that nobody reads there are more ways in a shell
 * (export $X, ${X:=y}, printf -v, {X}>file, a file that is sourced ...) than a list could hold. So the list is of what does not: a few
 * programs, started by their names, with expansions that set nothing. What files of the image do is not seen.
 *
 * Linear. Ownership: arena. Threads: as the arena.
 */
#ifndef SPARK_ENV_KEPT_H
#define SPARK_ENV_KEPT_H

#include "spark/environment.h"

bool env_is_kept(struct arena *a, const struct json *container, const struct environment *env);

#endif
