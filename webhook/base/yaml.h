/*
 * yaml.h - YAML in and out: manifests as kubectl reads them, policy files
 * stricter than that, and `-o yaml`.
 *
 *	struct yaml_stream s;
 *	if (yaml_parse(arena, text, YAML_MANIFEST, &s, err) < 0)
 *		return err_wrap(err, "%s", path);      // "x.yaml: line 7: key 'name' appears twice in one mapping (first on line 3)"
 *	for (size_t i = 0; i < s.count; i++)
 *		use(s.items[i].root);                  // a struct json, whatever the text was
 *
 * Flavours. YAML_MANIFEST is what kubectl does (sigs.k8s.io/yaml, that is go-yaml
 * v2): `yes`, `on`, `012`, `0x1F`, `1_000`, `~` and `.5` are what YAML 1.1 makes of
 * them, anchors, aliases and `<<` are resolved. YAML_STRICT is for our own policy
 * files: only scalars of JSON; a plain word that some reader would take for
 * something else is an error that says "quote it"; no anchors, aliases or tags. YAML_DUMP is
 * YAML_MANIFEST with the bounds of what a cluster has (LIMIT_DUMP_NODES): for what people give to commands.
 *
 * Refused in all: a key that occurs twice in one mapping (go-yaml silently keeps the last), keys
 * that are not scalars, tags outside the core ones, NUL, what is not UTF-8, infinities (JSON has
 * none), and more than LIMIT_YAML_DEPTH levels or LIMIT_YAML_NODES values in all documents together, aliases
 * counted as often as they are used.
 *
 * A text of nothing but JSON objects and arrays, one or several in a row or separated by `---`, is
 * read as JSON (base/json.h). What tells it from flow YAML: a quote or another bracket after each opening one.
 *
 * Errors begin with "line N: ", but for what is no text of ours as a whole (UTF-16, gzip). Ownership: everything lives in the arena; the stream
 * points into text. Threads: as the arena. json_setup() must have run.
 */
#ifndef BASE_YAML_H
#define BASE_YAML_H

#include "base/json.h"

enum yaml_flavour { YAML_MANIFEST, YAML_STRICT, YAML_DUMP };

struct yaml_node; /* private: the document with its lines */

struct yaml_document {
	const struct json *root; /* JSON_NULL for an empty document, never a NULL pointer */
	unsigned line;           /* of its first content, from 1 */
	size_t start, end; /* its bytes in the stream's text, `---`, comments and all: documents adjoin */
	size_t content;    /* where its first value begins: start..content is `---` and comments */
	const struct yaml_node *node; /* private; NULL where it was JSON */
};

struct yaml_stream {
	struct slice text;
	struct yaml_document *items;
	size_t count; /* documents without any content (only comments) are among them, root JSON_NULL */
};

/* Read all documents of text. -1 with err, *ret untouched. */
MUST_CHECK int yaml_parse(struct arena *a, struct slice text, enum yaml_flavour flavour, struct yaml_stream *ret,
			  struct err *err);

/* The line of what pointer names ("/spec/containers/0/args"): of its key, or of its nearest
 * ancestor that is there. The document's own first line if it was JSON. */
unsigned yaml_line(const struct yaml_document *document, const char *pointer);

/* The file's line of line `line` (from 1) of the text at pointer, if that is a literal block (`|`),
 * whose lines are lines of the file; else yaml_line(). */
unsigned yaml_text_line(const struct yaml_document *document, const char *pointer, unsigned line);

/* v as one YAML document in block style, without `---`, that kubectl reads back as v: ambiguous
 * strings are quoted, texts of several lines are literal blocks. */
struct slice yaml_print(struct arena *a, const struct json *v);

#endif
