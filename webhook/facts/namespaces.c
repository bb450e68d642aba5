#include "facts/namespaces.h"

#include "base/json_write.h"
#include "policy/namespace.h"

#include <stdlib.h>

/* Without memory there is no decision worth making (base/arena.h). */
#define uthash_fatal(msg) out_of_memory()
#include <uthash.h>

#define UID_RANGE "openshift.io/sa.scc.uid-range"

struct record {
	UT_hash_handle hh;
	unsigned generation; /* of the list, or the event since, that named it last */
	bool opted_in;
	size_t name_len, text_len;
	char bytes[]; /* name, NUL, text */
};

struct namespaces {
	struct record *records;
	unsigned generation;
	struct arena arena; /* for one put */
};

struct namespaces *namespaces_new(void)
{
	struct namespaces *table = calloc(1, sizeof(*table));

	if (!table)
		out_of_memory();
	return table;
}

/* Free a chain of records that are in no table any more. */
static void free_all(struct record *record)
{
	while (record) {
		struct record *next = record->hh.next;
		free(record);
		record = next;
	}
}

void namespaces_free(struct namespaces *table)
{
	if (!table)
		return;
	struct record *first = table->records;
	HASH_CLEAR(hh, table->records); /* the records stay, and their chain */
	free_all(first);
	arena_release(&table->arena);
	free(table);
}

/* ---- what is kept ---- */

static bool is_read(const char *key)
{
	return strncmp(key, KEY_PREFIX, strlen(KEY_PREFIX)) == 0 || strcmp(key, UID_RANGE) == 0;
}

static void write_map(struct json_writer *w, const char *name, const struct json *map)
{
	size_t count = 0;

	json_write_key(w, slice_of(name));
	json_write_open(w, '{');
	JSON_EACH(member, map) {
		struct slice value = json_slice(member);
		if (!is_read(json_key(member)) || !value.ptr || count++ == NAMESPACE_KEYS_MAX)
			continue;
		json_write_key(w, slice_of(json_key(member)));
		json_write_string(w, value.len <= NAMESPACE_VALUE_MAX ? value : SLICE_LIT("(longer than 4096 bytes)"));
	}
	json_write_close(w, '}');
}

struct slice namespace_trim(struct arena *a, const struct json *object, bool *opted_in)
{
	const struct json *metadata = json_get(object, "metadata"), *labels = json_get(metadata, "labels");
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	*opted_in = json_get(labels, KEY_PREFIX "mode") != NULL;
	json_write_open(&w, '{');
	json_write_key(&w, SLICE_LIT("metadata"));
	json_write_open(&w, '{');
	json_write_member(&w, "name", json_text(json_get(metadata, "name"), ""));
	if (*opted_in) {
		write_map(&w, "labels", labels);
		write_map(&w, "annotations", json_get(metadata, "annotations"));
	}
	json_write_close(&w, '}');
	json_write_close(&w, '}');
	return buf_slice(&out);
}

/* ---- the table ---- */

static struct record *find(const struct namespaces *table, const char *name)
{
	struct record *record;

	HASH_FIND(hh, table->records, name, strlen(name), record);
	return record;
}

static struct record *new_record(const char *name, struct slice text)
{
	size_t name_len = strlen(name);
	struct record *record = calloc(1, sizeof(*record) + name_len + 1 + text.len);

	if (!record)
		out_of_memory();
	record->name_len = name_len;
	record->text_len = text.len;
	memcpy(record->bytes, name, name_len + 1);
	memcpy(record->bytes + name_len + 1, text.ptr, text.len);
	return record;
}

void namespaces_put(struct namespaces *table, const struct json *object)
{
	const char *name = json_text(json_get(json_get(object, "metadata"), "name"), "");
	bool opted_in;

	if (!name[0])
		return;
	struct slice text = namespace_trim(&table->arena, object, &opted_in);
	struct record *old = find(table, name), *record = new_record(name, text);
	record->opted_in = opted_in;
	record->generation = table->generation;
	if (old)
		HASH_DEL(table->records, old);
	HASH_ADD_KEYPTR(hh, table->records, record->bytes, record->name_len, record);
	free(old);
	arena_reset(&table->arena);
}

void namespaces_remove(struct namespaces *table, const char *name)
{
	struct record *record = find(table, name);

	if (record)
		HASH_DEL(table->records, record);
	free(record);
}

void namespaces_begin(struct namespaces *table)
{
	table->generation++;
}

void namespaces_sweep(struct namespaces *table)
{
	struct record *gone = NULL;

	for (struct record *record = table->records, *next; record; record = next) {
		next = record->hh.next;
		if (record->generation == table->generation)
			continue;
		HASH_DEL(table->records, record);
		record->hh.next = gone;
		gone = record;
	}
	free_all(gone);
}

bool namespaces_find(const struct namespaces *table, const char *name, struct slice *ret, bool *opted_in)
{
	const struct record *record = find(table, name);

	if (!record)
		return false;
	*ret = (struct slice){record->bytes + record->name_len + 1, record->text_len};
	*opted_in = record->opted_in;
	return true;
}

size_t namespaces_count(const struct namespaces *table)
{
	return HASH_COUNT(table->records);
}
