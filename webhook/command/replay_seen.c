#include "command/replay_seen.h"

#include "admission/subject.h"
#include "base/digest.h"
#include "base/json_write.h"

#include <stdlib.h>

#define HASH_HEX 16 /* digits of 64 bits */

struct slot {
	char key[HASH_HEX], content[HASH_HEX];
};

struct replay_seen {
	struct slot slots[SEEN_SLOTS];
};

struct replay_seen *replay_seen_new(void)
{
	struct replay_seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		out_of_memory();
	return seen;
}

void replay_seen_free(struct replay_seen *seen)
{
	free(seen);
}

/* ---- what is judged ---- */

static void add_member(struct buf *out, const struct json *v)
{
	if (v)
		buf_add(out, json_print(out->arena, v));
	buf_addc(out, '\n');
}

static void add_images(struct buf *out, const struct json *spec, const char *list)
{
	struct json_writer w = json_writer(out);

	json_write_open(&w, '[');
	JSON_EACH(c, json_get(spec, list)) {
		json_write_string(&w, slice_of(json_text(json_get(c, "name"), "")));
		json_write_string(&w, slice_of(json_text(json_get(c, "image"), "")));
	}
	json_write_close(&w, ']');
}

static struct slice content_of(struct arena *a, const struct review *review, const struct json *object)
{
	struct buf out = buf_in(a);
	struct subject subject;

	if (subject_of(object, review->kind, &subject) < 0)
		return SLICE_LIT("");
	if (subject.controller) {
		add_member(&out, subject.metadata);
		add_member(&out, subject.spec);
	} else {
		add_images(&out, subject.spec, "containers");
		add_images(&out, subject.spec, "initContainers");
		add_images(&out, subject.spec, "ephemeralContainers");
	}
	return buf_slice(&out);
}

/* ---- the table ---- */

static struct slot slot_of(struct arena *a, const struct review *r, const struct json *object)
{
	struct slice name = slice_of(arena_join(a, r->group, "/", r->resource, "/", r->namespace, "/", r->name));
	struct slot slot;
	char hex[SHA256_HEX];

	sha256_hex(name, hex);
	memcpy(slot.key, hex, HASH_HEX);
	sha256_hex(content_of(a, r, object), hex);
	memcpy(slot.content, hex, HASH_HEX);
	return slot;
}

static size_t index_of(const struct slot *slot)
{
	size_t index = 0;

	for (size_t i = 0; i < 4; i++)
		index = index * 16 + (size_t)(slot->key[i] <= '9' ? slot->key[i] - '0' : slot->key[i] - 'a' + 10);
	return index % SEEN_SLOTS;
}

enum seen replay_seen_compare(const struct replay_seen *seen, struct arena *a, const struct review *review,
			      const struct json *object)
{
	struct slot now = slot_of(a, review, object);
	const struct slot *then = &seen->slots[index_of(&now)];

	if (memcmp(then->key, now.key, HASH_HEX) != 0)
		return SEEN_NEVER;
	return memcmp(then->content, now.content, HASH_HEX) == 0 ? SEEN_SAME : SEEN_CHANGED;
}

void replay_seen_put(struct replay_seen *seen, struct arena *a, const struct review *review, const struct json *object)
{
	struct slot now = slot_of(a, review, object);

	seen->slots[index_of(&now)] = now;
}

/* ---- patches ---- */

static bool json_patch_matters(const struct json *patch)
{
	JSON_EACH(op, patch) {
		const char *path = json_text(json_get(op, "path"), "");
		if (strcmp(path, "") == 0 || strcmp(path, "/spec") == 0 || slice_starts(slice_of(path), "/spec/") ||
		    strcmp(path, "/template") == 0 || slice_starts(slice_of(path), "/template/"))
			return true;
	}
	return false;
}

bool replay_patch_matters(const struct json *patch)
{
	if (json_type(patch) == JSON_ARRAY)
		return json_patch_matters(patch);
	/* What cannot be read may be anything. */
	return json_type(patch) != JSON_OBJECT || json_has(patch, "spec") || json_has(patch, "template");
}
