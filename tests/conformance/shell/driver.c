/*
 * driver.c - sparkgate's shell lexer and command-line editor behind a pipe, for the oracle in Python.
 *
 * In, one case a line, each field in hexadecimal:
 *	parse TEXT              -> {"commands": [[word, ...], ...]}, a word is a string, or null where it
 *	                           holds an expansion; {"error": "..."} where the text cannot be read
 *	set TEXT KEY VALUE ...  -> {"lines": N, "unlocated": why or "", "text": the text after cmdline_set()}, as the
 *	                           last argument of `sh -c` in a container; "error" where a line does not take it
 *	fill TEXT KEY VALUE ... -> the same: cmdline_set() for the first key, cmdline_default() for the others; what a line
 *	                           does not take is left out
 */
#include "base/json_write.h"
#include "spark/cmdline.h"
#include "spark/shell.h"

#include <stdio.h>
#include <stdlib.h>

static struct slice from_hex(struct arena *a, const char *hex)
{
	struct buf text = buf_in(a);
	unsigned byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		buf_addc(&text, (char)byte);
	return buf_slice(&text);
}

static void parse(struct arena *a, struct json_writer *w, struct slice text)
{
	struct shell sh;
	struct err err = {""};

	if (shell_parse(a, text, NULL, &sh, &err) < 0) {
		json_write_member(w, "error", err.text);
		return;
	}
	json_write_key(w, SLICE_LIT("commands"));
	json_write_open(w, '[');
	for (size_t i = 0; i < sh.count; i++) {
		json_write_open(w, '[');
		for (size_t j = 0; j < sh.commands[i].count; j++) {
			const struct word *word = sh.commands[i].words[j];

			if (word->literal)
				json_write_string(w, word->value);
			else
				json_write_null(w);
		}
		json_write_close(w, ']');
	}
	json_write_close(w, ']');
}

static const struct json *container_of(struct arena *a, struct slice text)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);
	const struct json *container = NULL;
	struct err err;

	buf_adds(&out, "{\"name\":\"c\",\"command\":[\"sh\",\"-c\",");
	json_write_string(&w, text);
	buf_adds(&out, "]}");
	return json_parse(a, buf_slice(&out), &container, &err) < 0 ? NULL : container;
}

static bool write_pair(struct cmdline *line, const struct slice *pair, bool fills, struct changes *changes, struct err *err)
{
	if (!fills)
		return cmdline_set(line, pair[0], pair[1], "r", changes, err) == 0;
	(void)!cmdline_default(line, pair[0], pair[1], "r", changes, err); /* may be left out */
	return true;
}

static void set(struct arena *a, struct json_writer *w, struct slice text, struct slice *pairs, size_t count, bool fills)
{
	const struct json *container = container_of(a, text);
	struct json_patch patch = json_patch_in(a);
	struct changes changes = {0};
	struct cmdlines lines;
	struct json *result = NULL;
	struct err err = {""};
	bool ok = container && cmdlines_find(NULL, a, container, "", NULL, &lines, &err) == 0;

	for (size_t i = 0; ok && i < lines.count; i++)
		for (size_t j = 0; ok && j + 1 < count; j += 2)
			ok = write_pair(cmdlines_at(&lines, i), &pairs[j], fills && j > 0, &changes, &err);
	if (ok) {
		cmdlines_patch(&lines, &patch);
		ok = json_patch_apply(a, container, &patch, &result, &err) == 0;
	}
	if (!ok) {
		json_write_member(w, "error", err.text);
		return;
	}
	json_write_key(w, SLICE_LIT("lines"));
	json_write_int(w, (int64_t)lines.count);
	json_write_member(w, "unlocated", lines.why_unlocated ? lines.why_unlocated : "");
	json_write_member(w, "text", json_text(json_at(json_get(result, "command"), 2), ""));
}

static void answer(struct arena *a, char *line)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);
	struct slice fields[16];
	size_t count = 0;
	char *state, *verb = strtok_r(line, " \n", &state);

	for (char *field; verb && count < 16 && (field = strtok_r(NULL, " \n", &state));)
		fields[count++] = from_hex(a, field[0] == '-' ? "" : field);
	json_write_open(&w, '{');
	if (count > 0 && strcmp(verb, "parse") == 0)
		parse(a, &w, fields[0]);
	else if (count > 0)
		set(a, &w, fields[0], fields + 1, count - 1, strcmp(verb, "fill") == 0);
	json_write_close(&w, '}');
	puts(buf_slice(&out).ptr);
}

int main(void)
{
	struct arena arena = ARENA_INIT;
	char *line = NULL;
	size_t cap = 0;

	json_setup();
	while (getline(&line, &cap, stdin) > 0) {
		answer(&arena, line);
		arena_reset(&arena);
	}
	free(line);
	arena_release(&arena);
	return 0;
}
