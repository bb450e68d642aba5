/*
 * part.h - private to explain/: the parts of an explanation, in the order in which explain.c asks for them.
 */
#ifndef EXPLAIN_PART_H
#define EXPLAIN_PART_H

#include "admission/entry.h"
#include "admission/subject.h"
#include "explain/explain.h"

struct explaining {
	const struct explain_input *in;
	struct arena *a;
	struct explanation *e;
	enum subject_kind kind;
	bool has_pod; /* a pod or a controller with a template: subject is set */
	struct subject subject;
};

/* What a simulation comes to. */
enum explain_verdict explain_verdict_of(const struct review *review, const struct facts *facts, const struct simulation *s);

void explain_facts(struct explaining *x);
void explain_settings(struct explaining *x);
void explain_rules(struct explaining *x);
void explain_ways(struct explaining *x);
void explain_ways_exemption(struct explaining *x); /* a part of them */

/* Ids of rules, each once, in the order in which they were named; text: "a.b, c.d and 2 more". */
struct explain_names {
	const char **items;
	size_t count, cap;
};

void explain_name_rule(const struct explaining *x, struct explain_names *names, const char *rule);
const char *explain_names_text(const struct explaining *x, const struct explain_names *names, size_t shown);

/* "it is changed and allowed": what s, another simulation, comes to. */
const char *explain_outcome(const struct explaining *x, enum explain_verdict verdict, const struct simulation *s);
void explain_add_way(struct explaining *x, struct explain_way way);

/* A pod as the decision saw it: root is the object before or after. false: there is none in it. */
bool explain_open(struct explaining *x, const struct json *root, struct spark_pod *ret);

#endif
