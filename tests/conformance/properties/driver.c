/*
 * driver.c - sparkgate's properties texts behind a pipe, for the oracle in Java.
 *
 * In, one text a line, in hexadecimal. Out, one JSON object a line:
 *	{"read": {key: value, ...} or null where the text is malformed,
 *	 "undone": true if undo(apply(X, U)) == U for every set of edits,
 *	 "applied": [the text after each set of edits, in hexadecimal]}
 * A key that stands twice is printed twice, in file order.
 */
#include "base/json_write.h"
#include "spark/properties.h"

#include <stdio.h>
#include <stdlib.h>

#define EDIT(k, v) {{(k), sizeof(k) - 1}, {(v), sizeof(v) - 1}}
#define DISABLE(k) {{(k), sizeof(k) - 1}, {NULL, 0}}

/* run.py knows the same sets. */
static const struct property_edit none[1];
static const struct property_edit plain[] = {EDIT("spark.master", "spark://h:7077"), DISABLE("spark.app.id")};
static const struct property_edit odd[] = {EDIT("# k=:\t\f\\", "\\ \n\t=\r x\\"), EDIT("", ":"), DISABLE("a")};

static const struct {
	const struct property_edit *edits;
	size_t count;
} sets[] = {{none, 0}, {plain, 2}, {odd, 3}};

static struct slice from_hex(struct arena *a, const char *hex)
{
	struct buf text = buf_in(a);
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		buf_addc(&text, (char)byte);
	return buf_slice(&text);
}

static struct slice to_hex(struct arena *a, struct slice text)
{
	struct buf hex = buf_in(a);

	for (size_t i = 0; i < text.len; i++)
		buf_printf(&hex, "%02x", (unsigned)(unsigned char)text.ptr[i]);
	return buf_slice(&hex);
}

static void write_read(struct json_writer *w, struct arena *a, struct slice text)
{
	struct properties p;
	struct err err;

	json_write_key(w, SLICE_LIT("read"));
	if (properties_parse(a, text, &p, &err) < 0) {
		json_write_null(w);
		return;
	}
	json_write_open(w, '{');
	for (size_t i = 0; i < p.count; i++) {
		json_write_key(w, p.items[i].key);
		json_write_string(w, p.items[i].value);
	}
	json_write_close(w, '}');
}

static void write_applied(struct json_writer *w, struct arena *a, struct slice text)
{
	bool undone = true;

	json_write_key(w, SLICE_LIT("applied"));
	json_write_open(w, '[');
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++) {
		struct slice applied = properties_apply(a, &(struct properties){.text = text}, BACKEND_STANDALONE, sets[i].edits, sets[i].count);

		undone = undone && slice_eq(properties_undo(a, applied), text);
		json_write_string(w, to_hex(a, applied));
	}
	json_write_close(w, ']');
	json_write_key(w, SLICE_LIT("undone"));
	json_write_bool(w, undone);
}

int main(void)
{
	struct arena a = ARENA_INIT;
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) >= 0) {
		struct slice text = from_hex(&a, line);
		struct buf out = buf_in(&a);
		struct json_writer w = json_writer(&out);

		json_write_open(&w, '{');
		write_read(&w, &a, text);
		write_applied(&w, &a, text);
		json_write_close(&w, '}');
		puts(buf_slice(&out).ptr);
		arena_reset(&a);
	}
	free(line);
	arena_release(&a);
	return 0;
}
