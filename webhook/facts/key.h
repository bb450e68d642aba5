/*
 * key.h - what an object is found by in a table of facts. Private to facts/.
 */
#ifndef FACTS_KEY_H
#define FACTS_KEY_H

#include <stdbool.h>

/* A namespace has at most 63 bytes, a name 253. What is longer is no object of Kubernetes. */
#define FACT_KEY_SIZE 400

/* One text for each pair, whatever characters are in it: the length of the namespace comes first. A Namespace is in none
 * (NULL). False where it is too long. */
bool fact_key(char key[FACT_KEY_SIZE], const char *namespace, const char *name);

#endif
