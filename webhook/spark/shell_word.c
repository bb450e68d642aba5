/* One word of a shell text: quotes, escapes and expansions (POSIX XCU 2.2, 2.6; bash's $'..'). */
#include "spark/shell_lexer.h"
#include "spark/shell_names.h"

struct word_reader {
	struct lexer *lx;
	struct word *word;
	size_t expanded;   /* end of the last expansion in the value */
	bool glob;         /* an unquoted *, ? or [, or braces that make several words */
	bool brace, comma; /* an unquoted { and a comma behind it: bash makes several words */
	size_t brace_at;   /* of the first one, in the value */
	size_t searched;   /* what is between brace_at and here holds no '-' */
};

static void put(struct word_reader *r, size_t from, size_t to)
{
	buf_add(&r->lx->scratch, (struct slice){r->lx->text.ptr + from, to - from});
}

/* From here on the value is not known. */
static void unknown(struct word_reader *r)
{
	if (r->word->known == SIZE_MAX)
		r->word->known = r->lx->scratch.len;
}

/* $(NAME) that an envFrom may have: else the shell's, a command but for single quotes. */
static bool take_other(struct word_reader *r, enum quotes quotes)
{
	struct lexer *lx = r->lx;
	size_t len;

	if (!kube_ref_other_here(lx->env, lexer_rest(lx), &len))
		return false;
	r->word->parts |= quotes == QUOTES_NONE;
	r->word->dangles = true;
	if (quotes != QUOTES_SINGLE)
		return false;
	unknown(r);
	put(r, lx->at, lx->at + len);
	r->expanded = lx->scratch.len;
	lx->at += len;
	return true;
}

/* $(NAME) of Kubernetes, or its escape $$. true: it was one and is taken. A value that holds
 * bytes of the shell's grammar would be read by the shell: it stays a reference. */
static bool take_reference(struct word_reader *r, enum quotes quotes)
{
	struct lexer *lx = r->lx;
	size_t len;
	const struct kube_var *var = kube_ref_here(lx->env, lexer_rest(lx), &len);

	lexer_note_dollar(lx, quotes);
	if (!var)
		return take_other(r, quotes);
	if (kube_left_has(&lx->left, lx->at)) { /* the shell's, then; not so in a text of this text */
		r->word->escaped = true;
		return false;
	}
	r->word->parts |= quotes == QUOTES_NONE && var->parts;
	r->word->dangles |= var->dangles;
	if (var->plain && kube_take(lx->env, var)) {
		buf_add(&lx->scratch, var->value);
	} else {
		unknown(r);
		put(r, lx->at, lx->at + len);
		r->expanded = lx->scratch.len;
	}
	lx->at += len;
	return true;
}

/* $NAME, ${NAME:-$OTHER}, ${NAME:-a b}, ${!NAME}, unquoted: several words, as far as the container's env tells? And does the last
 * of them lack a value? */
static bool has_parts(struct lexer *lx, struct slice expansion, bool *dangles)
{
	bool braces = slice_starts(expansion, "${"), parts = false;

	for (size_t i = 0; i < expansion.len; i++) {
		struct slice rest = {expansion.ptr + i, expansion.len - i};
		const struct kube_var *var = NULL;

		if (braces && memchr(" \t\n", *rest.ptr, 3))
			parts = *dangles = true;
		if (braces && i > 0 && *rest.ptr == '-' && strchr("-+=", rest.ptr[-1])) /* ${X:---name} */
			*dangles = true;
		if (lx->env && slice_skip(&rest, SLICE_LIT("$"))) {
			if (slice_skip(&rest, SLICE_LIT("{")) && slice_starts(rest, "!"))
				parts = *dangles = true;
			struct slice name = {rest.ptr, shell_name_length(rest)};
			var = kube_env_find(lx->env, name);
			var = var ? var : kube_env_other(lx->env, name);
		}
		parts |= var && var->parts;
		*dangles |= var && var->dangles;
	}
	return parts;
}

/* "$@", "${@:2}", "${A[@]}", "${X-$@}", "${!X}", and without quotes $* as well: a list, each element a word. */
static bool is_list(struct slice expansion, bool in_quotes)
{
	static const char *const quoted[] = {"$@", "${@", "[@]", "${!"}, *const bare[] = {"$*", "${*", "[*]"};
	bool found = false;

	if (slice_starts(expansion, "$(") || slice_starts(expansion, "${#"))
		return false; /* a number, or what a command says */
	for (size_t i = 0; i < COUNT_OF(quoted); i++)
		found |= slice_has(expansion, quoted[i]);
	for (size_t i = 0; !in_quotes && i < COUNT_OF(bare); i++)
		found |= slice_has(expansion, bare[i]);
	return found;
}

/* At a dollar sign, in double quotes or outside of any. */
static int read_dollar(struct word_reader *r, bool in_quotes)
{
	struct lexer *lx = r->lx;
	size_t start;

	if (take_reference(r, in_quotes ? QUOTES_DOUBLE : QUOTES_NONE))
		return 0;
	if (lexer_at_pid(lx)) {
		r->word->escaped = true;
	} else if (lexer_peek(lx, 1) == '$') { /* Kubernetes makes one of the two */
		r->word->escaped = true;
		lx->at++;
	}
	start = lx->at;
	if (shell_skip_dollar(lx, in_quotes) < 0)
		return -1;
	if (lx->at > start + 1) {
		unknown(r);
		struct slice expansion = {lx->text.ptr + start, lx->at - start};

		r->word->literal = false;
		r->word->many |= !in_quotes || slice_starts(expansion, "$@") || slice_starts(expansion, "${");
		bool parts = has_parts(lx, expansion, &r->word->dangles);
		r->word->parts |= !in_quotes && parts;
		r->word->spreads |= is_list(expansion, in_quotes);
	}
	put(r, start, lx->at);
	if (lx->at > start + 1)
		r->expanded = lx->scratch.len;
	return 0;
}

static int read_backquotes(struct word_reader *r, bool in_quotes)
{
	size_t start = r->lx->at;

	if (shell_skip_backquotes(r->lx, in_quotes) < 0)
		return -1;
	unknown(r);
	r->word->literal = false;
	r->word->many |= !in_quotes;
	put(r, start, r->lx->at);
	r->expanded = r->lx->scratch.len;
	return 0;
}

static int read_single_quotes(struct word_reader *r)
{
	struct lexer *lx = r->lx;
	size_t start = lx->at++;

	while (!lexer_ended(lx) && lexer_peek(lx, 0) != '\'') {
		if (lexer_peek(lx, 0) == '$') {
			if (take_reference(r, QUOTES_SINGLE))
				continue;
			r->word->escaped |= lexer_peek(lx, 1) == '$';
			lx->at += lexer_peek(lx, 1) == '$';
		}
		put(r, lx->at, lx->at + 1);
		lx->at++;
	}
	if (lexer_ended(lx))
		return lexer_fail(lx, start, "a single quote is not closed");
	lx->at++;
	return 0;
}

/* $'..': known if it holds no escape, which is how people write it. To dash, which has no such quotes, the '$' is one. */
static int read_ansi_quotes(struct word_reader *r)
{
	size_t start = r->lx->at;

	if (shell_skip_ansi_quotes(r->lx) < 0)
		return -1;
	r->word->differs = true;
	if (memchr(r->lx->text.ptr + start, '\\', r->lx->at - start)) {
		unknown(r);
		r->word->literal = false;
		put(r, start, r->lx->at);
		r->expanded = r->lx->scratch.len;
	} else {
		put(r, start + 2, r->lx->at - 1);
	}
	return 0;
}

/* The kubelet knows no backslash: at "\$(NAME)" it puts the value in, and of "\$$(NAME)" it takes a '$'. */
static int fail_escaped_reference(struct lexer *lx)
{
	struct slice rest = {lx->text.ptr + lx->at + 1, lx->text.len - lx->at - 1};
	size_t len;

	if (slice_starts(rest, "$$"))
		rest = (struct slice){rest.ptr + 1, rest.len - 1};
	if (!kube_ref_here(lx->env, rest, &len))
		return 0;
	return lexer_fail(lx, lx->at, "a backslash stands before Kubernetes' $(NAME): put both into single quotes");
}

static int read_double_quotes(struct word_reader *r)
{
	struct lexer *lx = r->lx;
	size_t start = lx->at++;

	while (!lexer_ended(lx) && lexer_peek(lx, 0) != '"') {
		char c = lexer_peek(lx, 0), next = lexer_peek(lx, 1);

		if (c == '$') {
			if (read_dollar(r, true) < 0)
				return -1;
		} else if (c == '`') {
			if (read_backquotes(r, true) < 0)
				return -1;
		} else if (c == '\\' && next && strchr("$`\"\\\n", next)) {
			if (next == '$' && fail_escaped_reference(lx) < 0)
				return -1;
			if (next != '\n')
				put(r, lx->at + 1, lx->at + 2);
			lx->at += 2;
		} else {
			put(r, lx->at, lx->at + 1);
			lx->at++;
		}
	}
	if (lexer_ended(lx))
		return lexer_fail(lx, start, "a double quote is not closed");
	lx->at++;
	return 0;
}

/* $"..": the same. */
static int read_translated(struct word_reader *r)
{
	r->word->differs = true;
	r->lx->at++;
	return read_double_quotes(r);
}

/* {--verbose,--name}: one of the words may be an option. Each '}' asks, so each looks at what is new only. */
static void look_into_braces(struct word_reader *r)
{
	const struct buf *value = &r->lx->scratch;

	r->word->dangles = r->word->dangles || memchr(value->ptr + r->searched, '-', value->len - r->searched);
	r->searched = value->len;
}

/* An unquoted byte that is itself, though some of them make globs or brace expansions. */
static void read_plain(struct word_reader *r)
{
	struct lexer *lx = r->lx;
	char c = lexer_peek(lx, 0);

	if (c == '*' || c == '?' || c == '[')
		r->word->many = r->glob = true;
	if (c == '~' && lx->at == r->word->start) {
		r->word->literal = false;
		unknown(r);
		r->expanded = 1;
	}
	if (c == '{' && !r->brace) {
		r->brace = true;
		r->brace_at = r->searched = lx->scratch.len;
	}
	r->comma |= r->brace && (c == ',' || (c == '.' && lexer_peek(lx, 1) == '.'));
	if (c == '}' && r->comma) {
		r->word->many = true;
		look_into_braces(r);
		r->word->literal = false;
		if (r->brace_at < r->word->known) /* what the words begin with is chosen inside of the braces */
			r->word->known = r->brace_at;
	}
	put(r, lx->at, lx->at + 1);
	lx->at++;
	if (c == '}' && r->comma) {
		r->expanded = lx->scratch.len;
		r->glob = true;
	}
}

/* Its elements are no words of the command. */
static int read_array(struct word_reader *r)
{
	size_t start = r->lx->at, dollars = r->lx->shell->carrier->dollar_count, inner = r->lx->shell->inner_count;

	if (shell_skip_array(r->lx) < 0)
		return -1;
	r->lx->shell->carrier->dollar_count = dollars; /* they are noted when the elements are read */
	r->lx->shell->inner_count = inner;
	r->word->literal = false;
	unknown(r);
	put(r, start, r->lx->at);
	r->expanded = r->lx->scratch.len;
	r->lx->array_start = start;
	r->lx->array_end = r->lx->at;
	return 0;
}

static int read_piece(struct word_reader *r)
{
	struct lexer *lx = r->lx;
	char c = lexer_peek(lx, 0), next = lexer_peek(lx, 1);

	r->word->quoted |= c == '\'' || c == '"' || c == '\\';
	if (c == '\\') {
		if (!next) /* what is added behind it would be escaped */
			return lexer_fail(lx, lx->at, "a backslash at the end");
		if (next == '$' && fail_escaped_reference(lx) < 0)
			return -1;
		if (next != '\n')
			put(r, lx->at + 1, lx->at + 2);
		lx->at += 2;
		return 0;
	}
	if (c == '\'')
		return read_single_quotes(r);
	if (c == '"')
		return read_double_quotes(r);
	if (c == '`')
		return read_backquotes(r, false);
	if (c == '$' && next == '\'') {
		r->word->quoted = true;
		return read_ansi_quotes(r);
	}
	if (c == '$' && next == '"') {
		r->word->quoted = true;
		return read_translated(r);
	}
	if (c == '$')
		return read_dollar(r, false);
	read_plain(r);
	return 0;
}

static void finish(struct word_reader *r)
{
	struct word *word = r->word;
	struct lexer *lx = r->lx;
	struct slice source = {lx->text.ptr + word->start, lx->at - word->start};
	struct slice value = buf_slice(&lx->scratch);

	/* All that a glob finds begins with what stands before it. */
	word->spreads |= r->glob && value.len && (word->known == 0 || strchr("*?[-", value.ptr[0]));
	word->end = lx->at;
	word->value = slice_eq(source, value) ? source : arena_copy(lx->arena, value);
	if (word->known == SIZE_MAX) {
		word->known = word->tail = value.len;
		return;
	}
	word->tail = value.len - r->expanded;
}

int shell_word(struct lexer *lx, struct word *ret)
{
	struct word_reader r = {.lx = lx, .word = ret};

	*ret = (struct word){.start = lx->at, .known = SIZE_MAX, .literal = true};
	lx->scratch.len = 0;
	lx->array_start = lx->array_end = 0;
	while (!lexer_ended(lx)) {
		size_t start = lx->at;

		if (shell_opens_process(lx)) {
			if (shell_skip_process(lx) < 0)
				return -1;
			unknown(&r);
			ret->literal = false;
			put(&r, start, lx->at);
			r.expanded = lx->scratch.len;
		} else if (shell_opens_array(lx, ret->start)) {
			if (read_array(&r) < 0)
				return -1;
		} else if (shell_is_meta(lexer_peek(lx, 0))) {
			break;
		} else if (read_piece(&r) < 0) {
			return -1;
		}
	}
	finish(&r);
	ret->assignment = shell_is_assignment((struct slice){lx->text.ptr + ret->start, ret->end - ret->start});
	return 0;
}
