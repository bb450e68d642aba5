/*
 * Man pages of struct manual, in the language of groff_man(7). They carry no date: the same sources give the same bytes.
 */
#include "command/command.h"
#include "command/manual.h"

struct page {
	FILE *out;
	const struct subcommand *command;
};

/* What groff would take for markup is escaped; `word` is bold. */
static void print_text(FILE *out, const char *text)
{
	bool bold = false;

	if (text[0] == '.' || text[0] == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		switch (*text) {
		case '\\':
			fputs("\\e", out);
			break;
		case '-':
			fputs("\\-", out);
			break;
		case '\'':
			fputs("\\(aq", out);
			break;
		case '`':
			bold = !bold;
			fputs(bold ? "\\fB" : "\\fR", out);
			break;
		default:
			fputc(*text, out);
		}
	}
}

static void print_line(FILE *out, const char *text)
{
	struct arena a = ARENA_INIT;

	print_text(out, manual_named(&a, text, "sparkgate"));
	fputc('\n', out);
	arena_release(&a);
}

/* Lines that are not filled. A leading tab marks them in our tables. */
static void print_verbatim(FILE *out, const char *text)
{
	struct arena a = ARENA_INIT;
	struct slice rest = slice_of(text);

	fputs(".PP\n.RS 4\n.nf\n", out);
	while (rest.len > 0) {
		struct slice line = slice_cut(&rest, '\n');
		slice_skip(&line, SLICE_LIT("\t"));
		if (line.len == 0)
			fputs(".sp\n", out);
		else
			print_line(out, arena_dup(&a, line));
	}
	fputs(".fi\n.RE\n", out);
	arena_release(&a);
}

static void print_paragraphs(FILE *out, const char *const *texts)
{
	for (size_t i = 0; texts && texts[i]; i++) {
		if (texts[i][0] == '\t') {
			print_verbatim(out, texts[i]);
			continue;
		}
		/* A heading brings its own distance. */
		if (i > 0)
			fputs(".PP\n", out);
		print_line(out, texts[i]);
	}
}

static void print_actions(FILE *out, const struct manual *m)
{
	if (!m->actions)
		return;
	fputs(".SH ACTIONS\n", out);
	for (const struct manual_action *a = m->actions; a->name; a++) {
		fprintf(out, ".TP\n\\fB%s\\fR", a->name);
		if (a->words) {
			fputc(' ', out);
			print_text(out, a->words);
		}
		fputc('\n', out);
		print_line(out, a->help);
	}
}

static void print_option(FILE *out, const struct option *o)
{
	if (o->group)
		fprintf(out, ".SS %s\n", o->group);
	fputs(".TP\n", out);
	if (o->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", o->letter);
	fputs("\\fB\\-\\-", out);
	print_text(out, o->name);
	fputs("\\fR", out);
	if (o->value) {
		fputs(" \\fI", out);
		print_text(out, o->value);
		fputs("\\fR", out);
	}
	for (size_t i = 0; !o->value && o->words && o->words[i]; i++)
		fprintf(out, "%s\\fB%s\\fR", i == 0 ? " " : "|", o->words[i]);
	fputc('\n', out);
	print_line(out, o->help);
}

static void print_exits(FILE *out, const struct manual *m)
{
	if (!m->exits[0])
		return;
	fputs(".SH EXIT STATUS\n", out);
	for (size_t i = 0; i < 3; i++)
		if (m->exits[i]) {
			fprintf(out, ".TP\n\\fB%zu\\fR\n", i);
			print_line(out, m->exits[i]);
		}
}

static void print_examples(FILE *out, const struct manual *m)
{
	if (!m->examples)
		return;
	fputs(".SH EXAMPLES\n", out);
	for (const struct manual_example *e = m->examples; e->what; e++) {
		if (e != m->examples)
			fputs(".PP\n", out);
		print_line(out, e->what);
		print_verbatim(out, e->command);
	}
}

static void print_head(FILE *out, const char *command, const char *summary)
{
	fprintf(out, ".TH SPARKGATE%s", command ? "\\-" : "");
	for (const char *c = command; c && *c; c++)
		fputc(*c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c, out);
	fprintf(out, " 1 \"\" \"sparkgate %s\" \"User Commands\"\n.SH NAME\nsparkgate%s%s \\- ", SPARKGATE_VERSION,
		command ? "\\-" : "", command ? command : "");
	print_line(out, summary);
}

static void print_page(const struct manual *m, void *context)
{
	const struct page *p = context;
	FILE *out = p->out;

	print_head(out, p->command->name, p->command->summary);
	fputs(".SH SYNOPSIS\n.nf\n", out);
	for (size_t i = 0; m->usage[i]; i++) {
		fprintf(out, "\\fBsparkgate %s\\fR ", p->command->name);
		print_line(out, m->usage[i]);
	}
	fputs(".fi\n.SH DESCRIPTION\n", out);
	print_paragraphs(out, m->about);
	print_actions(out, m);
	if (m->option_count > 0)
		fputs(".SH OPTIONS\n", out);
	for (size_t i = 0; i < m->option_count; i++)
		print_option(out, &m->options[i]);
	if (m->notes)
		fputs(".SH NOTES\n", out);
	print_paragraphs(out, m->notes);
	print_exits(out, m);
	print_examples(out, m);
	fputs(".SH SEE ALSO\n.BR sparkgate (1)\n", out);
}

void manual_page(FILE *out, const struct subcommand *command)
{
	struct page p = {out, command};

	if (command->manual)
		command->manual(print_page, &p);
}

void manual_page_of_all(FILE *out, const struct subcommands *all)
{
	print_head(out, NULL, "admission webhook that puts Spark Connect on the backend of its namespace");
	fputs(".SH SYNOPSIS\n\\fBsparkgate\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]...\n.br\n\\fBkubectl sparkgate\\fR \\fICOMMAND\\fR "
	      "[\\fIOPTION\\fR]...\n.SH DESCRIPTION\n", out);
	print_line(out, "The annotation `sparkgate.io/backendMode` of a namespace says where Spark Connect runs its jobs: in executor "
			"pods (k8s) or on a Spark Standalone master (standalone). sparkgate rewrites the pods and ConfigMaps of Connect "
			"servers to that, hardens the pods, and refuses what is not Pod Security restricted. It is the webhook itself, "
			"and the tools of those who run it. Installed as kubectl-sparkgate it is a plugin of kubectl with the same words.");
	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; i < all->count; i++) {
		fprintf(out, ".TP\n\\fBsparkgate\\-%s\\fR(1)\n", all->items[i].name);
		print_line(out, all->items[i].summary);
	}
	fputs(".SH OPTIONS\n.TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nwhat there is; after a command: all about it\n"
	      ".TP\n\\fB\\-\\-version\\fR\nprint the version\n"
	      ".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nset to anything: no colours, as with \\-\\-color never\n"
	      ".SH EXIT STATUS\n.TP\n\\fB0\\fR\nfine\n.TP\n\\fB1\\fR\na finding, or a failure\n"
	      ".TP\n\\fB2\\fR\nbad usage or input\n.SH SEE ALSO\n", out);
	for (size_t i = 0; i < all->count; i++)
		fprintf(out, ".BR sparkgate\\-%s (1)%s\n", all->items[i].name, i + 1 < all->count ? "," : "");
}
