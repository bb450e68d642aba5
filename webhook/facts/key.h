/*
 * key.h - the key by which an object is found in a table of facts. Private to facts/.
 */
#ifndef FACTS_KEY_H
#define FACTS_KEY_H

#include <stdbool.h>

/* A namespace has at most 63 bytes, a name 253. Nothing longer is an object of Kubernetes. */
#define FACT_KEY_SIZE 400

/* One text for each pair, whatever characters are in it: the length of the namespace comes first. A Namespace is in no
 * namespace (NULL). false if the pair is too long. */
bool fact_key(char key[FACT_KEY_SIZE], const char *namespace, const char *name);

#endif
