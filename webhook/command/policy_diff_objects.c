/*
 * What another policy means: the objects of a review's input, admitted by both.
 */
#include "command/policy_diff.h"

#include "admission/simulate.h"
#include "base/field_path.h"
#include "command/review.h"
#include "facts/unknown.h"

struct comparing {
	struct arena *a;
	struct review_world worlds[2]; /* from, to */
	struct policy_effects *effects;
};

/* ---- one object ---- */

static void add_line(struct arena *a, struct texts *list, size_t *cap, const char *line)
{
	*ARENA_PUSH(a, list->items, cap, list->count) = line;
}

static const char *change_line(struct arena *a, const struct change *c)
{
	const char *what = c->place.key ? c->place.key : c->place.pointer ? field_path(a, c->place.pointer) : "";

	return arena_printf(a, "change %s: %s: %s -> %s", c->rule, what, c->from ? c->from : "(absent)",
			    c->to ? c->to : "(removed)");
}

/* All that enforce does and says, one line each. */
static struct texts lines_of(struct arena *a, const struct simulation *s)
{
	struct texts lines = {NULL, 0};
	size_t cap = 0;

	for (size_t i = 0; i < s->findings.count; i++) {
		const struct finding *f = &s->findings.items[i];
		if (f->action != ACTION_OFF)
			add_line(a, &lines, &cap, arena_printf(a, "%s %s: %s", action_name(f->action), f->rule, f->message));
	}
	for (size_t i = 0; i < s->changes.count; i++)
		add_line(a, &lines, &cap, change_line(a, &s->changes.items[i]));
	return lines;
}

static bool holds(const struct texts *lines, const char *line)
{
	for (size_t i = 0; i < lines->count; i++)
		if (strcmp(lines->items[i], line) == 0)
			return true;
	return false;
}

/* Those of one that the other lacks. An object has a few hundred lines at most. */
static struct texts without(struct arena *a, const struct texts *lines, const struct texts *other)
{
	struct texts left = {NULL, 0};
	size_t cap = 0;

	for (size_t i = 0; i < lines->count; i++)
		if (!holds(other, lines->items[i]))
			add_line(a, &left, &cap, lines->items[i]);
	return left;
}

static int admit(struct comparing *c, const struct review *review, struct review_world *world, struct simulation *ret,
		 struct err *err)
{
	/* There is no -n to say another with. */
	const struct facts_unknown unknown = {review->namespace, true, world->input->facts_file, world->input->facts};
	struct facts facts;

	if (review_world_find_facts(world, review, &facts, err) < 0 ||
	    simulate(review, &facts, world->policy, c->a, ret, err) < 0)
		return -1;
	if (ret->validate.role != ROLE_NONE && facts.namespace_state == NAMESPACE_UNKNOWN)
		return err_set(err, "%s '%s': %s", review->kind, review->name, facts_unknown_text(c->a, &unknown));
	return 0;
}

static void note(struct comparing *c, struct policy_effect effect)
{
	struct policy_effects *list = c->effects;

	if (effect.allowed_from == effect.allowed_to && effect.gone.count + effect.come.count == 0)
		return;
	*ARENA_PUSH(c->a, list->items, &list->cap, list->count) = effect;
}

static void compare(struct comparing *c, const struct review_file *file, const struct review_item *item)
{
	const unsigned line = yaml_line(&file->stream.items[item->document], item->pointer);
	struct simulation sims[2];
	struct err err = {""};

	c->effects->looked_at++;
	for (int i = 0; i < 2; i++)
		if (admit(c, &item->review, &c->worlds[i], &sims[i], &err) < 0) {
			fprintf(stderr, "sparkgate policy: %s: line %u: %s\n", file->path, line, err.text);
			c->effects->failed = true;
			return;
		}
	const struct texts from = lines_of(c->a, &sims[0]), to = lines_of(c->a, &sims[1]);
	note(c, (struct policy_effect){.file = file->path, .line = line, .kind = item->review.kind, .namespace = item->namespace,
				       .name = item->review.name, .allowed_from = sims[0].allowed, .allowed_to = sims[1].allowed,
				       .gone = without(c->a, &from, &to), .come = without(c->a, &to, &from)});
}

/* ---- all of them ---- */

static void compare_all(struct comparing *c, const struct review_input *input)
{
	for (size_t i = 0; i < input->count; i++)
		for (size_t k = 0; k < input->files[i].count; k++)
			compare(c, &input->files[i], &input->files[i].items[k]);
}

int policy_effects_of(const struct policy_effect_input *from_input, const struct policy *from, const struct policy *to,
		      struct arena *a, struct policy_effects *ret, struct err *err)
{
	struct review_input input = {.arena = a, .namespace = "default", .facts = facts_index_new()};
	struct comparing c = {.a = a, .effects = ret};

	*ret = (struct policy_effects){NULL, 0, 0, 0, false};
	int rc = review_input_read(&input, from_input->namespaces, from_input->files, err);
	if (rc == 0) {
		review_world_open(&c.worlds[0], &input, from, from_input->now, false);
		review_world_open(&c.worlds[1], &input, to, from_input->now, false);
		compare_all(&c, &input);
		review_world_close(&c.worlds[0]);
		review_world_close(&c.worlds[1]);
	}
	/* What is kept of the objects is in the arena; no line points to what the index owns. */
	facts_index_unref(input.facts);
	return rc;
}
