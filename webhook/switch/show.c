#include "switch/show.h"

#include "base/color.h"
#include "base/json_write.h"
#include "report/report.h"

#define WHAT_COLUMN 42

static const char *tame(struct arena *a, const char *text)
{
	return report_tame(a, text).ptr;
}

/* ---- table ---- */

static void show_settings(FILE *out, struct arena *a, const struct switch_item *item, bool color_on)
{
	const char *off = color(color_on, COLOR_OFF);

	for (size_t i = 0; i < item->setting_count; i++) {
		const struct switch_setting *s = &item->settings[i];
		fprintf(out, "    %s\n", tame(a, s->key));
		if (s->from)
			fprintf(out, "      %s- %s%s\n", color(color_on, COLOR_RED), tame(a, s->from), off);
		if (s->to)
			fprintf(out, "      %s+ %s%s\n", color(color_on, COLOR_GREEN), tame(a, s->to), off);
	}
}

static void show_item(FILE *out, struct arena *a, const struct switch_item *item, bool color_on)
{
	const char *name = arena_printf(a, "%s %s", item->kind, tame(a, item->name));
	bool bad = item->fate == SWITCH_CANNOT;

	fprintf(out, "  %-*s %s%s%s%s%s\n", WHAT_COLUMN - 3, name, color(color_on, bad ? COLOR_RED : COLOR_BOLD),
		switch_fate_name(item->fate), color(color_on, COLOR_OFF), item->why && !bad ? " " : "",
		item->why && !bad ? tame(a, item->why) : "");
	show_settings(out, a, item, color_on);
}

static const char *word(const char *text)
{
	return text ? text : "(none)";
}

static void show_words(FILE *out, struct arena *a, const struct switch_plan *plan)
{
	fprintf(out, "namespace %s: %s -> %s\n", tame(a, plan->namespace), plan->from, plan->to);
	fprintf(out, "  %s: %s -> %s\n", SWITCH_MODE_KEY, tame(a, word(plan->before.mode)), plan->after.mode);
	if (plan->after.master && (!plan->before.master || strcmp(plan->before.master, plan->after.master) != 0))
		fprintf(out, "  %s: %s -> %s\n", SWITCH_MASTER_KEY, tame(a, word(plan->before.master)), tame(a, plan->after.master));
}

static void show_refusals(FILE *out, struct arena *a, const struct switch_plan *plan, bool color_on)
{
	if (plan->refusal_count > 0)
		fprintf(out, "\n%sCannot switch, nothing was written:%s\n", color(color_on, COLOR_RED), color(color_on, COLOR_OFF));
	for (size_t i = 0; i < plan->refusal_count; i++)
		fprintf(out, "- %s\n", tame(a, plan->refusals[i]));
}

/* ---- the commit to make instead ---- */

static void show_namespace_commit(FILE *out, struct arena *a, const struct switch_plan *plan)
{
	fprintf(out, "\nNamespace %s is managed by %s. Commit there:\n   metadata:\n     annotations:\n", tame(a, plan->namespace),
		tame(a, plan->owner));
	if (plan->before.mode)
		fprintf(out, "-      %s: %s\n", SWITCH_MODE_KEY, tame(a, plan->before.mode));
	fprintf(out, "+      %s: %s\n", SWITCH_MODE_KEY, plan->after.mode);
	if (!plan->after.master || (plan->before.master && strcmp(plan->before.master, plan->after.master) == 0))
		return;
	if (plan->before.master)
		fprintf(out, "-      %s: %s\n", SWITCH_MASTER_KEY, tame(a, plan->before.master));
	fprintf(out, "+      %s: %s\n", SWITCH_MASTER_KEY, tame(a, plan->after.master));
}

static void show_item_after(FILE *out, struct arena *a, const struct switch_plan *plan, const struct switch_item *item)
{
	if (item->fate == SWITCH_READMITTED)
		fprintf(out, "  kubectl patch configmap %s -n %s --type merge -p '{}'\n", tame(a, item->name), tame(a, plan->namespace));
	else if (item->fate == SWITCH_RESTARTS)
		fprintf(out, "  kubectl rollout restart %s/%s -n %s\n", item->kind, tame(a, item->name), tame(a, plan->namespace));
}

/* A pod template that Git owns is restarted through Git too: Flux takes back what kubectl wrote. */
static void show_item_commit(FILE *out, struct arena *a, const struct switch_item *item)
{
	if (!item->owner)
		return;
	fprintf(out, "\n%s %s is managed by %s.", item->kind, tame(a, item->name), tame(a, item->owner));
	if (item->fate == SWITCH_RESTARTS)
		fprintf(out, " If it undoes a restart, commit:\n   spec:\n     template:\n       metadata:\n         annotations:\n"
			     "+          " SWITCH_RESTART_KEY ": \"<now>\"");
	fprintf(out, "\n");
}

static void show_commit(FILE *out, struct arena *a, const struct switch_plan *plan)
{
	if (plan->owner)
		show_namespace_commit(out, a, plan);
	for (size_t i = 0; i < plan->count; i++)
		show_item_commit(out, a, &plan->items[i]);
	fprintf(out, "\n%s:\n", plan->owner ? "Once that is synced" : "Then");
	if (!plan->owner)
		fprintf(out, "  kubectl annotate --overwrite namespace %s %s=%s%s%s\n", tame(a, plan->namespace), SWITCH_MODE_KEY, plan->after.mode,
			plan->after.master ? " " SWITCH_MASTER_KEY "=" : "", plan->after.master ? tame(a, plan->after.master) : "");
	for (size_t i = 0; i < plan->count; i++)
		show_item_after(out, a, plan, &plan->items[i]);
	fprintf(out, "  sparkgate audit -n %s\n", tame(a, plan->namespace));
}

void switch_show_table(FILE *out, struct arena *a, const struct switch_plan *plan, bool color_on)
{
	show_words(out, a, plan);
	for (size_t i = 0; i < plan->count; i++)
		show_item(out, a, &plan->items[i], color_on);
	show_refusals(out, a, plan, color_on);
	if (plan->managed)
		show_commit(out, a, plan);
}

/* ---- JSON ---- */

static void write_item(struct json_writer *w, const struct switch_item *item)
{
	json_write_open(w, '{');
	json_write_member(w, "kind", item->kind);
	json_write_member(w, "name", item->name);
	json_write_member(w, "what", switch_fate_name(item->fate));
	json_write_member_nonempty(w, "why", item->why);
	json_write_member_nonempty(w, "managedBy", item->owner);
	json_write_member_open(w, "settings", '[');
	for (size_t i = 0; i < item->setting_count; i++) {
		json_write_open(w, '{');
		json_write_member(w, "key", item->settings[i].key);
		json_write_member(w, "from", item->settings[i].from);
		json_write_member(w, "to", item->settings[i].to);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_close(w, '}');
}

void switch_show_json(FILE *out, struct arena *a, const struct switch_plan *plan)
{
	struct buf text = buf_in(a);
	struct json_writer w = json_writer(&text);

	json_write_open(&w, '{');
	json_write_member(&w, "namespace", plan->namespace);
	json_write_member(&w, "from", plan->from);
	json_write_member(&w, "to", plan->to);
	json_write_member(&w, "master", plan->after.master);
	json_write_member_nonempty(&w, "managedBy", plan->owner);
	json_write_member_open(&w, "objects", '[');
	for (size_t i = 0; i < plan->count; i++)
		write_item(&w, &plan->items[i]);
	json_write_close(&w, ']');
	json_write_member_open(&w, "refusals", '[');
	for (size_t i = 0; i < plan->refusal_count; i++)
		json_write_string(&w, slice_of(plan->refusals[i]));
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	fprintf(out, "%s\n", buf_slice(&text).ptr);
}
