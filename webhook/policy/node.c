#include "policy/node.h"

#include "base/buf.h"
#include "base/json_patch.h"
#include "policy/words.h"

#include <stdarg.h>
#include <stdio.h>

/* What people who write YAML call the type. */
static const char *type_words(enum json_type type)
{
	static const char *const words[] = {"nothing", "true or false", "a number", "a string", "a list", "a mapping"};

	return words[type];
}

/* ---- problems ---- */

void policy_problem_add(struct policy_problems *list, struct arena *a, const char *file, unsigned line,
			const char *message)
{
	*ARENA_PUSH(a, list->items, &list->cap, list->count) = (struct policy_problem){file, line, message};
}

/* Recursion: as deep as the schema, which is less than ten. */
static void add_pointer(const struct node *n, struct buf *out)
{
	if (!n->up)
		return;
	add_pointer(n->up, out);
	if (n->key)
		buf_printf(out, "/%s", json_pointer_token(out->arena, slice_of(n->key)));
	else
		buf_printf(out, "/%zu", n->index);
}

unsigned node_line(const struct node *n)
{
	struct buf pointer = buf_in(n->file->problem_arena);

	add_pointer(n, &pointer);
	return yaml_line(n->file->document, buf_slice(&pointer).ptr);
}

/* Each line is searched from the start of the document; a file of 100,000 mistakes would be walked as often. Nobody
 * fixes more than these before looking again. */
#define PROBLEMS_WITH_LINE 200

void node_problem(const struct node *n, const char *fmt, ...)
{
	const struct policy_file *f = n->file;
	char text[ERR_TEXT_MAX];
	struct err err;
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	err_set(&err, "%s", text); /* control characters of the file are tamed there */
	policy_problem_add(f->problems, f->problem_arena, f->name, f->problems->count < PROBLEMS_WITH_LINE ? node_line(n) : 0,
			   arena_dup(f->problem_arena, slice_of(err.text)));
}

void node_unknown(const struct node *n, const char *what, struct slice text, const char *const *words, size_t count)
{
	const char *near = nearest_word(text, words, count);
	struct buf all = buf_in(n->file->problem_arena);

	if (near) {
		node_problem(n, "unknown %s '%.*s', did you mean '%s'?", what, SLICE_ARG(text), near);
		return;
	}
	for (size_t i = 0; i < count; i++)
		buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	node_problem(n, "unknown %s '%.*s', known: %s", what, SLICE_ARG(text), buf_slice(&all).ptr);
}

/* ---- places ---- */

struct node node_get(const struct node *n, const char *key)
{
	return (struct node){.file = n->file, .up = n, .key = key, .v = json_get(n->v, key)};
}

struct node node_item(const struct node *n, const struct json *item, size_t index)
{
	return (struct node){.file = n->file, .up = n, .index = index, .v = item};
}

bool node_fields(const struct node *n, const char *const *known, size_t count)
{
	if (json_type(n->v) != JSON_OBJECT) {
		node_problem(n, "expected a mapping, got %s", type_words(json_type(n->v)));
		return false;
	}
	JSON_EACH(item, n->v) {
		const char *key = json_key(item);
		const struct node member = {.file = n->file, .up = n, .key = key, .v = item};
		if (word_index(slice_of(key), known, count) < 0)
			node_unknown(&member, "key", slice_of(key), known, count);
		else if (json_type(item) == JSON_NULL)
			node_problem(&member, "'%s' has no value", key);
	}
	return true;
}

/* Is the member there, with this type? Notes what is missing or wrong. */
static bool is_there(const struct node *n, const struct node *member, enum json_type type, enum node_need need)
{
	if (!member->v && need == NODE_REQUIRED && !json_has(n->v, member->key))
		node_problem(n, "'%s' is missing", member->key);
	if (!member->v)
		return false;
	if (json_type(member->v) == type)
		return true;
	bool quote = type == JSON_STRING && json_type(member->v) <= JSON_NUMBER;
	node_problem(member, "'%s' must be %s, not %s%s", member->key, type_words(type),
		     type_words(json_type(member->v)), quote ? ": quote it" : "");
	return false;
}

struct node node_list(const struct node *n, const char *key, enum node_need need)
{
	struct node list = node_get(n, key);

	if (!is_there(n, &list, JSON_ARRAY, need))
		list.v = NULL;
	return list;
}

/* ---- scalars ---- */

const char *node_any_text(const struct node *n, const char *key, enum node_need need)
{
	const struct node member = node_get(n, key);

	return is_there(n, &member, JSON_STRING, need) ? arena_dup(n->file->policy_arena, json_slice(member.v)) : NULL;
}

const char *node_text(const struct node *n, const char *key, enum node_need need)
{
	const char *text = node_any_text(n, key, need);
	const struct node member = node_get(n, key);

	if (text && *text == '\0') {
		node_problem(&member, "'%s' is empty", key);
		return NULL;
	}
	return text;
}

int node_word(const struct node *n, const char *key, const char *what, const char *const *words, size_t count,
	      int fallback, enum node_need need)
{
	const struct node member = node_get(n, key);

	if (!is_there(n, &member, JSON_STRING, need))
		return fallback;
	int index = word_index(json_slice(member.v), words, count);
	if (index < 0)
		node_unknown(&member, what, json_slice(member.v), words, count);
	return index < 0 ? fallback : index;
}

bool node_bool(const struct node *n, const char *key, bool fallback)
{
	const struct node member = node_get(n, key);

	return is_there(n, &member, JSON_BOOL, NODE_OPTIONAL) ? json_bool(member.v, fallback) : fallback;
}

int64_t node_number(const struct node *n, const char *key, int64_t min, int64_t max, int64_t fallback)
{
	const struct node member = node_get(n, key);
	int64_t value = fallback;

	if (!is_there(n, &member, JSON_NUMBER, NODE_OPTIONAL))
		return fallback;
	if (json_int(member.v, &value) == 0 && value >= min && value <= max)
		return value;
	node_problem(&member, "'%s' must be a whole number from %lld to %lld", key, (long long)min, (long long)max);
	return fallback;
}

bool node_texts(const struct node *n, const char *key, struct texts *ret)
{
	const struct node list = node_list(n, key, NODE_OPTIONAL);
	struct texts texts = {0};
	bool good = list.v != NULL;

	if (!list.v)
		return false;
	texts.items = ARENA_ARRAY(n->file->policy_arena, json_count(list.v), const char *);
	JSON_EACH(v, list.v) {
		const struct node item = node_item(&list, v, texts.count);
		struct slice text = json_slice(v);
		if (!text.ptr || text.len == 0) {
			node_problem(&item, "'%s' must be a list of strings", key);
			good = false;
		}
		texts.items[texts.count++] = arena_dup(n->file->policy_arena, text.ptr ? text : SLICE_LIT(""));
	}
	if (good)
		*ret = texts;
	return good;
}
