/*
 * ConfigMaps that configure a Connect server. The pod alone decides where Spark
 * runs; a ConfigMap is rewritten so that what a person reads agrees with it.
 */
#include "admission/judge.h"

#include "admission/annotation.h"
#include "admission/openshift.h"
#include "spark/pod_template.h"

static void annotate(const struct judge *j, struct json_patch *patch)
{
	const struct json *metadata = json_get(j->review->object, "metadata");

	if (j->d->backend == BACKEND_NONE)
		annotation_unpatch(metadata, patch);
	else
		annotation_patch(j->a, metadata, "", j->d->backend, j->match.role, patch);
}

/* What enforce does with the ConfigMap. Without a backend our marks of an earlier one are removed again. */
static struct json_patch plan_of(struct judge *j)
{
	struct json_patch patch = json_patch_in(j->a);
	struct spark_result result = {.changes = j->d->changes};

	if (!spark_config_map_is_writable(j->policy, j->review->object, &j->d->ns))
		return patch;
	spark_rewrite_config_map(j->policy, j->a, j->review->object, &j->d->ns, &patch, &result);
	j->d->changes = result.changes;
	for (size_t i = 0; i < result.findings.count; i++)
		findings_add(&j->d->findings, j->a, result.findings.items[i]);
	annotate(j, &patch);
	return patch;
}

void judge_config_map_mutate(struct judge *j)
{
	struct json_patch patch = plan_of(j);

	judge_no_backend(j);
	judge_unread_keys(j, json_get(j->review->object, "metadata"));
	if (j->d->ns.mode == MODE_ENFORCE)
		j->d->patch = patch;
}

/* In warn and audit the would-be result is judged: see judge_pod.c. A patch that does not apply leaves nothing to judge but that. */
static const struct json *judged_object(struct judge *j)
{
	struct json *changed;
	struct err err = {""};

	if (j->d->ns.mode == MODE_ENFORCE)
		return j->review->object;
	struct json_patch patch = plan_of(j);
	if (patch.count == 0)
		return j->review->object;
	if (json_patch_apply(j->a, j->review->object, &patch, &changed, &err) == 0)
		return changed;
	findings_add(&j->d->findings, j->a, (struct finding){.rule = "scope.patch", .action = ACTION_DENY, .message = arena_dup(j->a, slice_of(err.text))});
	return j->review->object;
}

/* Spark makes executor pods of it; /mutate hardens them when they come, so only what hardening cannot mend is
 * reported (in warn and audit, too: what is reported is what enforce would say). */
static void check_template(struct judge *j, const struct pod_template *t)
{
	const struct namespace *ns = &j->d->ns;
	struct harden_options options = {.level = ns->pss_level, .version = ns->pss_version, .hardening = ns->hardening,
					 .openshift = openshift_manages(ns, t->metadata)};
	struct pss_verdict verdict;

	if (t->unreadable)
		return; /* spark_check_config_map() says so */
	if (ns->hardening == HARDENING_OFF)
		pss_evaluate(j->a, ns->pss_level, ns->pss_version, t->metadata, t->spec, "", &verdict);
	else
		pss_obstacles(j->a, &options, t->metadata, t->spec, "", &verdict);
	if (verdict.count > 0)
		policy_say(j->policy, j->a, &j->d->findings, "config.podTemplate", ACTION_DENY,
			   arena_printf(j->a, "executors of '%s' would violate PodSecurity \"%s:%s\": %s", t->key,
					pss_level_name(ns->pss_level), ns->pss_version, verdict.reason),
			   (struct place){.pointer = t->pointer});
}

static void check_templates(struct judge *j)
{
	struct pod_templates templates;

	pod_templates_read(j->a, j->review->object, &templates);
	for (size_t i = 0; i < templates.count; i++)
		check_template(j, &templates.items[i]);
}

void judge_config_map_validate(struct judge *j)
{
	if (j->d->ns.config_maps == CONFIG_MAPS_OFF)
		return;
	spark_check_config_map(j->policy, j->a, judged_object(j), &j->d->ns, &j->d->findings);
	check_templates(j);
}
