/* The facts of an input: ConfigMaps are applied before the pods that mount them. */
#include "command/review.h"

#include "admission/entry.h"

static void add_applied(struct review_world *world, const struct review_item *item)
{
	if (item->object && review_subject_kind(&item->review) == SUBJECT_CONFIG_MAP)
		facts_index_add(world->applied, item->object, world->input->namespace);
}

void review_world_open(struct review_world *world, struct review_input *input, const struct policy *policy, int64_t now,
		       bool as_enforce)
{
	*world = (struct review_world){.input = input, .policy = policy, .now = now, .as_enforce = as_enforce,
				       .applied = facts_index_new(), .stored = facts_index_new()};
	for (size_t i = 0; i < input->count; i++)
		for (size_t k = 0; k < input->files[i].count; k++)
			add_applied(world, &input->files[i].items[k]);
}

void review_world_close(struct review_world *world)
{
	facts_index_unref(world->applied);
	facts_index_unref(world->stored);
}

/* A ConfigMap of the input in the namespace of facts, as /mutate leaves it. Done once: many pods may mount it. */
static int store(struct review_world *world, const char *namespace, const struct json *applied, const struct facts *facts,
		 struct err *err)
{
	struct arena *a = world->input->arena;
	const struct json *stored;
	struct review review;

	simulate_create(a, applied, namespace, &review);
	if (simulate_stored(&review, facts, world->policy, a, &stored, err) < 0)
		return -1;
	facts_index_add(world->stored, stored, namespace);
	return 0;
}

static int take_stored(struct review_world *world, const char *namespace, const struct facts *facts, struct lookup *lookup,
		       struct err *err)
{
	const struct json *applied = facts_index_config_map(world->applied, namespace, lookup->name);

	if (!applied)
		return 0;
	if (!facts_index_config_map(world->stored, namespace, lookup->name) && store(world, namespace, applied, facts, err) < 0)
		return -1;
	lookup->object = facts_index_config_map(world->stored, namespace, lookup->name);
	return 0;
}

int review_world_find_facts(struct review_world *world, const struct review *review, struct facts *ret, struct err *err)
{
	struct review_input *input = world->input;
	struct needs needs;

	simulate_needs(review, world->policy, input->arena, &needs);
	*ret = (struct facts){.now = world->now};
	if (input->cluster && facts_cluster_fetch(input->cluster, input->facts, &needs, err) < 0)
		return -1;
	/* What is not among the input may still exist in the cluster, unless the cluster was asked. */
	facts_index_fill(input->facts, &needs, input->cluster ? LOOKUP_MISSING : LOOKUP_UNSEEN, ret);
	if (ret->namespace && world->as_enforce)
		ret->namespace = simulate_as_enforce(input->arena, ret->namespace);
	for (size_t i = 0; i < ret->lookups.count; i++)
		if (take_stored(world, needs.namespace, ret, &ret->lookups.items[i], err) < 0)
			return -1;
	return 0;
}
