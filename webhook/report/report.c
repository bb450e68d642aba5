#include "report/report.h"

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

/* Marks that turn the direction of what follows, and separators of lines: U+200E, F, 2028-E, 2066-9. */
static bool is_turning(const unsigned char *p)
{
	if (p[0] != 0xE2)
		return false;
	return (p[1] == 0x80 && (p[2] == 0x8E || p[2] == 0x8F || (p[2] >= 0xA8 && p[2] <= 0xAE))) ||
	       (p[1] == 0x81 && p[2] >= 0xA6 && p[2] <= 0xA9);
}

struct slice report_tame(struct arena *a, const char *text)
{
	char *copy = arena_dup(a, slice_of(text));

	for (unsigned char *p = (unsigned char *)copy; *p; p++) {
		if (*p < 0x20 || *p == 0x7F)
			*p = ' ';
		else if (p[0] == 0xC2 && p[1] >= 0x80 && p[1] < 0xA0)
			p[0] = p[1] = ' ';
		else if (is_turning(p))
			p[0] = p[1] = p[2] = ' ';
	}
	return slice_of(copy);
}

const char *report_title(const struct report *report, const struct report_object *object)
{
	const struct review *r = object->review;

	const char *title =
		arena_printf(report->arena, "%s %s%s%s", r->kind, object->namespace ? object->namespace : "",
			     object->namespace ? "/" : "", *r->name ? r->name : "(no name)");
	return report_tame(report->arena, title).ptr;
}
