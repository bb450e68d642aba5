/*
 * sparkgate policy diff A B: what is different in two policies and, with objects to try it on, what that means. Exit
 * codes as diff(1) has them.
 */
#include "command/policy_diff.h"

#include "base/clock.h"
#include "base/color.h"
#include "base/json_write.h"
#include "base/wrap.h"
#include "command/command.h"
#include "command/policy.h"

#include <unistd.h>

struct diff {
	const char *names[2]; /* as they were given */
	struct policy *policies[2];
	struct policy_things things;
	struct policy_effects effects;
	bool objects; /* some were given */
};

/* ---- for people ---- */

static const char *const marks[] = {"+", "-", "~"};
static const enum color mark_colors[] = {COLOR_GREEN, COLOR_RED, COLOR_YELLOW};

static void print_mark(enum policy_change change, bool on)
{
	printf("  %s%s%s ", color(on, mark_colors[change]), marks[change], color(on, COLOR_OFF));
}

static void print_field(struct arena *a, const struct policy_thing *t, const struct policy_field *f)
{
	const char *from = f->from ? f->from : "(none)", *to = f->to ? f->to : "(none)";

	if (t->change == POLICY_CHANGED)
		wrap_print(stdout, arena_printf(a, "%s: %s -> %s", f->field, from, to), 6, 0);
	else
		wrap_print(stdout, arena_printf(a, "%s: %s", f->field, t->change == POLICY_ADDED ? to : from), 6, 0);
}

static void print_thing(struct arena *a, const struct policy_thing *t, bool on)
{
	print_mark(t->change, on);
	printf("%s %s\n", policy_section_name(t->section), t->id);
	for (size_t i = 0; i < t->count; i++)
		print_field(a, t, &t->fields[i]);
}

static void print_lines(const struct texts *lines, enum policy_change change, bool on)
{
	for (size_t i = 0; i < lines->count; i++) {
		printf("    ");
		print_mark(change, on);
		printf("%s\n", lines->items[i]);
	}
}

static void print_effect(const struct policy_effect *e, bool on)
{
	print_mark(POLICY_CHANGED, on);
	printf("%s %s%s%s (%s:%u)\n", e->kind, e->namespace ? e->namespace : "", e->namespace ? "/" : "", e->name, e->file, e->line);
	if (e->allowed_from != e->allowed_to)
		printf("      %s -> %s%s%s\n", e->allowed_from ? "allowed" : "refused", color(on, e->allowed_to ? COLOR_GREEN : COLOR_RED),
		       e->allowed_to ? "allowed" : "refused", color(on, COLOR_OFF));
	print_lines(&e->gone, POLICY_REMOVED, on);
	print_lines(&e->come, POLICY_ADDED, on);
}

static void print_table(const struct diff *d, struct arena *a, bool on)
{
	if (d->things.count > 0)
		printf("Policy %s (%s) -> %s (%s)\n", d->policies[0]->hash, d->names[0], d->policies[1]->hash, d->names[1]);
	for (size_t i = 0; i < d->things.count; i++)
		print_thing(a, &d->things.items[i], on);
	if (!d->objects)
		return;
	printf("%s%zu of %zu objects are admitted differently%s\n", d->things.count ? "\n" : "", d->effects.count,
	       d->effects.looked_at, d->effects.count ? ":" : "");
	for (size_t i = 0; i < d->effects.count; i++)
		print_effect(&d->effects.items[i], on);
}

/* ---- for programs ---- */

static void write_side(struct json_writer *w, const char *key, const struct diff *d, int side)
{
	json_write_member_open(w, key, '{');
	json_write_member(w, "name", d->names[side]);
	json_write_member(w, "hash", d->policies[side]->hash);
	json_write_close(w, '}');
}

static void write_thing(struct json_writer *w, const struct policy_thing *t)
{
	static const char *const words[] = {"added", "removed", "changed"};

	json_write_open(w, '{');
	json_write_member(w, "what", policy_section_name(t->section));
	json_write_member(w, "id", t->id);
	json_write_member(w, "change", words[t->change]);
	json_write_member_open(w, "fields", '[');
	for (size_t i = 0; i < t->count; i++) {
		json_write_open(w, '{');
		json_write_member(w, "field", t->fields[i].field);
		json_write_member(w, "from", t->fields[i].from);
		json_write_member(w, "to", t->fields[i].to);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_close(w, '}');
}

static void write_effect(struct json_writer *w, const struct policy_effect *e)
{
	json_write_open(w, '{');
	json_write_member(w, "file", e->file);
	json_write_member_int(w, "line", e->line);
	json_write_member(w, "kind", e->kind);
	json_write_member(w, "namespace", e->namespace);
	json_write_member(w, "name", e->name);
	json_write_member_open(w, "allowed", '{');
	json_write_member_bool(w, "from", e->allowed_from);
	json_write_member_bool(w, "to", e->allowed_to);
	json_write_close(w, '}');
	policy_write_texts(w, "gone", &e->gone);
	policy_write_texts(w, "come", &e->come);
	json_write_close(w, '}');
}

static void print_json(const struct diff *d, struct arena *a)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	write_side(&w, "from", d, 0);
	write_side(&w, "to", d, 1);
	json_write_member_open(&w, "policy", '[');
	for (size_t i = 0; i < d->things.count; i++)
		write_thing(&w, &d->things.items[i]);
	json_write_close(&w, ']');
	json_write_key(&w, SLICE_LIT("objects"));
	if (d->objects) {
		json_write_open(&w, '[');
		for (size_t i = 0; i < d->effects.count; i++)
			write_effect(&w, &d->effects.items[i]);
		json_write_close(&w, ']');
	} else {
		json_write_null(&w);
	}
	json_write_close(&w, '}');
	struct slice text = buf_slice(&out);
	printf("%.*s\n", SLICE_ARG(text));
}

/* ---- the action ---- */

/* The layers below, and on top of them what the word names. NULL (said) where it makes no policy. */
static struct policy *load_side(const struct policy_arguments *args, const char *name, struct arena *a)
{
	struct option_list paths = {.arena = a};
	struct policy_problems problems = {0};

	for (size_t i = 0; i < args->layers.count; i++)
		option_list_add(&paths, args->layers.items[i]);
	if (strcmp(name, "shipped") != 0)
		option_list_add(&paths, name);
	if (policy_check_paths(&paths) < 0)
		return NULL;
	struct policy *p = policy_of_layers(&paths, false, a, &problems);
	if (!p)
		policy_print_problems(stderr, &problems);
	return p;
}

static int compare(struct diff *d, const struct policy_arguments *args, struct arena *a)
{
	const struct policy_effect_input input = {&args->files, &args->namespaces, clock_unix()};
	struct policy_facts facts[2];
	struct err err = {""};

	for (int i = 0; i < 2; i++)
		policy_facts_of(d->policies[i], a, &facts[i]);
	policy_things_of(&facts[0], &facts[1], a, &d->things);
	d->objects = args->files.count > 0;
	if (d->objects && policy_effects_of(&input, d->policies[0], d->policies[1], a, &d->effects, &err) < 0) {
		fprintf(stderr, "sparkgate policy: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (args->output == POLICY_JSON)
		print_json(d, a);
	else
		print_table(d, a, color_wanted((enum color_when)args->color, STDOUT_FILENO));
	if (d->effects.failed)
		return EXIT_USAGE;
	return d->things.count + d->effects.count > 0 ? 1 : 0;
}

int policy_diff(const struct policy_arguments *args, struct arena *a)
{
	struct diff d = {.names = {NULL, NULL}};
	struct err err = {""};
	int code = EXIT_USAGE;

	if (options_check_input(&args->files, &args->namespaces, &err) < 0)
		return policy_bad_usage(args, err.text);
	if (args->words.count != 3)
		return policy_bad_usage(args, "diff needs two: PATH PATH, or the word 'shipped' for one of them");
	for (int i = 0; i < 2; i++)
		d.names[i] = args->words.items[1 + i];
	d.policies[0] = load_side(args, d.names[0], a);
	d.policies[1] = d.policies[0] ? load_side(args, d.names[1], a) : NULL;
	if (d.policies[1])
		code = compare(&d, args, a);
	policy_unref(d.policies[0]);
	policy_unref(d.policies[1]);
	return code;
}
