#include "command/manual.h"

#include "base/wrap.h"
#include "command/command.h"
#include "policy/words.h"

#include <stdlib.h>

/* ---- the table of commands ---- */

#define SUBCOMMANDS_MAX 32

const struct subcommand *subcommand_find(const struct subcommands *all, const char *name)
{
	for (size_t i = 0; i < all->count; i++)
		if (strcmp(all->items[i].name, name) == 0)
			return &all->items[i];
	return NULL;
}

int subcommand_unknown(const struct subcommands *all, const char *program, const char *name)
{
	const char *names[SUBCOMMANDS_MAX];
	size_t count = all->count < SUBCOMMANDS_MAX ? all->count : SUBCOMMANDS_MAX;

	for (size_t i = 0; i < count; i++)
		names[i] = all->items[i].name;
	const char *near = nearest_word(slice_of(name), names, count);
	fprintf(stderr, "%s: there is no command '%s'", program, name);
	if (near)
		fprintf(stderr, "; did you mean '%s'?", near);
	fprintf(stderr, "\nTry `%s --help`.\n", program);
	return EXIT_USAGE;
}

int manual_bad_usage(const char *name, const char *text)
{
	fprintf(stderr, "%s: %s\nTry `%s --help`.\n", name, text, name);
	return EXIT_USAGE;
}

/* ---- values ---- */

static const struct {
	const char *name; /* one of the words between | */
	enum manual_value value;
} values[] = {
	{"FILE", VALUE_FILE},           {"PATH", VALUE_FILE},       {"DIR", VALUE_DIR},
	{"NAMESPACE", VALUE_NAMESPACE}, {"CONTEXT", VALUE_CONTEXT}, {"KIND/NAME", VALUE_OBJECT},
};

/* [PATH...] is PATH. */
static struct slice bare(struct slice word)
{
	while (word.len > 0 && strchr("[(", word.ptr[0])) {
		word.ptr++;
		word.len--;
	}
	while (word.len > 0 && strchr(".])", word.ptr[word.len - 1]))
		word.len--;
	return word;
}

enum manual_value manual_value_named(const char *text)
{
	struct slice rest = slice_of(text ? text : "");

	while (rest.len > 0) {
		struct slice word = bare(slice_cut(&rest, '|'));
		for (size_t i = 0; i < COUNT_OF(values); i++)
			if (slice_is(word, values[i].name))
				return values[i].value;
	}
	return VALUE_TEXT;
}

enum manual_value manual_value_of(const struct option *o)
{
	enum manual_value value = manual_value_named(o->value);

	if (o->choice)
		return VALUE_WORDS;
	if (value == VALUE_TEXT && strcmp(o->name, "namespace") == 0)
		return VALUE_NAMESPACE;
	if (value == VALUE_TEXT && strcmp(o->name, "context") == 0)
		return VALUE_CONTEXT;
	return value;
}

/* ---- help ---- */

/* The column where the texts of actions begin. */
#define ACTION_COLUMN 12

struct helping {
	FILE *out;
	struct arena *arena;
	const char *name;    /* "kubectl sparkgate certs" */
	const char *program; /* "kubectl sparkgate" */
};

/* Text that is shown as it is: the tabs that mark it become indent blanks. */
const char *manual_named(struct arena *a, const char *text, const char *program)
{
	struct buf b = buf_in(a);

	for (const char *mark; (mark = strstr(text, "$0")); text = mark + 2) {
		buf_add(&b, (struct slice){text, (size_t)(mark - text)});
		buf_adds(&b, program);
	}
	buf_adds(&b, text);
	return arena_dup(a, buf_slice(&b));
}

static void print_verbatim(FILE *out, const char *text, int indent)
{
	struct slice rest = slice_of(text);

	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');
		slice_skip(&line, SLICE_LIT("\t"));
		fprintf(out, "%*s%.*s\n", line.len > 0 ? indent : 0, "", SLICE_ARG(line));
	}
}

static void print_paragraphs(const struct helping *h, const char *const *texts)
{
	for (size_t i = 0; texts && texts[i]; i++) {
		const char *text = manual_named(h->arena, texts[i], h->program);
		fprintf(h->out, "\n");
		if (text[0] == '\t')
			print_verbatim(h->out, text, 2);
		else
			wrap_print(h->out, text, 0, 0);
	}
}

static void print_usage(const struct helping *h, const struct manual *m)
{
	for (size_t i = 0; m->usage[i]; i++) {
		int at = fprintf(h->out, "%s %s", i == 0 ? "usage:" : "      ", h->name);
		wrap_print(h->out, m->usage[i], (size_t)at + 1, (size_t)at);
	}
}

static void print_actions(const struct helping *h, const struct manual *m)
{
	if (!m->actions)
		return;
	fprintf(h->out, "\nActions:\n");
	for (const struct manual_action *a = m->actions; a->name; a++) {
		int at = fprintf(h->out, "  %s", a->name);
		wrap_print(h->out, manual_named(h->arena, a->help, h->program), ACTION_COLUMN, (size_t)at);
	}
}

/* Where a command line that is too long may be continued on the next one: after a pipe, else before an option. */
static size_t break_at(struct slice line, size_t width)
{
	size_t option = 0;

	for (size_t i = width < line.len ? width : line.len; i > 1; i--) {
		if (i >= 3 && memcmp(line.ptr + i - 3, " | ", 3) == 0)
			return i;
		if (!option && i < line.len && line.ptr[i] == '-' && line.ptr[i - 1] == ' ')
			option = i;
	}
	return option;
}

static void print_command(FILE *out, struct slice line, int indent)
{
	const size_t width = (size_t)(WRAP_COLUMNS - indent - 2); /* " \" */

	while (line.len > width + 2) {
		size_t at = break_at(line, width);
		if (at == 0)
			break;
		struct slice head = {line.ptr, at - 1};
		fprintf(out, "%*s%.*s%s\n", indent, "", SLICE_ARG(head), slice_ends(head, " |") ? "" : " \\");
		line = (struct slice){line.ptr + at, line.len - at};
		indent += indent < 6 ? 2 : 0;
	}
	fprintf(out, "%*s%.*s\n", indent, "", SLICE_ARG(line));
}

static void print_examples(const struct helping *h, const struct manual *m)
{
	if (!m->examples)
		return;
	fprintf(h->out, "\nExamples:\n");
	for (const struct manual_example *e = m->examples; e->what; e++) {
		struct slice rest = slice_of(manual_named(h->arena, e->command, h->program));
		wrap_print(h->out, manual_named(h->arena, e->what, h->program), 2, 0);
		while (rest.len > 0)
			print_command(h->out, slice_cut(&rest, '\n'), 4);
	}
}

static void print_exits(const struct helping *h, const struct manual *m)
{
	char text[ERR_TEXT_MAX] = "";
	size_t at = 0;

	for (size_t i = 0; i < 3; i++)
		if (m->exits[i] && at < sizeof(text))
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %zu %s", at == 0 ? "Exit:" : ",", i,
					       m->exits[i]);
	if (at == 0)
		return;
	snprintf(text + at, at < sizeof(text) ? sizeof(text) - at : 0, ".");
	fprintf(h->out, "\n");
	wrap_print(h->out, text, 0, 0);
}

/* "kubectl sparkgate certs" without its last word. */
static const char *program_of(struct arena *a, const char *name)
{
	const char *last = strrchr(name, ' ');

	return last ? arena_dup(a, (struct slice){name, (size_t)(last - name)}) : "sparkgate";
}

void manual_help(const struct manual *m, void *context)
{
	struct arena arena = ARENA_INIT;
	struct helping h = {.out = stdout, .arena = &arena, .name = context};

	h.program = program_of(&arena, h.name);
	print_usage(&h, m);
	print_paragraphs(&h, m->about);
	print_actions(&h, m);
	if (m->option_count > 0) {
		fprintf(h.out, m->options[0].group ? "\n" : "\nOptions:\n");
		options_help(h.out, m->options, m->option_count);
	}
	print_paragraphs(&h, m->notes);
	print_examples(&h, m);
	print_exits(&h, m);
	arena_release(&arena);
}
