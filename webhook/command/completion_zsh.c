/*
 * Completion for zsh: one _arguments a command (zshcompsys(1)), so that each word comes with its text.
 */
#include "command/completion.h"

#include "command/command.h"

/* text inside of '...' of the shell, and of [...] or between colons of _arguments. */
static void print_escaped(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* What completes a kind. */
static void print_action(FILE *out, const char *kind)
{
	struct slice words = slice_of(kind);

	if (slice_skip(&words, SLICE_LIT("words ")))
		fprintf(out, "(%.*s)", SLICE_ARG(words));
	else if (strcmp(kind, "files") == 0)
		fputs("_files", out);
	else if (strcmp(kind, "dirs") == 0)
		fputs("_files -/", out);
	else if (strcmp(kind, "none") != 0)
		fprintf(out, "_sparkgate_%s", kind);
}

static void print_option(FILE *out, struct arena *a, const struct option *o)
{
	const char *value = o->flag ? "" : "=";

	fputs("			", out);
	if (o->list || o->repeats)
		fputs(o->letter ? "'*'" : "", out);
	else if (o->letter)
		fprintf(out, "'(-%c --%s)'", o->letter, o->name);
	if (o->letter)
		fprintf(out, "{-%c%s,--%s%s}'[", o->letter, o->flag ? "" : "+", o->name, value);
	else
		fprintf(out, "'%s--%s%s[", o->list || o->repeats ? "*" : "", o->name, value);
	print_escaped(out, o->help);
	fputc(']', out);
	if (!o->flag) {
		fputc(':', out);
		print_escaped(out, o->value ? o->value : o->name);
		fputc(':', out);
		print_action(out, completion_kind(a, o));
	}
	fputs("' \\\n", out);
}

static void print_place(const struct completion_place *p, void *context)
{
	const struct completion_tables *t = context;
	struct slice rest = slice_of(p->kinds);

	if (p->onwards)
		fprintf(t->out, "	'%s' | '%s '*)", p->words, p->words);
	else
		fprintf(t->out, "	'%s')", p->words);
	while (rest.len > 0) {
		struct slice kind = slice_cut(&rest, '\n');
		if (slice_skip(&kind, SLICE_LIT("words ")))
			fprintf(t->out, " compadd -- %.*s;", SLICE_ARG(kind));
		else if (slice_is(kind, "files"))
			fputs(" _files;", t->out);
		else if (slice_is(kind, "dirs"))
			fputs(" _files -/;", t->out);
		else if (!slice_is(kind, "none"))
			fprintf(t->out, " _sparkgate_%.*s;", SLICE_ARG(kind));
	}
	fputs(" ;;\n", t->out);
}

/* The first words of a command, with their texts. */
static void print_actions(FILE *out, const struct manual *m)
{
	fputs("			'1:action:((", out);
	for (const struct manual_action *a = m->actions; a->name; a++) {
		if (strchr(a->name, ' '))
			continue;
		fprintf(out, "%s%s\\:\"", a == m->actions ? "" : " ", a->name);
		for (const char *c = a->help; *c; c++) {
			if (*c == '\'')
				fputs("'\\''", out);
			else if (strchr("\"`$\\", *c))
				fprintf(out, "\\%c", *c);
			else if (*c == ':')
				fputs("\\:", out);
			else
				fputc(*c, out);
		}
		fputc('"', out);
	}
	fputs("))' \\\n", out);
}

static void print_command(const struct manual *m, void *context)
{
	struct completion_tables *t = context;
	struct arena a = ARENA_INIT;

	fprintf(t->out, "		%s)\n			_arguments -s -S : \\\n", t->command->name);
	for (size_t i = 0; i < m->option_count; i++)
		print_option(t->out, &a, &m->options[i]);
	if (m->actions)
		print_actions(t->out, m);
	fprintf(t->out, "			'*:word: _sparkgate_words %s'\n			;;\n", t->command->name);
	arena_release(&a);
}

static void print_words(const struct manual *m, void *context)
{
	struct completion_tables *t = context;

	completion_places(m, t->command, t->all, print_place, t);
}

static const char helpers[] =
	"# What kubectl says. Never long, never aloud.\n"
	"_sparkgate_kubectl() {\n"
	"	local -a limit asked\n"
	"	local name\n"
	"	(( $+commands[kubectl] )) || return 0\n"
	"	(( $+commands[timeout] )) && limit=(timeout 4)\n"
	"	for name in --kubeconfig --context; do\n"
	"		[[ -z ${opt_args[$name]} ]] || asked+=(\"$name=${opt_args[$name]/#\\~/$HOME}\")\n"
	"	done\n"
	"	$limit kubectl --request-timeout=2s $asked \"$@\" 2>/dev/null </dev/null\n"
	"}\n"
	"\n"
	"_sparkgate_namespaces() {\n"
	"	compadd -- ${${(f)\"$(_sparkgate_kubectl get namespaces -o name)\"}#*/}\n"
	"}\n"
	"\n"
	"_sparkgate_contexts() {\n"
	"	compadd -- ${(f)\"$(_sparkgate_kubectl config get-contexts -o name)\"}\n"
	"}\n"
	"\n"
	"_sparkgate_objects() {\n"
	"	local namespace=${opt_args[--namespace]:-${opt_args[-n]}}\n"
	"	compadd -- ${${(f)\"$(_sparkgate_kubectl ${namespace:+--namespace=$namespace} get \\\n"
	"		pods,configmaps,deployments,statefulsets,replicasets,daemonsets,jobs,cronjobs -o name)\"}/.[a-z.]#\\//\\/}\n"
	"}\n"
	"\n";

static const char first[] =
	"	esac\n"
	"}\n"
	"\n"
	"_sparkgate() {\n"
	"	local curcontext=$curcontext state\n"
	"	local -a line\n"
	"	local -A opt_args\n"
	"	setopt localoptions extendedglob\n"
	"	_arguments -C \\\n"
	"		'(- *)'{-h,--help}'[what there is]' '(- *)--version[print the version]' \\\n"
	"		'1:command:->command' '*:: :->rest'\n"
	"	case $state in\n"
	"	command)\n"
	"		local -a commands=(\n";

static const char last[] =
	"		esac\n"
	"		;;\n"
	"	esac\n"
	"}\n"
	"\n"
	"# Autoloaded, the file is the function; sourced, it announces it.\n"
	"if [[ $funcstack[1] == _sparkgate ]]; then\n"
	"	_sparkgate \"$@\"\n"
	"else\n"
	"	compdef _sparkgate sparkgate kubectl-sparkgate\n"
	"fi\n";

void completion_zsh(FILE *out, const struct subcommands *all)
{
	const struct completion_tables t = {.out = out, .all = all};

	fprintf(out, "#compdef sparkgate kubectl-sparkgate\n# zsh completion of sparkgate %s, made by `sparkgate completion zsh`.\n\n",
		SPARKGATE_VERSION);
	fputs(helpers, out);
	fputs("# COMMAND: what may follow the words that are there, beside options.\n_sparkgate_words() {\n"
	      "	case \"$1${line[1,-2]:+ ${line[1,-2]}}\" in\n", out);
	completion_each(&t, print_words);
	fputs(first, out);
	for (size_t i = 0; i < all->count; i++) {
		fprintf(out, "			'%s:", all->items[i].name);
		print_escaped(out, all->items[i].summary);
		fputs("'\n", out);
	}
	fputs("		)\n		_describe command commands\n		;;\n	rest)\n		case $words[1] in\n", out);
	completion_each(&t, print_command);
	fputs(last, out);
}
