#include "spark/connect_judging.h"

void judging_report(const struct connect_judging *c, const char *rule, const char *message, struct place place)
{
	policy_say(c->in->policy, c->a, c->findings, rule, ACTION_DENY, message, place);
}

struct place judging_place(const struct connect_judging *c, const char *key)
{
	return (struct place){.pointer = c->in->server->pointer, .container = c->in->server->name, .key = key};
}

const struct setting *judging_winner(const struct connect_judging *c, const char *key)
{
	return view_winner(c->in->view, slice_of(key));
}

const char *judging_where(const struct connect_judging *c, const struct setting *s)
{
	if (s->config_map)
		return setting_line(c->a, s);
	return arena_printf(c->a, "container '%s'", c->in->server->name);
}

struct place judging_env_place(const struct connect_judging *c, const char *name)
{
	const struct env_item *item = environment_find(c->in->environment, slice_of(name));
	struct place place = judging_place(c, NULL);

	if (item->index != SIZE_MAX)
		place.pointer = arena_printf(c->a, "%s/env/%zu", c->in->server->pointer, item->index);
	return place;
}
