/*
 * Pods, and the templates of pod controllers.
 *
 * There are two halves, each with its mode: the backend half (rewriting, backend.*, connect.*,
 * scope.*) follows `mode`; the Pod Security half (hardening, pss.*) follows the
 * weaker of `mode` and `pssMode`. A half in enforce is judged on the object as it
 * arrives; a half in warn or audit was not applied, so that its would-be result is
 * judged instead: what is reported is always what enforce would say. (For an UPDATE that is the
 * object as it arrives: enforce changes pods at their creation only.)
 */
#include "admission/judge.h"

#include "admission/annotation.h"
#include "admission/openshift.h"

/* The operations of both halves, kept apart since each has its mode. */
struct plan {
	struct json_patch rewrite, harden;
	struct findings notes; /* findings of the plan itself: files not seen, pods that may not start */
};

/* Those that are given a user: few, since each container is compared with them. */
#define SPARK_USERS_MAX (2 * SPARK_CONTAINERS_MAX)

static bool is_mirror_pod(const struct subject *s)
{
	return json_get(json_get(s->metadata, "annotations"), "kubernetes.io/config.mirror") != NULL;
}

static void append(struct json_patch *to, const struct json_patch *from)
{
	for (size_t i = 0; i < from->count; i++)
		json_patch_add(to, from->ops[i].op, from->ops[i].pointer, from->ops[i].value);
}

static void append_notes(struct judge *j, const struct findings *from)
{
	for (size_t i = 0; i < from->count; i++)
		findings_add(&j->d->findings, j->a, from->items[i]);
}

static void plan_rewrite(struct judge *j, struct plan *plan)
{
	struct spark_result result = {.changes = j->d->changes};

	if (j->match.role != ROLE_CONNECT_SERVER || j->d->backend == BACKEND_NONE)
		return;
	spark_rewrite_pod(j->policy, j->a, &j->pod, &plan->rewrite, &result);
	j->d->changes = result.changes;
	plan->notes = result.findings;
}

static bool has_named_user(const struct judge *j, const struct json *container)
{
	return policy_image_user_is_a_name(j->policy, slice_of(json_text(json_get(container, "image"), "")));
}

struct spark_users {
	struct spark_user *items;
	size_t count, cap;
};

static void add_user(struct spark_users *users, const struct json *container, int64_t user)
{
	if (users->count < users->cap)
		users->items[users->count++] = (struct spark_user){json_text(json_get(container, "name"), ""), user};
}

static void add_named_users(const struct judge *j, struct spark_users *users, const struct json *containers)
{
	JSON_EACH(c, containers)
		if (has_named_user(j, c))
			add_user(users, c, j->policy->non_numeric_uid);
}

/* docs/contract.md 4: what runs Spark, and whatever else is of an image whose user is a name: the number is the image's own, and
 * without it the kubelet starts nothing that must not be root. */
static struct spark_users spark_users(const struct judge *j)
{
	const struct json *containers = json_get(j->pod.spec, "containers"), *init = json_get(j->pod.spec, "initContainers");
	size_t most = j->pod.running.count + json_count(containers) + json_count(init);
	struct spark_users users = {.cap = most < SPARK_USERS_MAX ? most : SPARK_USERS_MAX};

	users.items = ARENA_ARRAY(j->a, users.cap, struct spark_user);
	add_named_users(j, &users, containers);
	add_named_users(j, &users, init);
	for (size_t i = 0; i < j->pod.running.count; i++)
		add_user(&users, j->pod.running.items[i], 0);
	return users;
}

static struct harden_options harden_options_of(const struct judge *j, const struct subject *s)
{
	const struct namespace *ns = &j->d->ns;
	const struct spark_users users = spark_users(j);

	return (struct harden_options){.level = ns->pss_level, .version = ns->pss_version, .hardening = ns->hardening,
				       .openshift = openshift_manages(ns, s->metadata), .spark = users.items,
				       .spark_count = users.count,
				       .exempt = exemption_rules(j->policy, &j->who, j->facts->now, j->a)};
}

static void plan_harden(struct judge *j, const struct subject *s, struct plan *plan)
{
	if (j->d->ns.hardening == HARDENING_OFF)
		return;
	struct harden_options options = harden_options_of(j, s);
	pss_harden(j->a, &options, s->metadata, s->spec, s->prefix, &plan->harden, &j->d->changes, &plan->notes);
}

/* What enforce does with the pod, in the halves asked for. (Rewriting edits the command lines that are
 * open, so it must not run if they are then judged as they came.) */
static struct plan plan_of(struct judge *j, const struct subject *s, bool rewrite, bool harden)
{
	struct plan plan = {.rewrite = json_patch_in(j->a), .harden = json_patch_in(j->a)};

	if (is_mirror_pod(s))
		return plan;
	if (rewrite)
		plan_rewrite(j, &plan);
	if (harden)
		plan_harden(j, s, &plan);
	return plan;
}

static void annotate(struct judge *j, const struct subject *s, struct json_patch *patch)
{
	if (!is_mirror_pod(s))
		annotation_patch(j->a, s->metadata, s->prefix, j->d->backend, j->match.role, patch);
}

/* The halves that are in enforce. */
static void append_in_force(struct judge *j, const struct subject *s, const struct plan *plan, struct json_patch *patch)
{
	if (j->d->ns.mode == MODE_ENFORCE)
		append(patch, &plan->rewrite);
	if (j->d->ns.pss_mode == MODE_ENFORCE)
		append(patch, &plan->harden);
	if (j->d->ns.mode == MODE_ENFORCE)
		annotate(j, s, patch);
}

void judge_pod_mutate(struct judge *j, const struct subject *s)
{
	struct plan plan = plan_of(j, s, true, true);
	struct decision *d = j->d;

	append_notes(j, &plan.notes);
	judge_namespace_problems(j, false);
	judge_object_keys(j, s);
	append_in_force(j, s, &plan, &d->patch);
}

/* ---- validation ---- */

/* Does /mutate see the pod now? Later nothing about a pod is changed, in any mode. */
static bool is_created(const struct judge *j)
{
	return j->review->operation == OP_CREATE && *j->review->subresource == '\0';
}

/* The object as it is, plus the halves that are not in enforce; for a controller, plus both halves. */
static struct subject judged_subject(struct judge *j, const struct subject *s)
{
	const struct namespace *ns = &j->d->ns;
	struct json_patch patch = json_patch_in(j->a);
	struct subject judged = *s;
	struct err err = {""};

	if (!s->controller && (!is_created(j) || (ns->mode == MODE_ENFORCE && ns->pss_mode == MODE_ENFORCE)))
		return judged; /* the common case: as it is, without a copy */
	struct plan plan = plan_of(j, s, s->controller || ns->mode != MODE_ENFORCE,
				   s->controller || ns->pss_mode != MODE_ENFORCE);
	append(&patch, &plan.rewrite);
	append(&patch, &plan.harden);
	if (s->controller) {
		append_in_force(j, s, &plan, &j->d->pod_patch);
		append_notes(j, &plan.notes);
	}
	if (subject_apply(j->a, s, &patch, &judged, &err) < 0)
		findings_add(&j->d->findings, j->a,
			     (struct finding){.rule = "scope.patch", .action = ACTION_DENY, .message = arena_dup(j->a, slice_of(err.text))});
	return judged;
}

/* "reason (detail)", as upstream joins them. */
static const char *violation_text(struct arena *a, const struct pss_violation *v)
{
	return *v->detail ? arena_printf(a, "%s (%s)", v->reason, v->detail) : v->reason;
}

/* Is all that is wrong in containers that `kubectl debug` adds? What else a pod has cannot be changed while it runs. */
static bool only_ephemeral(const struct pss_verdict *v)
{
	for (size_t i = 0; i < v->count; i++)
		for (size_t k = 0; k < v->items[i].pointer_count; k++)
			if (!slice_starts(slice_of(v->items[i].pointers[k]), "/spec/ephemeralContainers/"))
				return false;
	return true;
}

/* What hardening would have mended, had it been there: it sees pods only at CREATE (docs/contract.md 3). */
static const char *way_out_later(const struct judge *j)
{
	if (j->review->operation != OP_UPDATE || j->kind != SUBJECT_POD)
		return NULL;
	return strcmp(j->review->subresource, "ephemeralcontainers") == 0 && only_ephemeral(&j->pss)
		       ? "kubectl debug --profile=restricted: sparkgate hardens only what a pod is created with"
		       : "delete the pod and create it anew: sparkgate hardens pods only at creation";
}

/* Upstream says what is wrong; this says which field, and what to write. */
static const char *ways_out(const struct judge *j, const struct subject *s, const struct harden_options *options)
{
	struct pss_way_out_of of = {j->a, j->d->ns.name, s->metadata, s->spec, s->prefix};
	const char *ways = pss_ways_out(&of, options, j->pss_refusals), *later = way_out_later(j);

	return ways && later ? arena_printf(j->a, "%s; %s", ways, later) : ways ? ways : later;
}

/* Hardening is all or nothing: check what a controller's author would still violate, given the
 * author's own exemptions. */
static void check_author(struct judge *j, const struct subject *s, struct harden_options options)
{
	const struct exemption_asker author = exemption_asker_of(j->review);
	struct pss_verdict left;

	if (!s->controller || j->policy->controllers != ACTION_DENY)
		return;
	j->own_rules = options.exempt = exemption_rules(j->policy, &author, j->facts->now, j->a);
	if (j->own_rules.count == 0)
		return;
	pss_obstacles(j->a, &options, s->metadata, s->spec, s->prefix, &left);
	j->author_passes = left.count == 0;
}

static void check_pss(struct judge *j, const struct subject *s)
{
	const struct harden_options options = harden_options_of(j, s);
	const struct namespace *ns = &j->d->ns;
	enum action action = j->match.role == ROLE_EXECUTOR ? j->policy->executor_pss : ACTION_DENY;

	pss_evaluate(j->a, ns->pss_level, ns->pss_version, s->metadata, s->spec, s->prefix, &j->pss);
	for (size_t i = 0; i < j->pss.count; i++) {
		const struct pss_violation *v = &j->pss.items[i];
		struct place place = {.pointer = v->pointer_count > 0 ? v->pointers[0] : NULL};
		findings_add(&j->d->findings, j->a,
			     (struct finding){.rule = v->rule, .action = action, .message = violation_text(j->a, v), .place = place, .upstream = true});
		j->pss_refusals += !texts_has(&options.exempt, slice_of(v->rule));
	}
	if (j->pss_refusals > 0)
		j->way_out = ways_out(j, s, &options);
	check_author(j, s, options);
}

/* Known by its labels alone, and nothing in it could start Spark: the backend half only warns. */
static void soften_label_only(const struct judge *j)
{
	for (size_t i = 0; i < j->d->findings.count; i++) {
		struct finding *f = &j->d->findings.items[i];
		if (f->action == ACTION_DENY && !rule_is_of_pod_security(f->rule))
			f->action = ACTION_WARN;
	}
}

static void check_spark(struct judge *j, const struct subject *s)
{
	struct spark_pod pod = j->pod;

	if (s->spec != pod.spec) {
		pod.metadata = s->metadata;
		pod.spec = s->spec;
		spark_pod_open(j->policy, j->a, &pod);
	}
	switch (j->match.role) {
	case ROLE_CONNECT_SERVER:
		judge_namespace_problems(j, true);
		spark_check_pod(j->policy, j->a, &pod, &j->d->findings);
		if (j->match.label_only)
			soften_label_only(j);
		return;
	case ROLE_EXECUTOR:
		spark_check_executor(j->policy, j->a, &pod, &j->d->findings);
		return;
	case ROLE_STANDALONE_MASTER:
	case ROLE_STANDALONE_WORKER:
		spark_check_daemon(j->policy, j->a, &pod, &j->d->findings);
		return;
	case ROLE_CONNECT_CONFIG:
	case ROLE_NONE:
		return;
	}
}

/* `kubectl debug` may add a server to a pod that runs, of whatever kind. The other containers were judged at its creation. */
static void check_ephemeral(struct judge *j)
{
	struct spark_pod pod = j->pod;

	if (j->match.role != ROLE_CONNECT_SERVER || strcmp(j->review->subresource, "ephemeralcontainers") != 0)
		return;
	pod.ephemeral = true;
	spark_pod_open(j->policy, j->a, &pod);
	if (!spark_pod_has_server(&pod))
		return;
	judge_namespace_problems(j, true);
	spark_check_pod(j->policy, j->a, &pod, &j->d->findings);
}

/* Would /mutate have changed the refused pod? Only for the hint where to look, never for the verdict. (Not mirror
 * pods, nor a pod without a command line that could be extended.) */
static bool was_missed(struct judge *j, const struct subject *s)
{
	const struct namespace *ns = &j->d->ns;
	struct changes changes = j->d->changes;

	if (s->controller || !findings_deny(&j->d->findings))
		return false;
	struct plan plan = plan_of(j, s, ns->mode == MODE_ENFORCE, ns->pss_mode == MODE_ENFORCE);
	j->d->changes = changes;
	return plan.rewrite.count + plan.harden.count > 0;
}

void judge_pod_validate(struct judge *j, const struct subject *s)
{
	struct subject judged = judged_subject(j, s);
	bool created = is_created(j);

	if (s->controller) { /* for a pod, /mutate reports these */
		judge_namespace_problems(j, false);
		judge_object_keys(j, s);
	}
	/* command, args and env of a pod cannot change later; a template's can. */
	if (created || s->controller)
		check_spark(j, &judged);
	else
		check_ephemeral(j);
	check_pss(j, &judged);
	openshift_check(j->a, &j->d->ns, &judged, &j->d->findings);
	j->missed = created && was_missed(j, s);
}
