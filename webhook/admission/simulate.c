#include "admission/simulate.h"

#include "admission/entry.h"
#include "admission/subject.h"
#include "base/kubernetes.h"

void simulate_needs(const struct review *review, const struct policy *policy, struct arena *a, struct needs *ret)
{
	struct engine_request request = {ENDPOINT_VALIDATE, review};

	engine_needs(&request, policy, a, ret);
}

static void merge_findings(struct arena *a, const struct decision *from, struct findings *to)
{
	for (size_t i = 0; i < from->findings.count; i++)
		findings_add(to, a, from->findings.items[i]);
}

static bool has_warning(const char *const *list, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], text) == 0)
			return true;
	return false;
}

/* Both answers reach the user, the first one first; the API server's recorder drops equal texts. */
static void merge_warnings(struct arena *a, struct simulation *s)
{
	const struct answer *m = &s->mutate.answer, *v = &s->validate.answer;
	const char **list = ARENA_ARRAY(a, m->warning_count + v->warning_count + 1, const char *);
	size_t count = 0;

	for (size_t i = 0; i < m->warning_count; i++)
		list[count++] = m->warnings[i];
	for (size_t i = 0; i < v->warning_count; i++)
		if (!has_warning(list, count, v->warnings[i]))
			list[count++] = v->warnings[i];
	s->warnings = list;
	s->warning_count = count;
}

/* What /mutate says, and the object as it leaves it. */
static int mutate_object(const struct review *review, const struct facts *facts, const struct policy *policy,
			 struct arena *a, struct decision *decision, const struct json **ret, struct err *err)
{
	struct engine_request mutate = {ENDPOINT_MUTATE, review};
	struct json *changed;

	engine_decide(&mutate, facts, policy, a, decision);
	*ret = review->object;
	if (decision->patch.count == 0)
		return 0;
	if (json_patch_apply(a, review->object, &decision->patch, &changed, err) < 0)
		return err_wrap(err, "%s '%s'", review->kind, review->name);
	*ret = changed;
	return 0;
}

/* mutate, apply, validate: what happens to a Pod or a ConfigMap. */
static int simulate_object(const struct review *review, const struct facts *facts, const struct policy *policy,
			   struct arena *a, struct simulation *s, struct err *err)
{
	struct review after = *review;

	if (mutate_object(review, facts, policy, a, &s->mutate, &s->result, err) < 0)
		return -1;
	after.object = s->result;
	struct engine_request validate = {ENDPOINT_VALIDATE, &after};
	engine_decide(&validate, facts, policy, a, &s->validate);
	s->changes = s->mutate.changes;
	s->patch = s->admission_patch = &s->mutate.patch;
	return 0;
}

/* A controller is never changed itself; its pods are, when they come. */
static int simulate_controller(const struct review *review, const struct facts *facts, const struct policy *policy,
			       struct arena *a, struct simulation *s, struct err *err)
{
	struct engine_request validate = {ENDPOINT_VALIDATE, review};
	struct json *changed;

	s->mutate.patch = json_patch_in(a);
	engine_decide(&validate, facts, policy, a, &s->validate);
	s->changes = s->validate.changes;
	s->patch = &s->validate.patch;
	s->admission_patch = &s->mutate.patch;
	s->result = review->object;
	if (s->validate.pod_patch.count == 0)
		return 0;
	if (json_patch_apply(a, review->object, &s->validate.pod_patch, &changed, err) < 0)
		return err_wrap(err, "%s '%s'", review->kind, review->name);
	s->result = changed;
	s->patch = &s->validate.pod_patch;
	return 0;
}

const char *simulate_unjudged_why(const struct review *review)
{
	if (kubernetes_is_leaving(review->object))
		return "it is being deleted: nothing is asked of it any more";
	if (review->operation == OP_DELETE)
		return "it is being deleted: sparkgate looks at what is created and changed";
	if (review->operation == OP_UPDATE)
		return "nothing changes in it that sparkgate judges";
	return "nothing in it is judged";
}

/* What is let by before anybody looks at its namespace has one all the same. */
static void read_unjudged_namespace(const struct facts *facts, const struct policy *policy, struct arena *a, struct decision *d)
{
	if (!d->judged && d->role != ROLE_NONE && facts->namespace)
		namespace_parse(policy, a, facts->namespace, &d->ns);
}

int simulate(const struct review *review, const struct facts *facts, const struct policy *policy, struct arena *a,
	     struct simulation *ret, struct err *err)
{
	/* Filled in place in the arena: patch and admission_patch point into it. */
	struct simulation *s = ARENA_NEW(a, struct simulation);
	bool controller = review_subject_kind(review) == SUBJECT_CONTROLLER;
	int rc = controller ? simulate_controller(review, facts, policy, a, s, err)
			    : simulate_object(review, facts, policy, a, s, err);

	if (rc < 0)
		return -1;
	read_unjudged_namespace(facts, policy, a, &s->validate);
	merge_findings(a, &s->mutate, &s->findings);
	merge_findings(a, &s->validate, &s->findings);
	merge_warnings(a, s);
	exemption_uses_add(a, &s->mutate.exemptions, &s->exemptions);
	exemption_uses_add(a, &s->validate.exemptions, &s->exemptions);
	s->verdict = s->validate.verdict;
	s->allowed = controller ? s->validate.pods_allowed : s->validate.allowed;
	s->message = controller ? s->validate.pods_message : s->validate.answer.message;
	*ret = *s;
	return 0;
}

int simulate_manifest(struct arena *a, const struct simulation *s, const struct json *object, const struct json **ret,
		      struct err *err)
{
	struct json *changed;

	if (!s->patch || s->patch->count == 0) {
		*ret = object;
		return 0;
	}
	if (json_patch_apply(a, object, s->patch, &changed, err) < 0)
		return -1;
	*ret = changed;
	return 0;
}

int simulate_stored(const struct review *review, const struct facts *facts, const struct policy *policy, struct arena *a,
		    const struct json **ret, struct err *err)
{
	struct decision mutate;

	return mutate_object(review, facts, policy, a, &mutate, ret, err);
}
