#include "spark/words.h"

#include "base/buf.h"

void word_append(struct carrier *in, struct word *word)
{
	word->in = in;
	word->next = NULL;
	word->prev = in->last;
	if (in->last)
		in->last->next = word;
	else
		in->first = word;
	in->last = word;
}

struct word *word_add(struct arena *a, struct carrier *in, struct word *behind, struct slice fresh)
{
	struct word *word = arena_alloc_dirty(a, sizeof(*word));
	struct word *next = behind ? behind->next : in->first;

	*word = (struct word){.prev = behind, .next = next, .in = in, .state = WORD_ADDED};
	word->fresh = word->value = fresh;
	word->known = word->tail = fresh.len;
	word->literal = true;
	word->index = behind ? behind->index + 1 : 0;
	word->line = behind ? behind->line : in->kind == CARRIER_TEXT;
	if (behind)
		behind->next = word;
	else
		in->first = word;
	if (next)
		next->prev = word;
	else
		in->last = word;
	return word;
}

void word_change(struct word *word, struct slice fresh, struct slice value)
{
	word->fresh = fresh;
	word->value = value;
	word->known = word->tail = value.len;
	word->literal = true;
	word->many = word->parts = word->dangles = word->spreads = word->differs = word->verbatim = false;
	word->roles = 0;
	if (word->state == WORD_KEPT)
		word->state = WORD_CHANGED;
}

void word_change_source(struct word *word, struct slice source)
{
	word->fresh = source;
	word->verbatim = word->in->kind == CARRIER_TEXT;
	if (word->state == WORD_KEPT)
		word->state = WORD_CHANGED;
}

struct slice word_source(const struct word *word)
{
	if (!word->in || word->in->kind == CARRIER_ARRAY || word->state != WORD_KEPT)
		return word->fresh;
	return (struct slice){word->in->text.ptr + word->start, word->end - word->start};
}

const char *word_pointer(struct arena *a, struct word *element)
{
	if (!element->pointer)
		element->pointer = arena_path(a, element->in->pointer, element->index);
	return element->pointer;
}

/* An added word is removed without a trace. */
static void unlink_word(struct word *word)
{
	if (word->prev)
		word->prev->next = word->next;
	else
		word->in->first = word->next;
	if (word->next)
		word->next->prev = word->prev;
	else
		word->in->last = word->prev;
	word->in = NULL;
}

void word_remove(struct word *word)
{
	if (word->state == WORD_ADDED)
		unlink_word(word);
	word->state = WORD_REMOVED;
}

void carrier_forget_quotes(struct carrier *text, size_t start, size_t end)
{
	size_t from = 0, to = text->dollar_count;

	while (from < to) { /* the first that is not before start */
		size_t mid = from + (to - from) / 2;

		if (text->dollars[mid].at < start)
			from = mid + 1;
		else
			to = mid;
	}
	for (; from < text->dollar_count && text->dollars[from].at < end; from++)
		text->dollars[from].quotes = QUOTES_OTHER;
}

bool carrier_edited(const struct carrier *c)
{
	for (const struct word *w = c->first; w; w = w->next)
		if (w->state != WORD_KEPT)
			return true;
	return false;
}

/* Bytes that have no meaning to any shell anywhere but in first position. */
static bool is_plain(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr("_@%+=:,./-", c));
}

static size_t name_len(struct slice s)
{
	size_t n = 0;

	while (n < s.len && (s.ptr[n] == '_' || (s.ptr[n] >= 'A' && s.ptr[n] <= 'Z') || (s.ptr[n] >= '0' && s.ptr[n] <= '9')))
		n++;
	return n;
}

bool shell_is_plain_reference(struct slice name)
{
	return name.len > 0 && name_len(name) == name.len;
}

/* "$(POD_IP)": expanded before the shell runs, so it needs no quotes. */
static size_t reference_len(struct slice rest)
{
	if (!slice_starts(rest, "$("))
		return 0;
	size_t end = 2 + name_len(slice_from(rest, 2));
	return end > 2 && end < rest.len && rest.ptr[end] == ')' ? end + 1 : 0;
}

bool words_dangle(struct slice value)
{
	size_t end = value.len, start;
	struct slice last;

	while (end > 0 && strchr(" \t\n", value.ptr[end - 1]))
		end--;
	if (end == 0)
		return false;
	for (start = end; start > 0 && !strchr(" \t\n", value.ptr[start - 1]); start--)
		;
	last = (struct slice){value.ptr + start, end - start};
	return slice_has(last, "$(") || (slice_starts(last, "-") && !slice_has(last, "="));
}

bool shell_is_plain(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		size_t reference = s.ptr[i] == '$' ? reference_len((struct slice){s.ptr + i, s.len - i}) : 0;

		if (reference)
			i += reference - 1;
		else if (!is_plain(s.ptr[i]))
			return false;
	}
	return s.len > 0;
}

struct slice shell_quote(struct arena *a, struct slice fresh)
{
	struct buf out = buf_in(a);

	if (shell_is_plain(fresh))
		return fresh;
	buf_addc(&out, '\'');
	for (size_t i = 0; i < fresh.len; i++) {
		if (fresh.ptr[i] == '\'')
			buf_adds(&out, "'\\''");
		else
			buf_addc(&out, fresh.ptr[i]);
	}
	buf_addc(&out, '\'');
	return buf_slice(&out);
}

/* The word as it is written in the text. */
static struct slice spell(struct arena *a, const struct carrier *c, const struct word *w)
{
	struct slice quoted = w->verbatim ? w->fresh : shell_quote(a, w->fresh);
	struct buf out = buf_in(a);

	if (!c->in_quotes || w->verbatim)
		return quoted;
	for (size_t i = 0; i < quoted.len; i++) {
		bool reference = reference_len((struct slice){quoted.ptr + i, quoted.len - i}) > 0;

		if (strchr("\"\\`$", quoted.ptr[i]) && !reference)
			buf_addc(&out, '\\');
		buf_addc(&out, quoted.ptr[i]);
	}
	return buf_slice(&out);
}

/* A word of digits that touches a redirection would become its file descriptor: `--x 2>log`. */
static void keep_apart(struct buf *out, struct slice text, size_t at)
{
	if (at < text.len && (text.ptr[at] == '<' || text.ptr[at] == '>'))
		buf_addc(out, ' ');
}

struct slice carrier_render(struct arena *a, const struct carrier *c)
{
	struct buf out = buf_in(a);
	size_t done = 0; /* bytes of the text already output or skipped */

	for (const struct word *w = c->first, *real = NULL; w; w = w->next) {
		size_t upto = w->state == WORD_REMOVED ? w->gap : w->start;

		if (w->state == WORD_ADDED) /* right after the word before it */
			upto = real ? real->end : 0;
		else
			real = w;
		if (w->state == WORD_KEPT)
			continue;
		if (upto > done)
			buf_add(&out, (struct slice){c->text.ptr + done, upto - done});
		done = w->state == WORD_ADDED ? (upto > done ? upto : done) : w->end;
		if (w->state == WORD_REMOVED) { /* what stands before it may now touch what stood behind it */
			keep_apart(&out, c->text, done);
			continue;
		}
		if (w->state == WORD_ADDED)
			buf_addc(&out, ' ');
		buf_add(&out, spell(a, c, w));
		if (!w->next || w->next->state != WORD_ADDED)
			keep_apart(&out, c->text, done);
	}
	buf_add(&out, (struct slice){c->text.ptr + done, c->text.len - done});
	return buf_slice(&out);
}
