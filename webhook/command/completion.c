/*
 * sparkgate completion: the scripts that let shells complete sparkgate's words.
 */
#include "command/completion.h"

#include "command/command.h"
#include "command/help.h"

static const char *const usage[] = {"bash|zsh|kubectl", NULL};

static const char *const about[] = {
	"Prints a script that completes commands, options, their values, files, and, by asking kubectl where there is one, "
	"namespaces, contexts and objects. It is made of the same tables as --help, so it fits this version.",
	"`make install` and packages put the three where shells and kubectl look.",
	NULL};

static const struct manual_action actions[] = {
	{"bash", NULL, "for bash 4 and newer"},
	{"zsh", NULL, "for zsh, with a line about each word; a function to autoload as _sparkgate, or to be sourced after "
		      "compinit"},
	{"kubectl", NULL, "for `kubectl sparkgate`: an executable, to be named kubectl_complete-sparkgate and to be on PATH; kubectl's own "
			  "completion asks it"},
	{NULL, NULL, NULL},
};

static const struct manual_example examples[] = {
	{"In this bash, now", "source <($0 completion bash)"},
	{"For every bash of this user",
	 "dir=~/.local/share/bash-completion/completions\n"
	 "mkdir -p $dir\n"
	 "$0 completion bash >$dir/sparkgate"},
	{"For zsh: a folder of fpath, before compinit runs", "mkdir -p ~/.zfunc\n$0 completion zsh >~/.zfunc/_sparkgate"},
	{"For `kubectl sparkgate`",
	 "mkdir -p ~/bin\n$0 completion kubectl >~/bin/kubectl_complete-sparkgate\n"
	 "chmod +x ~/bin/kubectl_complete-sparkgate"},
	{NULL, NULL},
};

struct arguments {
	struct option_list words;
	bool help;
};

#define COMPLETION_OPTIONS(args) \
	{{.name = "help", .letter = 'h', .flag = &(args)->help, .help = "this text"}}

void completion_manual(manual_visit *visit, void *context)
{
	struct arguments nobody;
	const struct option options[] = COMPLETION_OPTIONS(&nobody);

	visit(&(struct manual){.usage = usage, .about = about, .actions = actions, MANUAL_OPTIONS(options),
			       .examples = examples, .exits = {"done", NULL, "bad usage"}}, context);
}

/* ---- kinds ---- */

static const char *of_value(enum manual_value value)
{
	static const char *const kinds[] = {
		[VALUE_TEXT] = "none",          [VALUE_WORDS] = "none",           [VALUE_FILE] = "files",
		[VALUE_DIR] = "dirs",           [VALUE_NAMESPACE] = "namespaces", [VALUE_CONTEXT] = "contexts",
		[VALUE_OBJECT] = "objects",
	};

	return kinds[value];
}

const char *completion_kind(struct arena *a, const struct option *o)
{
	enum manual_value value = manual_value_of(o);
	struct buf b = buf_in(a);

	if (value != VALUE_WORDS)
		return of_value(value);
	buf_adds(&b, "words");
	for (size_t i = 0; o->words[i]; i++)
		buf_printf(&b, " %s", o->words[i]);
	return arena_dup(a, buf_slice(&b));
}

const char *completion_kind_named(struct arena *a, const char *text, const struct subcommands *all)
{
	struct buf b = buf_in(a);

	if (strcmp(text, "COMMAND") != 0)
		return of_value(manual_value_named(text));
	buf_adds(&b, "words");
	for (size_t i = 0; i < all->count; i++)
		buf_printf(&b, " %s", all->items[i].name);
	return arena_dup(a, buf_slice(&b));
}

/* ---- places ---- */

/* The words that may follow prefix ("" = the first ones) among the names of actions: "words lint show", NULL = none. */
static const char *words_behind(struct arena *a, const struct manual_action *list, const char *prefix)
{
	struct buf b = buf_in(a);
	struct slice last = SLICE_LIT("");

	for (; list && list->name; list++) {
		struct slice rest = slice_of(list->name);
		if (prefix[0] && (!slice_skip(&rest, slice_of(prefix)) || !slice_skip(&rest, SLICE_LIT(" "))))
			continue;
		struct slice word = slice_cut(&rest, ' ');
		if (slice_eq(word, last)) /* "show" and "show pss" are neighbours */
			continue;
		last = word;
		buf_printf(&b, "%s %.*s", b.len == 0 ? "words" : "", SLICE_ARG(word));
	}
	return b.len > 0 ? arena_dup(a, buf_slice(&b)) : NULL;
}

static bool is_many(const char *words)
{
	return strstr(words, "...") != NULL;
}

void completion_places(const struct manual *m, const struct subcommand *command, const struct subcommands *all,
		       void (*each)(const struct completion_place *place, void *context), void *context)
{
	struct arena a = ARENA_INIT;
	const char *first = words_behind(&a, m->actions, "");

	if (first)
		each(&(struct completion_place){command->name, first, false}, context);
	if (m->words)
		each(&(struct completion_place){command->name, completion_kind_named(&a, m->words, all), is_many(m->words)}, context);
	for (const struct manual_action *action = m->actions; action && action->name; action++) {
		const char *words = arena_join(&a, command->name, " ", action->name);
		const char *next = words_behind(&a, m->actions, action->name);
		const char *kind = action->words ? completion_kind_named(&a, action->words, all) : NULL;
		if (next) /* before the pattern that takes more words */
			each(&(struct completion_place){words, kind ? arena_join(&a, next, "\n", kind) : next, false}, context);
		if (kind)
			each(&(struct completion_place){words, kind, is_many(action->words)}, context);
	}
	arena_release(&a);
}

/* ---- the command ---- */

static const struct {
	const char *name;
	void (*print)(FILE *out, const struct subcommands *all);
} scripts[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"kubectl", completion_kubectl}};

void completion_each(const struct completion_tables *t, manual_visit *visit)
{
	struct completion_tables one = *t;

	for (size_t i = 0; i < t->all->count; i++) {
		one.command = &t->all->items[i];
		if (one.command->manual)
			one.command->manual(visit, &one);
	}
}

static int print(const struct subcommands *all, const struct arguments *args, const char *name)
{
	if (args->words.count != 1)
		return manual_bad_usage(name, "for which? bash, zsh or kubectl");
	for (size_t i = 0; i < COUNT_OF(scripts); i++)
		if (strcmp(scripts[i].name, args->words.items[0]) == 0) {
			scripts[i].print(stdout, all);
			return 0;
		}
	return manual_bad_usage(name, "there is only bash, zsh and kubectl");
}

int command_completion(const struct subcommands *all, int argc, char **argv)
{
	struct arena arena = ARENA_INIT;
	struct arguments args = {.words.arena = &arena};
	const struct option options[] = COMPLETION_OPTIONS(&args);
	struct err err = {""};
	int code = 0;

	if (options_parse(options, 1, argc, argv, &args.words, &err) < 0)
		code = manual_bad_usage(argv[0], err.text);
	else if (args.help)
		completion_manual(manual_help, argv[0]);
	else
		code = print(all, &args, argv[0]);
	arena_release(&arena);
	return code;
}
