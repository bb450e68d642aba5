/*
 * The record of a switch, which whoever may write ConfigMaps can write: what is taken for one has names of objects and kinds
 * that are restarted, and what is printed of it reads the same again.
 */
#include "switch/record.h"
#include "fuzzing.h"
#include "kube/object.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct json *config_map_of(struct arena *a, struct slice text)
{
	struct json *map = json_new(a, JSON_OBJECT), *held = json_new(a, JSON_OBJECT), *metadata = json_new(a, JSON_OBJECT);

	json_put(a, metadata, "name", json_new_string(a, SLICE_LIT(SWITCH_RECORD_NAME)));
	json_put(a, metadata, "resourceVersion", json_new_string(a, SLICE_LIT("1")));
	json_put(a, held, SWITCH_RECORD_KEY, json_new_string(a, text));
	json_put(a, map, "metadata", metadata);
	json_put(a, map, "data", held);
	return map;
}

static void check_record(struct arena *a, const struct switch_record *r)
{
	for (size_t i = 0; i < r->restart_count; i++)
		require(switch_path(a, "team", r->restarts[i].kind, r->restarts[i].name) != NULL, "a restart is of a kind that has a path");
	for (size_t i = 0; i < r->map_count; i++)
		must(r->maps[i].name && *r->maps[i].name && !strchr(r->maps[i].name, '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct switch_record record, again;
	struct err err = {""};
	const struct json *sent;

	json_setup();
	if (memchr(data, 0, size) == NULL && switch_record_parse(&a, config_map_of(&a, (struct slice){(const char *)data, size}), &record, &err) == 0) {
		check_record(&a, &record);
		struct slice printed = switch_record_print(&a, "team", &record);
		require(json_parse(&a, printed, &sent, &err) == 0, "what is printed is JSON");
		require(switch_record_parse(&a, sent, &again, &err) == 0, "what is printed is a record");
		require(slice_eq(printed, switch_record_print(&a, "team", &again)), "and the same");
		require(strcmp(switch_record_digest(&a, &record), switch_record_digest(&a, &again)) == 0, "of the same name");
	}
	arena_release(&a);
	return 0;
}
