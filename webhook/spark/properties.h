/*
 * properties.h - a java.util.Properties text as Spark reads it
 * (Utils.getPropertiesFromFile: Properties.load of UTF-8, then each value
 * trimmed), with every byte range kept, so that it can be edited in place.
 *
 *	struct properties p;
 *	if (properties_parse(arena, text, &p, err) < 0)
 *		return err_wrap(err, "ConfigMap '%s', key '%s'", ...);
 *	const struct property *m = properties_find(&p, SLICE_LIT("spark.master"));
 *
 * Grammar: spark-backends section 2 (separators, continuation lines, escapes,
 * comments, duplicates, line ends). A malformed \u escape is an error, since
 * Spark would not start.
 *
 * Our own marks (docs/contract.md 4) are comments to Spark and to this parser:
 *	#sparkgate:begin <backend> <first 8 hex digits of the SHA-256 of the block's body>
 *	spark.master=...
 *	#sparkgate:end
 *	#sparkgate:off <original bytes of a line that must go>
 * Laws: properties_undo(properties_apply(X, U)) == U for every text U;
 * rewrite(B, rewrite(A, T)) is byte-equal to rewrite(B, T).
 *
 * Ownership: everything in the arena, slices into text where nothing was
 * unescaped. Threads: as the arena.
 */
#ifndef SPARK_PROPERTIES_H
#define SPARK_PROPERTIES_H

#include "base/arena.h"
#include "policy/policy.h"
#include "spark/setting.h"

/* Settings of one text. The longest files in use have a few hundred; this bounds the memory that a hostile text of
 * one-byte lines can take. */
#define PROPERTIES_MAX 20000

struct property {
	struct slice key, value; /* unescaped; value trimmed as Spark does */
	size_t start, end;       /* bytes of the logical line, its line end included */
	unsigned line;           /* first physical line, from 1, in the text as its user wrote it; 0: in our block */
};

struct properties {
	struct slice text;
	struct property *items; /* in file order, duplicates included */
	size_t count;
	bool escaped; /* one of them has a backslash in its line */
};

/* Parse. Lines are those of the user, who has the text without our block. -1: malformed \u (err names the line), or more
 * than PROPERTIES_MAX settings. Bytes that are not UTF-8 stay as they are (Spark would see U+FFFD); a BOM becomes part of
 * the first key, as for Spark. */
MUST_CHECK int properties_parse(struct arena *a, struct slice text, struct properties *ret, struct err *err);

/* The one that wins (the last); NULL where key is not set. */
const struct property *properties_find(const struct properties *p, struct slice key);

/* The settings of p, in file order, as `like` says where they are from; key, value, literal and place.line are filled in. Of a key
 * set twice only the last, which wins; keys that do not begin with "spark." are left out, as Spark does. A value with "${" is not
 * literal. */
void properties_settings(struct arena *a, const struct properties *p, const struct setting *like, struct settings *list);

/* The text as its user wrote it, our marks undone. Total: every text has a result. A begin or end mark that is not part
 * of a block with the right hash is removed by itself. */
struct slice properties_undo(struct arena *a, struct slice text);

/* The number of lines that our block takes at the very top of text; 0 where there is no block as we wrote it. */
unsigned properties_block_lines(struct slice text);

/* What apply does to one key. */
struct property_edit {
	struct slice key;
	struct slice value; /* ptr NULL: disable: the user's lines go and nothing is added */
};

/* The user's text (already undone) with the edits: lines of edited keys become #sparkgate:off, new values go into one
 * block at the very top, in the order of edits. A user's line that looks like a mark becomes #sparkgate:off too, even
 * without edits, or the next undo would take it for ours. No edits and no such line: the text itself. Do not pass an
 * edit that the text satisfies already. Values are escaped just enough for Properties.load to give them back. Of *user
 * the text is enough; what properties_parse() made of it is not looked for again. */
struct slice properties_apply(struct arena *a, const struct properties *user, enum backend backend,
			      const struct property_edit *edits, size_t count);

#endif
