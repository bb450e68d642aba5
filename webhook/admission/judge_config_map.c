/*
 * ConfigMaps that configure a Connect server. The pod alone decides where Spark
 * runs; a ConfigMap is rewritten so that what a person reads agrees with it.
 */
#include "admission/judge.h"

#include "admission/annotation.h"

/* What enforce does with the ConfigMap. */
static struct json_patch plan_of(struct judge *j)
{
	struct json_patch patch = json_patch_in(j->a);
	struct spark_result result = {.changes = j->d->changes};

	if (j->d->backend == BACKEND_NONE || !spark_config_map_is_writable(j->policy, j->review->object, &j->d->ns))
		return patch;
	spark_rewrite_config_map(j->policy, j->a, j->review->object, &j->d->ns, &patch, &result);
	j->d->changes = result.changes;
	for (size_t i = 0; i < result.findings.count; i++)
		findings_add(&j->d->findings, j->a, result.findings.items[i]);
	annotation_patch(j->a, json_get(j->review->object, "metadata"), "", j->d->backend, j->match.role, &patch);
	return patch;
}

void judge_config_map_mutate(struct judge *j)
{
	struct json_patch patch = plan_of(j);

	if (j->d->ns.mode == MODE_ENFORCE)
		j->d->patch = patch;
}

/* In warn and audit the would-be result is judged: see judge_pod.c. */
static const struct json *judged_object(struct judge *j)
{
	struct json *changed;
	struct err err = {""};

	if (j->d->ns.mode == MODE_ENFORCE)
		return j->review->object;
	struct json_patch patch = plan_of(j);
	if (patch.count == 0 || json_patch_apply(j->a, j->review->object, &patch, &changed, &err) < 0)
		return j->review->object;
	return changed;
}

void judge_config_map_validate(struct judge *j)
{
	if (j->d->ns.config_maps != CONFIG_MAPS_OFF)
		spark_check_config_map(j->policy, j->a, judged_object(j), &j->d->ns, &j->d->findings);
}
