/* A recursive-descent reader over the tokens of an expression. What it does not know it skips, brackets and all: that term is unknown. */
#include "policy/condition.h"

#include "policy/condition_token.h"

enum kind {
	UNKNOWN,
	LABEL_IN,     /* the value of key is one of values */
	LABEL_STARTS, /* ... begins with values[0] */
	LABEL_HAS,    /* there is a key */
	TEXT_HAS,
	TEXT_STARTS,
	NOT, AND, OR  /* of the children */
};

struct text_item {
	const char *text;
	struct text_item *next;
};

struct condition {
	enum kind kind;
	bool optional; /* of LABEL_*: written X[?'key'], so that a missing one is no error */
	const char *key;
	struct text_item *values;
	struct condition *children, *next;
};

struct reader {
	struct arena *a;
	struct slice rest;
	struct token now;
	unsigned depth;
	struct err *err;
};

static struct condition *read_expression(struct reader *r);

static struct condition *node(struct reader *r, enum kind kind)
{
	struct condition *c = ARENA_NEW(r->a, struct condition);

	c->kind = kind;
	return c;
}

static int advance(struct reader *r)
{
	return token_next(r->a, &r->rest, &r->now, r->err);
}

static bool at(const struct reader *r, const char *sign)
{
	return r->now.kind == TOKEN_SIGN && slice_is(r->now.text, sign);
}

static bool at_name(const struct reader *r, const char *name)
{
	return r->now.kind == TOKEN_NAME && slice_is(r->now.text, name);
}

/* Does the term end here? */
static bool at_end_of_term(const struct reader *r)
{
	static const char *const ends[] = {"||", "&&", ")", "]", "}", ",", "?", ":"};

	for (size_t i = 0; i < COUNT_OF(ends); i++)
		if (at(r, ends[i]))
			return true;
	return r->now.kind == TOKEN_END;
}

static bool at_bracket(const struct reader *r, const char *brackets)
{
	return r->now.kind == TOKEN_SIGN && r->now.text.len == 1 && strchr(brackets, *r->now.text.ptr);
}

static int expect(struct reader *r, const char *sign)
{
	if (!at(r, sign))
		return err_set(r->err, "expected '%s', got '%.*s'", sign, (int)(r->now.text.len > 20 ? 20 : r->now.text.len),
			       r->now.text.ptr);
	return advance(r);
}

/* Skip from an opening bracket past the one that closes it, whatever is between them. */
static int skip_brackets(struct reader *r)
{
	size_t open = 0;

	do {
		if (r->now.kind == TOKEN_END)
			return err_set(r->err, "a bracket is not closed");
		if (at_bracket(r, "([{"))
			open++;
		else if (at_bracket(r, ")]}"))
			open--;
		if (advance(r) < 0)
			return -1;
	} while (open > 0);
	return 0;
}

/* Skip to the end or to a ')', ']', '}' or ',' that is not ours; signs: whether '||', '&&', '?' and ':' end it, too. */
static int skip_rest(struct reader *r, bool signs)
{
	while (r->now.kind != TOKEN_END && !at_bracket(r, ")]},") && !(signs && at_end_of_term(r))) {
		int rc = at_bracket(r, "([{") ? skip_brackets(r) : advance(r);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* ---- a term ---- */

struct term {
	struct condition *c; /* what the part read so far says */
	const char *key;     /* of the X['key'] that it ended with; NULL = none */
	bool optional;
};

static void set_unknown(struct reader *r, struct term *t)
{
	*t = (struct term){.c = node(r, UNKNOWN)};
}

static int pass_unknown(struct reader *r, struct term *t)
{
	set_unknown(r, t);
	return skip_rest(r, true);
}

static struct text_item *text_item(struct reader *r, struct slice text)
{
	struct text_item *item = ARENA_NEW(r->a, struct text_item);

	item->text = arena_dup(r->a, text);
	return item;
}

static void say(struct reader *r, struct term *t, enum kind kind, struct text_item *values)
{
	struct condition *c = node(r, kind);

	c->key = t->key;
	c->optional = t->optional;
	c->values = values;
	*t = (struct term){.c = c};
}

/* exists(x, BODY); the bracket was read. */
static int read_exists(struct reader *r, struct term *t)
{
	if (r->now.kind != TOKEN_NAME)
		return err_set(r->err, "expected a name after 'exists('");
	if (advance(r) < 0 || expect(r, ",") < 0)
		return -1;
	struct condition *body = read_expression(r);
	if (!body || expect(r, ")") < 0)
		return -1;
	*t = (struct term){.c = body};
	return 0;
}

/* contains('x'), startsWith('x') and others of one text; the bracket was read. */
static int read_needle(struct reader *r, struct term *t, enum kind with_key, enum kind without)
{
	struct token needle = r->now;
	enum kind kind = t->key ? with_key : without;

	if (advance(r) < 0)
		return -1;
	if (needle.kind != TOKEN_STRING || !at(r, ")")) {
		kind = UNKNOWN;
		if (skip_rest(r, false) < 0)
			return -1;
		while (at(r, ","))
			if (advance(r) < 0 || skip_rest(r, false) < 0)
				return -1;
	}
	if (kind == UNKNOWN)
		set_unknown(r, t);
	else
		say(r, t, kind, text_item(r, needle.text));
	return expect(r, ")");
}

/* .name or .name(...); the point was read. */
static int read_member(struct reader *r, struct term *t)
{
	if (at(r, "?") && advance(r) < 0)
		return -1;
	struct slice name = r->now.text;
	if (r->now.kind != TOKEN_NAME)
		return err_set(r->err, "expected a name after '.'");
	if (advance(r) < 0)
		return -1;
	if (!at(r, "(")) {
		set_unknown(r, t);
		return 0;
	}
	if (slice_is(name, "orValue")) {
		t->c = NULL;
		return skip_brackets(r);
	}
	if (slice_is(name, "exists"))
		return advance(r) < 0 ? -1 : read_exists(r, t);
	if (slice_is(name, "contains"))
		return advance(r) < 0 ? -1 : read_needle(r, t, UNKNOWN, TEXT_HAS);
	if (slice_is(name, "startsWith"))
		return advance(r) < 0 ? -1 : read_needle(r, t, LABEL_STARTS, TEXT_STARTS);
	set_unknown(r, t);
	return skip_brackets(r);
}

/* [...]; the bracket was read. */
static int read_index(struct reader *r, struct term *t)
{
	set_unknown(r, t);
	bool optional = at(r, "?");
	if (optional && advance(r) < 0)
		return -1;
	struct token key = r->now;
	if (key.kind == TOKEN_STRING && advance(r) < 0)
		return -1;
	if (key.kind == TOKEN_STRING && at(r, "]")) {
		t->key = arena_dup(r->a, key.text);
		t->optional = optional;
		return advance(r);
	}
	while (!at(r, "]")) {
		if (r->now.kind == TOKEN_END || at_bracket(r, ")}"))
			return err_set(r->err, "a bracket is not closed");
		if ((at_bracket(r, "([{") ? skip_brackets(r) : advance(r)) < 0)
			return -1;
	}
	return advance(r);
}

/* in ['a', 'b']; the word `in` was read. */
static int read_list(struct reader *r, struct term *t)
{
	struct text_item *values = NULL;

	if (!t->key || !at(r, "["))
		return pass_unknown(r, t);
	do {
		if (advance(r) < 0)
			return -1;
		if (r->now.kind != TOKEN_STRING)
			return err_set(r->err, "a list that is not of strings");
		struct text_item *item = text_item(r, r->now.text);
		item->next = values;
		values = item;
		if (advance(r) < 0)
			return -1;
	} while (at(r, ","));
	say(r, t, LABEL_IN, values);
	return expect(r, "]");
}

static int read_equal(struct reader *r, struct term *t)
{
	struct token value = r->now;

	if (!t->key || value.kind != TOKEN_STRING)
		return pass_unknown(r, t);
	say(r, t, LABEL_IN, text_item(r, value.text));
	return advance(r);
}

/* 'key' in X; the key was read. */
static int read_key_in(struct reader *r, struct term *t, struct slice key)
{
	if (advance(r) < 0)
		return -1;
	if (r->now.kind != TOKEN_NAME)
		return pass_unknown(r, t);
	t->key = arena_dup(r->a, key);
	t->optional = true;
	say(r, t, LABEL_HAS, NULL);
	return advance(r);
}

/* What a term begins with. */
static int read_head(struct reader *r, struct term *t)
{
	struct token first = r->now;

	set_unknown(r, t);
	if (at(r, "(")) {
		if (advance(r) < 0 || !(t->c = read_expression(r)))
			return -1;
		return expect(r, ")");
	}
	if (at(r, "[") || at(r, "{"))
		return skip_brackets(r);
	if (first.kind == TOKEN_END || (first.kind == TOKEN_SIGN && !at(r, "-")))
		return err_set(r->err, "expected a term, got '%.*s'", SLICE_ARG(first.text));
	if (advance(r) < 0)
		return -1;
	if (first.kind == TOKEN_STRING && at_name(r, "in"))
		return read_key_in(r, t, first.text);
	return first.kind == TOKEN_NAME && at(r, "(") ? skip_brackets(r) : 0;
}

static struct condition *read_term(struct reader *r)
{
	struct term t;
	int rc = read_head(r, &t);

	while (rc == 0 && !at_end_of_term(r)) {
		bool point = at(r, "."), bracket = at(r, "["), equal = at(r, "=="), in = at_name(r, "in");
		if (!point && !bracket && !equal && !in) {
			rc = pass_unknown(r, &t);
		} else if (advance(r) < 0) {
			rc = -1;
		} else {
			rc = point ? read_member(r, &t) : bracket ? read_index(r, &t) : equal ? read_equal(r, &t)
								  : read_list(r, &t);
		}
	}
	return rc < 0 ? NULL : t.c ? t.c : node(r, UNKNOWN);
}

/* ---- terms together ---- */

static struct condition *read_not(struct reader *r)
{
	bool turned = false;

	for (; at(r, "!"); turned = !turned)
		if (advance(r) < 0)
			return NULL;
	struct condition *c = read_term(r);
	if (!c || !turned)
		return c;
	struct condition *negation = node(r, NOT);
	negation->children = c;
	return negation;
}

/* One or more of what `next` reads, with sign between them. */
static struct condition *read_chain(struct reader *r, const char *sign, enum kind kind,
				    struct condition *(*next)(struct reader *))
{
	struct condition *chain = node(r, kind);

	for (;;) {
		struct condition *c = next(r);
		if (!c)
			return NULL;
		c->next = chain->children;
		chain->children = c;
		if (!at(r, sign))
			return chain;
		if (advance(r) < 0)
			return NULL;
	}
}

static struct condition *read_and(struct reader *r)
{
	return read_chain(r, "&&", AND, read_not);
}

/* An expression; a choice (?:) is unknown. */
static struct condition *read_expression(struct reader *r)
{
	if (r->depth == CONDITION_DEPTH) {
		err_set(r->err, "nested deeper than %d", CONDITION_DEPTH);
		return NULL;
	}
	r->depth++;
	struct condition *c = read_chain(r, "||", OR, read_and);
	r->depth--;
	if (c && at(r, "?"))
		return skip_rest(r, false) < 0 ? NULL : node(r, UNKNOWN);
	return c;
}

int condition_parse(struct arena *a, struct slice text, const struct condition **ret, struct err *err)
{
	struct reader r = {.a = a, .rest = text, .err = err};

	if (text.len > CONDITION_BYTES)
		return err_set(err, "longer than %u KiB", CONDITION_BYTES / 1024);
	if (advance(&r) < 0)
		return -1;
	const struct condition *c = read_expression(&r);
	if (!c)
		return -1;
	if (r.now.kind != TOKEN_END)
		return err_set(err, "'%.*s' stands where nothing is expected", SLICE_ARG(r.now.text));
	*ret = c;
	return 0;
}

/* ---- asking ---- */

static enum condition_answer answer(bool yes)
{
	return yes ? CONDITION_YES : CONDITION_NO;
}

static const struct condition_label *label_of(const struct condition_case *o, const char *key)
{
	for (size_t i = 0; i < o->label_count; i++)
		if (strcmp(o->labels[i].key, key) == 0)
			return &o->labels[i];
	return NULL;
}

static enum condition_answer ask_in(const struct condition *c, const struct condition_label *l)
{
	if (l && (!l->value || l->prefix))
		return CONDITION_UNKNOWN;
	for (const struct text_item *v = c->values; v; v = v->next)
		if (strcmp(v->text, l ? l->value : "") == 0)
			return CONDITION_YES;
	return CONDITION_NO;
}

static enum condition_answer ask_starts(const struct condition *c, const struct condition_label *l)
{
	const char *wanted = c->values->text;
	struct slice value = slice_of(l ? (l->value ? l->value : "") : "");

	if (slice_starts(value, wanted))
		return CONDITION_YES;
	if (l && (!l->value || (l->prefix && slice_starts(slice_of(wanted), l->value))))
		return CONDITION_UNKNOWN;
	return CONDITION_NO;
}

static enum condition_answer ask_label(const struct condition *c, const struct condition_case *o)
{
	const struct condition_label *l = label_of(o, c->key);

	if (c->kind == LABEL_HAS)
		return answer(l != NULL);
	if (!l && !c->optional)
		return CONDITION_UNKNOWN; /* an error in CEL */
	return c->kind == LABEL_IN ? ask_in(c, l) : ask_starts(c, l);
}

static enum condition_answer ask_text(const struct condition *c, const struct condition_case *o)
{
	if (!o->text)
		return CONDITION_NO;
	if (c->kind == TEXT_HAS)
		return answer(slice_has(slice_of(o->text), c->values->text));
	return answer(o->at_start && slice_starts(slice_of(o->text), c->values->text));
}

/* `decides` if any child answers so; else unknown if any is. */
static enum condition_answer ask_all(const struct condition *c, const struct condition_case *o,
				     enum condition_answer decides)
{
	enum condition_answer all = decides == CONDITION_YES ? CONDITION_NO : CONDITION_YES;

	for (const struct condition *child = c->children; child; child = child->next) {
		enum condition_answer one = condition_ask(child, o);
		if (one == decides)
			return decides;
		if (one == CONDITION_UNKNOWN)
			all = CONDITION_UNKNOWN;
	}
	return all;
}

static enum condition_answer ask_not(const struct condition *c, const struct condition_case *o)
{
	enum condition_answer inner = condition_ask(c->children, o);

	return inner == CONDITION_UNKNOWN ? inner : answer(inner == CONDITION_NO);
}

enum condition_answer condition_ask(const struct condition *c, const struct condition_case *o)
{
	switch (c->kind) {
	case LABEL_IN:
	case LABEL_STARTS:
	case LABEL_HAS:
		return ask_label(c, o);
	case TEXT_HAS:
	case TEXT_STARTS:
		return ask_text(c, o);
	case NOT:
		return ask_not(c, o);
	case AND:
		return ask_all(c, o, CONDITION_NO);
	case OR:
		return ask_all(c, o, CONDITION_YES);
	default:
		return CONDITION_UNKNOWN;
	}
}
