#include "admission/engine.h"

#include "admission/judge.h"
#include "base/kubernetes.h"

/* ---- which objects are judged at all ---- */

static const struct json *metadata_of(const struct review *r)
{
	return json_get(r->object, "metadata");
}

static struct role_match match_role(const struct judge *j, const struct subject *subject)
{
	if (j->kind == SUBJECT_CONFIG_MAP)
		return role_of_config_map(j->policy, j->a, j->review->object);
	if (subject)
		return role_of_pod(j->policy, j->a, subject->metadata, subject->spec);
	return (struct role_match){.role = ROLE_NONE, .reason = ""};
}

/* An UPDATE in which nothing that is judged has changed. */
static bool update_is_idle(const struct judge *j, const struct subject *subject)
{
	struct subject old;

	if (j->review->operation != OP_UPDATE || !j->review->old_object || !subject)
		return false;
	if (j->kind == SUBJECT_POD)
		return !judge_pod_update_matters(j);
	if (subject_of(j->review->old_object, j->review->kind, &old) < 0)
		return false;
	return slice_eq(json_print(j->a, subject->spec), json_print(j->a, old.spec)) &&
	       (!subject->metadata == !old.metadata) &&
	       (!subject->metadata || slice_eq(json_print(j->a, subject->metadata), json_print(j->a, old.metadata)));
}

/* /mutate sees pods when they are created and ConfigMaps whenever they are written. */
static bool endpoint_fits(const struct judge *j)
{
	const struct review *r = j->review;
	bool written = r->operation == OP_CREATE || r->operation == OP_UPDATE;

	if (!written || !r->object)
		return false;
	if (j->request->endpoint == ENDPOINT_VALIDATE)
		return true;
	return j->kind == SUBJECT_CONFIG_MAP ||
	       (j->kind == SUBJECT_POD && r->operation == OP_CREATE && *r->subresource == '\0');
}

/* ---- the namespace ---- */

/* A namespace that is not known: its servers are refused, everything else passes. */
static void judge_unknown_namespace(struct judge *j)
{
	bool server = j->kind == SUBJECT_POD && j->match.role != ROLE_EXECUTOR;

	if (j->request->endpoint == ENDPOINT_MUTATE || !server) {
		compose_pass(j);
		return;
	}
	j->d->ns.mode = j->d->ns.pss_mode = MODE_ENFORCE;
	findings_add(&j->d->findings, j->a,
		     (struct finding){.rule = "scope.namespace",
				      .action = ACTION_DENY,
				      .message = arena_printf(j->a, "cannot tell: namespace \"%s\" is not known to sparkgate (yet), try again",
							      j->review->namespace)});
	compose_answer(j);
}

static void read_namespace(struct judge *j, const struct json *object_metadata)
{
	struct namespace ns = {.name = j->review->namespace, .mode = MODE_NONE};

	judge_read_namespace(j, j->facts->namespace, &ns);
	j->d->ns = ns;
	if (ns.mode != MODE_NONE)
		namespace_override(j->policy, j->a, &ns, object_metadata, &j->d->ns);
	j->d->backend = j->d->ns.backend;
}

enum mode engine_rule_mode(const struct namespace *ns, const char *rule)
{
	/* Called for each change, several times: most namespaces have one mode. */
	if (ns->mode == ns->pss_mode)
		return ns->mode;
	return rule_is_of_pod_security(rule) ? ns->pss_mode : ns->mode;
}

/* ---- deciding ---- */

static void judge_object(struct judge *j, const struct subject *subject)
{
	bool mutate = j->request->endpoint == ENDPOINT_MUTATE;

	if (j->kind == SUBJECT_CONFIG_MAP && mutate)
		judge_config_map_mutate(j);
	else if (j->kind == SUBJECT_CONFIG_MAP)
		judge_config_map_validate(j);
	else if (mutate)
		judge_pod_mutate(j, subject);
	else
		judge_pod_validate(j, subject);
	compose_answer(j);
}

/* What the object itself says about Spark beats what the namespace says. */
static void read_object(struct judge *j, const struct subject *subject)
{
	if (!subject) {
		j->d->ns.spark_version = spark_config_map_version(j->policy, j->review->object, &j->d->ns);
		j->d->version = j->d->ns.spark_version;
		return;
	}
	j->pod = (struct spark_pod){.metadata = subject->metadata, .spec = subject->spec, .pointer = subject->prefix,
				    .lookups = &j->facts->lookups, .ns = &j->d->ns, .match = j->match};
	spark_pod_open(j->policy, j->a, &j->pod);
	j->match = j->pod.match;
	j->d->role = j->match.role;
	j->d->role_reason = j->match.reason;
	j->d->version = j->pod.version;
}

/* A Spark object of a namespace: the namespace decides what becomes of it. */
static void decide_namespaced(struct judge *j)
{
	struct subject found, *subject = NULL;

	if ((j->kind == SUBJECT_POD || j->kind == SUBJECT_CONTROLLER) &&
	    subject_of(j->review->object, j->review->kind, &found) == 0)
		subject = &found;
	j->match = match_role(j, subject);
	j->d->role = j->match.role;
	j->d->role_reason = j->match.reason;
	j->d->entry = entry_of(j->request->endpoint, j->kind, j->match.role);
	bool leaving = kubernetes_is_leaving(j->review->object);
	if (j->match.role == ROLE_NONE || leaving || !endpoint_fits(j) || update_is_idle(j, subject)) {
		compose_pass(j);
		return;
	}
	if (j->facts->namespace_state == NAMESPACE_UNKNOWN) {
		judge_unknown_namespace(j);
		return;
	}
	read_namespace(j, subject ? subject->metadata : metadata_of(j->review));
	read_object(j, subject);
	if (j->match.role == ROLE_NONE || j->d->ns.mode == MODE_NONE) {
		compose_pass(j);
		return;
	}
	j->d->judged = true;
	judge_object(j, subject);
}

static void decide_namespace(struct judge *j)
{
	j->d->entry = ENTRY_NAMESPACES_VALIDATE;
	if (!endpoint_fits(j) || kubernetes_is_leaving(j->review->object)) {
		compose_pass(j);
		return;
	}
	judge_namespace(j);
	j->d->judged = j->d->ns.mode != MODE_NONE;
	compose_answer(j);
}

struct judge judge_begin(const struct engine_request *request, const struct facts *facts, const struct policy *policy,
			 struct arena *a, struct decision *ret)
{
	struct judge j = {.request = request, .review = request->review, .facts = facts, .policy = policy, .a = a,
			  .d = ret, .kind = review_subject_kind(request->review)};

	j.who = j.kind == SUBJECT_CONTROLLER ? exemption_asker_of_pods(a, j.review) : exemption_asker_of(j.review);
	*ret = (struct decision){.entry = entry_of(request->endpoint, j.kind, ROLE_NONE), .role = ROLE_NONE, .role_reason = "",
				 .ns = {.mode = MODE_NONE, .pss_mode = MODE_NONE}, .patch = json_patch_in(a), .pod_patch = json_patch_in(a)};
	return j;
}

void engine_decide(const struct engine_request *request, const struct facts *facts, const struct policy *policy,
		   struct arena *a, struct decision *ret)
{
	struct judge j = judge_begin(request, facts, policy, a, ret);

	if (j.kind == SUBJECT_NAMESPACE)
		decide_namespace(&j);
	else if (j.kind == SUBJECT_OTHER)
		compose_pass(&j);
	else
		decide_namespaced(&j);
}

/* ---- which facts ---- */

void engine_needs(const struct engine_request *request, const struct policy *policy, struct arena *a,
		  struct needs *ret)
{
	const struct review *r = request->review;
	enum subject_kind kind = review_subject_kind(r);
	struct subject subject;

	*ret = (struct needs){.namespace = NULL, .policy = policy};
	if (kind == SUBJECT_NAMESPACE && judge_change_matters(r))
		ret->pods = json_text(json_get(json_get(r->object, "metadata"), "name"), NULL);
	if (kind == SUBJECT_OTHER || kind == SUBJECT_NAMESPACE || *r->namespace == '\0')
		return;
	ret->namespace = r->namespace;
	if (kind == SUBJECT_CONFIG_MAP || (kind == SUBJECT_POD && r->operation != OP_CREATE) ||
	    subject_of(r->object, r->kind, &subject) < 0)
		return;
	struct role_match match = role_of_pod(policy, a, subject.metadata, subject.spec);
	if (match.role == ROLE_CONNECT_SERVER || match.role == ROLE_STANDALONE_MASTER)
		spark_pod_lookups(a, subject.spec, &ret->lookups);
}
