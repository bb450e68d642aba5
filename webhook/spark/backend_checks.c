/*
 * Keys that take a server off its backend and have no place on a command line of ours: rules take them away where they stand. Where an
 * expansion of a line may be an option, a text of the container that has such a key may become one:
 *	env: [{name: OPTS, value: --conf spark.kubernetes.driver.master=local}]        start-connect-server.sh $OPTS
 */
#include "spark/connect_judging.h"
#include "spark/java_options.h"
#include "spark/rule_match.h"
#include "spark/shell_names.h"

const char *const backend_keys[BACKEND_KEYS] = {"spark.kubernetes.driver.master", "spark.kubernetes.submitInDriver"};

/* An expansion, a command, the braces of bash, names of files. */
static bool is_made_by_shell(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (strchr("$`{*?[", value.ptr[i]))
			return true;
	return false;
}

bool backend_key_breaks(const struct connect_judging *c, const struct mention *m)
{
	struct setting s = {.key = m->key, .value = m->value, .literal = !m->by_shell || !is_made_by_shell(m->value)};
	const struct rule *rule = NULL;

	for (size_t i = 0; i < BACKEND_KEYS && c->on_k8s; i++)
		if (slice_is(m->key, backend_keys[i]))
			rule = rule_broken_by(c->in->policy, BACKEND_K8S, c->in->version, &s);
	if (!rule)
		return false;
	judging_report(c, rule->id,
		       arena_printf(c->a,
				    rule_matches(rule, m->value)
					    ? "%s sets %.*s, which breaks the k8s backend: remove it"
					    : "%s sets %.*s, which may be what breaks the k8s backend: write the value out",
				    m->holder, SLICE_ARG(m->key)),
		       m->place);
	return true;
}

/* ---- what an expansion may set ---- */

static bool is_of_key(char c)
{
	return char_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
}

/* The next place where text sets the key; *text is moved past it. The value ends at a blank. Where an expansion follows the key, or text is
 * nothing but the key, '=' and value may come from elsewhere, as in --conf "$KEY=$VALUE"; else it is a mention, in a comment perhaps. */
static bool mention_next(struct slice *text, struct slice key, struct slice *value)
{
	const char *begin = text->ptr, *at;

	while ((at = slice_find(*text, key))) {
		bool option = at - begin >= 2 && at[-2] == '-' && at[-1] == 'D';
		bool alone = at == begin || !is_of_key(at[-1]) || option;

		*text = slice_from(*text, (size_t)(at - text->ptr) + key.len);
		bool whole = at == begin && text->len == 0, open = text->len > 0 && (text->ptr[0] == '$' || text->ptr[0] == '`');
		bool set = slice_skip(text, SLICE_LIT("="));
		if (!alone || (!set && !open && !whole))
			continue;
		struct slice rest = *text;
		while (rest.len > 0 && !memchr(" \t\r\n;&|", rest.ptr[0], 8))
			rest = slice_from(rest, 1);
		*value = set ? (struct slice){text->ptr, text->len - rest.len} : SLICE_LIT("$");
		return true;
	}
	return false;
}

struct opaque {
	const struct connect_judging *c;
	struct env_texts *texts; /* for this question alone: the options of the JVM are asked for with as much to spend */
	struct slice key;
	const char *holder;
};

static bool judge_text(const struct opaque *o, struct slice text)
{
	struct mention m = {.key = o->key, .by_shell = true, .holder = o->holder, .place = judging_place(o->c, NULL)};
	struct slice source = java_without_returns(o->c->a, shell_without_quotes(o->c->a, text));

	while (mention_next(&source, o->key, &m.value))
		if (backend_key_breaks(o->c, &m))
			return true;
	return false;
}

bool backend_text_breaks(const struct connect_judging *c, struct slice text, const char *holder)
{
	for (size_t i = 0; i < BACKEND_KEYS && c->on_k8s; i++) {
		struct opaque o = {.c = c, .key = slice_of(backend_keys[i]), .holder = holder};
		if (judge_text(&o, text))
			return true;
	}
	return false;
}

static bool judge_words(struct opaque *o, const struct json *list)
{
	o->holder = arena_printf(o->c->a, "the command of container '%s'", o->c->in->server->name);
	JSON_EACH(word, list)
		if (judge_text(o, env_put_in(o->texts, json_slice(word))))
			return true;
	return false;
}

static bool judge_values(struct opaque *o)
{
	const struct environment *env = o->c->in->environment;
	size_t known;

	for (size_t i = 0; i < env->count; i++) {
		struct slice text = env_text(o->texts, &env->items[i], &known);
		if (!slice_find(text, SLICE_LIT("spark.kubernetes.")))
			continue;
		o->holder = arena_printf(o->c->a, "env %.*s (container '%s')", SLICE_ARG(env->items[i].name), o->c->in->server->name);
		if (judge_text(o, text))
			return true;
	}
	return false;
}

static bool any_uncertain(const struct cmdlines *lines, struct slice key)
{
	for (size_t i = 0; i < lines->count; i++)
		if (cmdline_uncertain(cmdlines_at(lines, i), key))
			return true;
	return false;
}

void backend_check(const struct connect_judging *c)
{
	const struct server *server = c->in->server;
	struct env_texts texts = env_texts_of(c->a, c->in->environment);

	if (!c->on_k8s || !c->in->line || c->in->line != cmdlines_at(&server->lines, 0))
		return;
	for (size_t i = 0; i < BACKEND_KEYS; i++) {
		struct opaque o = {.c = c, .texts = &texts, .key = slice_of(backend_keys[i])};
		/* Values first: they are put into the words, and the finding is to name who has it. */
		if (any_uncertain(&server->lines, o.key) && !judge_values(&o) && !judge_words(&o, json_get(server->container, "command")))
			(void)judge_words(&o, json_get(server->container, "args"));
	}
	if (texts.budget == 0) /* what was not put in was not judged: java_check() says so */
		c->texts->budget = 0;
}
