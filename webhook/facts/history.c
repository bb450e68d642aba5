#include "facts/history.h"
#include "facts/key.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>

/* Without memory there is no decision worth making (base/arena.h). */
#define uthash_fatal(msg) out_of_memory()
#include <uthash.h>

enum state { HELD, GONE, FORGOTTEN };

struct record {
	UT_hash_handle hh;
	enum state state;
	size_t key_len, text_len;
	char bytes[]; /* key, NUL, text */
};

struct facts_history {
	const struct facts_index *index;
	struct record *records;
	size_t bytes, forgotten;
};

struct facts_history *facts_history_new(const struct facts_index *index)
{
	struct facts_history *history = calloc(1, sizeof(*history));

	if (!history)
		out_of_memory();
	history->index = index;
	return history;
}

void facts_history_free(struct facts_history *history)
{
	if (!history)
		return;
	struct record *next, *record = history->records;
	HASH_CLEAR(hh, history->records); /* the records stay, and their chain */
	for (; record; record = next) {
		next = record->hh.next;
		free(record);
	}
	free(history);
}

/* ---- the table ---- */

/* As in facts/index.c: a Namespace is in no namespace. */
static bool key_of(char key[FACT_KEY_SIZE], const char *kind, const char *namespace, const char *name)
{
	return fact_key(key, strcmp(kind, "Namespace") == 0 ? NULL : namespace, name);
}

static struct record *find(const struct facts_history *history, const char *kind, const char *namespace,
			   const char *name)
{
	struct record *record = NULL;
	char key[FACT_KEY_SIZE];

	if (key_of(key, kind, namespace, name))
		HASH_FIND_STR(history->records, key, record);
	return record;
}

static size_t cost(const struct record *record)
{
	return sizeof(*record) + record->key_len + record->text_len;
}

static struct record *new_record(const char *key, enum state state, struct slice text)
{
	size_t key_len = strlen(key);
	struct record *record = calloc(1, sizeof(*record) + key_len + 1 + text.len);

	if (!record)
		out_of_memory();
	record->state = state;
	record->key_len = key_len;
	record->text_len = text.len;
	memcpy(record->bytes, key, key_len + 1);
	if (text.len > 0)
		memcpy(record->bytes + key_len + 1, text.ptr, text.len);
	return record;
}

static void drop(struct facts_history *history, const char *key)
{
	struct record *old;

	HASH_FIND_STR(history->records, key, old);
	if (!old)
		return;
	HASH_DEL(history->records, old);
	history->bytes -= cost(old);
	free(old);
}

static void add(struct facts_history *history, const char *key, enum state state, struct slice text)
{
	struct record *record = new_record(key, state, text);

	history->bytes += cost(record);
	HASH_ADD_KEYPTR(hh, history->records, record->bytes, record->key_len, record);
}

/* A given object must not come back; others leave a mark as long as there is room. */
static void mark(struct facts_history *history, const char *key, enum state state, bool given)
{
	if (given || history->bytes + strlen(key) < FACTS_HISTORY_BYTES)
		add(history, key, state, SLICE_LIT(""));
}

static bool is_given(const struct facts_history *history, const char *kind, const char *namespace, const char *name)
{
	return strcmp(kind, "Namespace") == 0 ? facts_index_namespace(history->index, name) != NULL
					      : facts_index_config_map(history->index, namespace, name) != NULL;
}

/* ---- what is kept ---- */

/* managedFields are often more than all the rest, and no rule reads them. */
static void write_without(struct json_writer *w, const struct json *object, const char *unwanted)
{
	json_write_open(w, '{');
	JSON_EACH(member, object) {
		if (strcmp(json_key(member), unwanted) == 0)
			continue;
		json_write_key(w, json_key_slice(member));
		if (strcmp(json_key(member), "metadata") == 0 && strcmp(unwanted, "status") == 0)
			write_without(w, member, "managedFields");
		else
			json_write_raw(w, json_print(w->out->arena, member));
	}
	json_write_close(w, '}');
}

void facts_history_put(struct facts_history *history, struct arena *scratch, const char *kind, const char *namespace,
		       const char *name, const struct json *object)
{
	struct buf out = buf_in(scratch);
	struct json_writer w = json_writer(&out);
	char key[FACT_KEY_SIZE];

	if (json_type(object) != JSON_OBJECT || !key_of(key, kind, namespace, name))
		return;
	write_without(&w, object, "status");
	struct slice text = buf_slice(&out);
	drop(history, key);
	if (history->bytes + text.len <= FACTS_HISTORY_BYTES) {
		add(history, key, HELD, text);
		return;
	}
	history->forgotten++;
	mark(history, key, FORGOTTEN, is_given(history, kind, namespace, name));
}

void facts_history_remove(struct facts_history *history, const char *kind, const char *namespace, const char *name)
{
	char key[FACT_KEY_SIZE];

	if (strcmp(kind, "Namespace") == 0 || !key_of(key, kind, namespace, name))
		return;
	drop(history, key);
	mark(history, key, GONE, is_given(history, kind, namespace, name));
}

/* ---- what is known ---- */

static const struct json *read_record(const struct record *record, struct arena *a)
{
	struct slice text = {record->bytes + record->key_len + 1, record->text_len};
	const struct json *object = NULL;
	struct err ignored;

	/* It was printed from a tree that was read within the same bounds. */
	return json_parse_limited(a, text, LIMIT_YAML_NODES, &object, &ignored) == 0 ? object : NULL;
}

const struct json *facts_history_namespace(const struct facts_history *history, struct arena *a, const char *name)
{
	const struct record *record = find(history, "Namespace", "", name);

	if (!record)
		return facts_index_namespace(history->index, name);
	return record->state == HELD ? read_record(record, a) : NULL;
}

static void fill_lookup(const struct facts_history *history, struct arena *a, const char *namespace,
			struct lookup *lookup)
{
	const struct record *record = find(history, "ConfigMap", namespace, lookup->name);

	if (!record)
		return; /* the index has said what it knows */
	lookup->object = record->state == HELD ? read_record(record, a) : NULL;
	lookup->state = lookup->object ? LOOKUP_FOUND : record->state == GONE ? LOOKUP_MISSING : LOOKUP_UNSEEN;
}

void facts_history_fill(const struct facts_history *history, struct arena *a, const struct needs *needs,
			enum lookup_state absent, struct facts *ret)
{
	facts_index_fill(history->index, needs, absent, ret);
	if (!needs->namespace)
		return;
	ret->namespace = facts_history_namespace(history, a, needs->namespace);
	ret->namespace_state = ret->namespace ? NAMESPACE_KNOWN : NAMESPACE_UNKNOWN;
	for (size_t i = 0; i < ret->lookups.count; i++)
		fill_lookup(history, a, needs->namespace, &ret->lookups.items[i]);
}

size_t facts_history_forgotten(const struct facts_history *history)
{
	return history->forgotten;
}
