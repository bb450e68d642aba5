/*
 * modes.h - what the parts of this driver share: objects to ask about, random neighbours of
 * them, and the laws of the modes.
 *
 * Ownership: fixtures live in the arena of main(), all else in an arena that each round resets.
 */
#ifndef MODES_H
#define MODES_H

#include "admission/simulate.h"
#include "facts/index.h"

/* ---- objects ---- */

struct sample {
	const char *origin; /* a file, and which of its objects */
	struct review review;
};

struct samples {
	struct arena *arena;
	struct sample *items;
	size_t count, cap;
	struct facts_index *facts; /* the ConfigMaps among them */
};

/* All objects of a file (YAML, JSON, Lists, AdmissionReviews), each as a CREATE in the namespace "team". What is no
 * Kubernetes object is left out; -1 where the file cannot be read at all. */
MUST_CHECK int samples_add(struct samples *to, const char *path, struct err *err);

/* Every object once more as the UPDATE and, of pods, the UPDATE of ephemeral containers that it may become. */
void samples_add_updates(struct samples *to);

/* ---- random neighbours ---- */

struct dice {
	uint64_t state; /* never 0 */
};

unsigned dice_below(struct dice *d, unsigned n);

/* A sample like one of those, altered in a few places: dropped, replaced, doubled, hostile. */
struct sample sample_altered(struct arena *a, struct dice *d, const struct samples *of);

/* ---- laws ---- */

struct tally {
	const struct policy *policies[2];
	const struct facts_index *facts;
	unsigned long passed, failed, judged; /* judged: something was said under enforce */
};

/* All combinations of mode, pssMode, hardening, configMaps and backend. thorough: each of them, else some that the
 * dice choose. */
void laws_hold(struct tally *t, const struct sample *sample, bool thorough, struct dice *d);

/* The guard: the Namespace itself changes, and its mode is and stays audit or warn. */
void laws_hold_for_namespaces(struct tally *t, struct dice *d, const struct samples *pods);

#endif
