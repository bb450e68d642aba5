/*
 * --wait: start-connect-server.sh of Spark 4 stays in the foreground only if that is its first argument. Where it is, or may be, in an
 * expansion ($OPTS, "$@"), no option is written in front of that; behind it one must not override what it sets.
 */
#include "spark/cmdline_line.h"
#include "spark/shell_names.h"

#define WAIT "--wait"

/* Expansions that are looked at; variables that are followed, and keys that are looked for, in one container: for each all its words
 * are read. */
#define FIRST_MAX    8
#define FOLLOWED_MAX 32u
#define ASKED_MAX    256u

static bool carrier_has(const struct carrier *c, struct slice what)
{
	for (const struct word *w = c->first; w; w = w->next)
		if (w->state != WORD_ADDED && slice_find(w->fresh, what))
			return true;
	return false;
}

/* Is it anywhere in command, args and the values of env, as the user wrote them? */
static bool home_has(const struct cmdline_home *home, struct slice what)
{
	return carrier_has(&home->command, what) || carrier_has(&home->args, what) || kube_env_says(home->env, what);
}

static bool is_part_of_name(char c)
{
	return shell_is_name_byte(c) || c == '-' || c == '.';
}

/* Is a command of that name in text: `tail`, /usr/bin/tail, not retail, --wait or "# wait"? */
static bool has_command(struct slice text, struct slice name)
{
	struct shell_line line = {.text = text};
	struct slice rest = text;

	if (slice_starts(rest, "#!"))
		(void)slice_cut(&rest, '\n');
	for (const char *at; (at = slice_find(rest, name));) {
		size_t before = (size_t)(at - text.ptr), behind = before + name.len;

		rest = (struct slice){text.ptr + behind, text.len - behind};
		bool joined = (before > 0 && is_part_of_name(at[-1])) || (rest.len > 0 && is_part_of_name(*rest.ptr));
		if (!joined && !shell_in_comment(&line, before))
			return true;
	}
	return false;
}

static bool carrier_stays(const struct carrier *c)
{
	for (const struct word *w = c->first; w; w = w->next)
		if (w->state != WORD_ADDED && (has_command(w->fresh, SLICE_LIT("tail")) || has_command(w->fresh, SLICE_LIT("sleep")) ||
					       has_command(w->fresh, SLICE_LIT("wait"))))
			return true;
	return false;
}

/* Found out once for all lines. spark-daemon.sh: SPARK_NO_DAEMONIZE, even if empty, keeps it in the foreground. */
static const struct wait_facts *facts_of(struct cmdline_home *home)
{
	const struct carrier *const lists[] = {&home->command, &home->args};
	struct wait_facts *facts = &home->wait;

	if (facts->known)
		return facts;
	facts->known = true;
	facts->named = home_has(home, SLICE_LIT(WAIT));
	facts->no_daemon = kube_env_find(home->env, SLICE_LIT("SPARK_NO_DAEMONIZE")) != NULL;
	for (size_t i = 0; i < 2; i++) {
		facts->no_daemon |= carrier_has(lists[i], SLICE_LIT("SPARK_NO_DAEMONIZE"));
		facts->stays |= carrier_stays(lists[i]);
	}
	return facts;
}

/* ---- what an expansion may begin with ---- */

enum first {
	FIRST_OTHER, /* certainly something else */
	FIRST_NOTHING, /* nothing, or something else */
	FIRST_MAY,   /* --wait, nothing, or something else */
	FIRST_UNSEEN, /* the same, for all we know: what it holds cannot be seen */
	FIRST_WAIT   /* --wait */
};

/* The name in $NAME, ${NAME:-x} and Kubernetes' $(NAME); ptr NULL where it is something else ("$@", ${A[0]}, a command). */
static struct slice variable_of(struct cmdline_home *home, struct slice s)
{
	bool reference;

	if (!slice_skip(&s, SLICE_LIT("$")))
		return SLICE_NONE;
	reference = slice_skip(&s, SLICE_LIT("("));
	if (!reference)
		(void)slice_skip(&s, SLICE_LIT("{"));
	struct slice name = {s.ptr, shell_name_length(s)};
	if (name.len == 0 || (*s.ptr >= '0' && *s.ptr <= '9') || (name.len < s.len && s.ptr[name.len] == '['))
		return SLICE_NONE;
	if (reference && !kube_env_find(home->env, name) && !kube_env_other(home->env, name))
		return SLICE_NONE;
	return name;
}

/* What is given to a variable. */
struct given {
	size_t count;
	bool has, begins; /* --wait */
	bool open;        /* there are expansions in it */
	bool unseen;
};

static void give(struct given *g, struct slice value, bool known)
{
	g->count++;
	g->has |= slice_has(value, WAIT);
	g->begins |= slice_starts(value, WAIT);
	g->open |= !known;
	g->unseen |= slice_has(value, "$(") || slice_has(value, "`");
}

/* What the pod gives it, apart from the shell's texts. */
static void give_of_env(struct cmdline_home *home, struct slice name, struct given *g)
{
	const struct kube_var *var = kube_env_find(home->env, name);

	if (var && var->value.ptr)
		give(g, var->value, !slice_has(var->value, "$("));
	else
		g->unseen |= var ? var->parts : kube_env_other(home->env, name) != NULL;
}

/* What variables hold is looked for in others so often: A=$B; B=$C. */
#define DEPTH_MAX 4

static enum first variable_begins(struct cmdline_home *home, struct slice name, unsigned depth);

/* OPTS="$EXTRA --name x" begins as EXTRA does, and OPTS="$OPTS -v" as OPTS did. */
static void give_leading(struct cmdline_home *home, struct slice name, struct slice value, unsigned depth, struct given *g)
{
	struct slice lead = variable_of(home, value);

	if (!lead.ptr)
		return;
	if (slice_eq(lead, name) || depth == DEPTH_MAX) {
		give_of_env(home, lead, g);
		return;
	}
	enum first first = variable_begins(home, lead, depth + 1);
	g->has |= first == FIRST_MAY || first == FIRST_WAIT;
	g->unseen |= first == FIRST_UNSEEN;
}

/* By the shell's texts. */
static void read_assignments(struct cmdline_home *home, struct slice name, unsigned depth, struct given *g)
{
	for (size_t i = 0; i < home->text_count; i++)
		for (const struct word *w = home->texts[i]->first; w; w = w->next) {
			struct slice value;
			bool appends;

			if (!shell_assigns(w->value, name, &value, &appends))
				continue;
			give(g, value, word_is_known(w));
			give_leading(home, name, value, depth, g);
		}
}

static enum first variable_begins(struct cmdline_home *home, struct slice name, unsigned depth)
{
	struct given g = {0};

	if (home->wait.followed++ >= FOLLOWED_MAX)
		return facts_of(home)->named ? FIRST_MAY : FIRST_UNSEEN;
	read_assignments(home, name, depth, &g);
	if (g.count == 0)
		give_of_env(home, name, &g);
	if (g.count == 1 && g.begins && !g.open)
		return FIRST_WAIT;
	if (g.has || ((g.open || g.count == 0) && facts_of(home)->named))
		return FIRST_MAY;
	return g.unseen ? FIRST_UNSEEN : FIRST_NOTHING;
}

/* "$@", $*, ${1:-x}, "$2/y" */
static bool begins_positional(const struct word *word)
{
	struct slice s = word->value;

	return slice_skip(&s, SLICE_LIT("$")) && (slice_skip(&s, SLICE_LIT("{")), s.len > 0) && strchr("@*123456789", *s.ptr);
}

static enum first begins(struct cmdline_home *home, const struct word *word);

/* `set -- $OPTS "$@"`: "$@" begins as $OPTS does. */
static enum first positional_begins(struct cmdline_home *home)
{
	for (size_t i = 0; i < home->text_count; i++)
		for (const struct word *w = home->texts[i]->first; w && w->next && w->next->next; w = w->next) {
			const struct word *first = w->next->next;

			if (slice_is(w->value, "set") && slice_is(w->next->value, "--") && !begins_positional(first) &&
			    begins(home, first) == FIRST_UNSEEN)
				return FIRST_UNSEEN;
		}
	return FIRST_NOTHING;
}

static enum first positional_first(struct cmdline_home *home)
{
	if (home->wait.texts_seen != home->text_count)
		home->wait.positional_unseen = positional_begins(home) == FIRST_UNSEEN;
	home->wait.texts_seen = home->text_count;
	return home->wait.positional_unseen ? FIRST_UNSEEN : FIRST_NOTHING;
}

static enum first begins(struct cmdline_home *home, const struct word *word)
{
	struct slice s = word->value, name = variable_of(home, s);

	if (word_is_known(word) && !word->spreads)
		return slice_is(s, WAIT) ? FIRST_WAIT : FIRST_OTHER;
	if (slice_has(s, WAIT))
		return FIRST_MAY; /* ${X:---wait} */
	if (word->known > 0)
		return FIRST_OTHER;
	if (name.ptr)
		return variable_begins(home, name, 0);
	if (facts_of(home)->named)
		return FIRST_MAY;
	if (begins_positional(word))
		return positional_first(home);
	return slice_starts(s, "$(") || slice_starts(s, "`") ? FIRST_UNSEEN : FIRST_NOTHING;
}

/* ---- of a line ---- */

void wait_read(struct cmdline *line)
{
	struct cmdline_home *home = line->home;
	size_t end = line->count - line->trail;

	if (line->program != PROGRAM_START_CONNECT_SERVER)
		return;
	line->waits = slice_is(line->head.word->value, WAIT);
	if (line->lead < end && line->words[line->lead].word == line->head.word) { /* the program's variable holds what comes first */
		line->waits = facts_of(home)->named;
		return;
	}
	for (size_t i = line->lead; !line->waits && i < end && i < line->lead + FIRST_MAX; i++) {
		enum first first = begins(home, line->words[i].word);

		if (first == FIRST_OTHER)
			break;
		if (first == FIRST_NOTHING || (first == FIRST_UNSEEN && facts_of(home)->stays))
			continue;
		line->stay = i + 1 - line->lead;
		line->stay_unseen |= first == FIRST_UNSEEN;
		if (first == FIRST_WAIT)
			break;
	}
	line->waits |= line->stay > 0;
	if (line->stay > 0 && facts_of(home)->no_daemon)
		line->stay = 0;
}

bool wait_may_set(struct cmdline *line, struct slice key, bool needed)
{
	struct cmdline_home *home = line->home;

	if (line->stay == 0)
		return false;
	if ((line->stay_unseen && !needed) || home->wait.asked++ >= ASKED_MAX)
		return true;
	const char *option = option_for_key(key);
	struct slice conf = slice_of(arena_printf(home->arena, "%.*s=", SLICE_ARG(key)));
	return home_has(home, conf) || (option && home_has(home, slice_of(option)));
}

void cmdline_without_wait(struct cmdline *line)
{
	line->stay = 0;
}

bool cmdline_waits(const struct cmdline *line)
{
	return line->waits;
}

bool cmdline_stays_up(const struct cmdline *line)
{
	const struct wait_facts *facts = facts_of(line->home);

	return facts->no_daemon || facts->stays || line->home->goes_on;
}
