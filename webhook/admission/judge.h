/*
 * judge.h - private to admission/: the working state of one decision, and the
 * steps that engine.c takes it through.
 */
#ifndef ADMISSION_JUDGE_H
#define ADMISSION_JUDGE_H

#include "admission/engine.h"
#include "admission/entry.h"
#include "admission/subject.h"
#include "pss/pss.h"

struct judge {
	const struct engine_request *request;
	const struct review *review;
	const struct facts *facts;
	const struct policy *policy;
	struct arena *a;
	struct decision *d;
	enum subject_kind kind;
	struct role_match match;
	struct spark_pod pod;   /* of a Pod or controller: as it arrived */
	bool for_pods;          /* composing what a controller's pods will hear */
	bool missed;            /* a refused pod that /mutate would have changed */
	enum mode guarded;      /* of a Namespace: the stronger of the modes before and after, for judging who may change it */
	const char *way_out;    /* what to do about Pod Security's refusal; NULL = nothing to add */
	struct pss_verdict pss; /* of the object judged; count 0 if nothing was judged */
	size_t pss_refusals;    /* those of them that no exemption covers */
	struct exemption_asker who; /* whom exemptions are matched against; of a controller: its pods */
	struct texts own_rules; /* of a controller: what its author is exempted from */
	bool author_passes;     /* and pods that the author made by hand would pass Pod Security */
};

/* Begin: nothing is known yet but who asks. */
struct judge judge_begin(const struct engine_request *request, const struct facts *facts, const struct policy *policy,
			 struct arena *a, struct decision *ret);

/* Pods and pod templates: what mutation does (changes, patches), what validation finds. */
void judge_pod_mutate(struct judge *j, const struct subject *subject);
void judge_pod_validate(struct judge *j, const struct subject *subject);

/* Is there anything about this UPDATE that upstream's Pod Security would look at again? */
bool judge_pod_update_matters(const struct judge *j);

void judge_config_map_mutate(struct judge *j);
void judge_config_map_validate(struct judge *j);

/* Read a Namespace: namespace_parse(), and what only Pod Security knows to be wrong. */
void judge_read_namespace(struct judge *j, const struct json *object, struct namespace *ret);

/* The guard of the namespace's own keys. */
void judge_namespace(struct judge *j);

/* The value of a sparkgate key, wherever it is: mode is a label, the others are annotations. NULL = none. */
const char *judge_key_value(const struct json *namespace, const char *key);

/* Add a finding of a check of the policy about the namespace. */
void judge_say(struct judge *j, const char *rule, const char *message);

/* Does this UPDATE of a Namespace change a key that matters to what runs in it? */
bool judge_change_matters(const struct review *r);

/* What the change would do to the pods that are there, and whether its author may make it. old, now: the namespace
 * before and after. */
void judge_change(struct judge *j, const struct namespace *old, const struct namespace *now);
void judge_editor(struct judge *j);

/* Add findings about the namespace's values, and that a Connect server's has no backend: those that refuse, by the policy, go
 * to validate, the rest to mutate and to controllers, which are validated only. */
void judge_namespace_problems(struct judge *j, bool refusing);

/* Add the finding that a ConfigMap's namespace has no backend: a warning at most. */
void judge_no_backend(struct judge *j);

/* Add findings about keys of the object that nothing reads: misspelt ones, those of Namespaces, and choices of a
 * backend that have no effect, since the namespace does not allow them or they are on a controller and not on its
 * template. Nothing else reports these. */
void judge_object_keys(struct judge *j, const struct subject *s);

/* The first two of these, for any metadata. */
void judge_unread_keys(struct judge *j, const struct json *metadata);

/* Make d->answer, d->allowed and d->verdict from what was found. */
void compose_answer(struct judge *j);

/* The answer to an object about which there is nothing to say. */
void compose_pass(struct judge *j);

#endif
