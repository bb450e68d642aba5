#include "report/report.h"

#include "base/utf8.h"

const struct decision *report_decision(const struct report_object *object)
{
	return &object->simulation->validate;
}

enum role report_role(const struct report_object *object)
{
	return report_decision(object)->role;
}

bool report_is_changed(const struct report_object *object)
{
	return object->simulation->patch && object->simulation->patch->count > 0;
}

bool report_concerns(const struct report_object *object)
{
	return report_role(object) != ROLE_NONE || report_decision(object)->judged;
}

static struct finding *find_rule(struct findings *list, const char *rule)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].rule, rule) == 0)
			return &list->items[i];
	return NULL;
}

static void join(struct arena *a, struct finding *to, const struct finding *from)
{
	to->message = arena_printf(a, "%s; %s", to->message, from->message);
	if (from->action < to->action)
		to->action = from->action;
}

struct findings report_violations(const struct report *report, const struct report_object *object)
{
	const struct findings *all = &object->simulation->findings;
	struct findings joined = {.count = 0};

	for (size_t i = 0; i < all->count; i++) {
		const struct finding *f = &all->items[i];
		struct finding *same = find_rule(&joined, f->rule);
		if (f->action == ACTION_OFF)
			continue;
		if (same)
			join(report->arena, same, f);
		else
			findings_add(&joined, report->arena, *f);
	}
	return joined;
}

bool report_rule_is_drift(const char *rule)
{
	return strcmp(rule, "backend.drift") == 0 || strcmp(rule, "scope.drift") == 0 ||
	       strcmp(rule, "connect.executorBackend") == 0;
}

unsigned report_line(const struct report *report, const struct report_object *object, const struct place *place)
{
	if (!object->yaml)
		return 0;
	const char *pointer =
		arena_printf(report->arena, "%s%s", object->pointer, place->pointer ? place->pointer : "");
	return yaml_text_line(object->yaml, pointer, place->line);
}

struct slice report_tame(struct arena *a, const char *text)
{
	return slice_of(utf8_one_line(arena_dup(a, slice_of(text))));
}

const char *report_title(const struct report *report, const struct report_object *object)
{
	const struct review *r = object->review;

	const char *title =
		arena_printf(report->arena, "%s %s%s%s", r->kind, object->namespace ? object->namespace : "",
			     object->namespace ? "/" : "", *r->name ? r->name : "(no name)");
	return report_tame(report->arena, title).ptr;
}
