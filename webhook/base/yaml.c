#include "base/yaml_node.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <math.h>
#include <stdio.h>

/* ---- trees to JSON ---- */

/* No text without aliases grows more than this when it becomes JSON ("a," in a flow mapping becomes
 * "\"a\":null,", "\x01" becomes "\u0001"), so what grows more does so by aliases. */
#define GROWTH_MAX 6

struct converter {
	struct json_writer out;
	size_t nodes_left, bytes_max;
	struct err *err;
};

static void write_scalar(struct json_writer *w, const struct yaml_node *node)
{
	char text[YAML_FLOAT_CHARS];

	switch (node->scalar.type) {
	case YAML_NULL:
		json_write_null(w);
		return;
	case YAML_BOOL:
		json_write_bool(w, node->scalar.truth);
		return;
	case YAML_INT:
		snprintf(text, sizeof(text), "%s%llu", node->scalar.truth ? "-" : "",
			 (unsigned long long)node->scalar.magnitude);
		break;
	case YAML_FLOAT:
		yaml_scalar_print_float(node->scalar.number, text);
		break;
	case YAML_STRING:
		json_write_string(w, node->text);
		return;
	}
	json_write_raw(w, slice_of(text));
}

/* Recursion: at most LIMIT_YAML_DEPTH levels, aliases included. */
static int write_node(struct converter *c, const struct yaml_node *node, unsigned depth)
{
	if (node->kind == YAML_NODE_ALIAS)
		node = node->target;
	if (depth > LIMIT_YAML_DEPTH)
		return err_set(c->err, "line %u: aliases nest deeper than %d levels", node->line, LIMIT_YAML_DEPTH);
	if (c->nodes_left-- == 0 || c->out.out->len > c->bytes_max)
		return err_set(c->err, "line %u: aliases make this document too large", node->line);
	if (node->kind == YAML_NODE_SCALAR && node->scalar.type == YAML_FLOAT && !isfinite(node->scalar.number))
		return err_set(c->err, "line %u: '%.*s' is not a JSON number: quote it if it is a string", node->line,
			       SLICE_ARG(node->text));
	if (node->kind == YAML_NODE_SCALAR) {
		write_scalar(&c->out, node);
		return 0;
	}

	bool mapping = node->kind == YAML_NODE_MAPPING;
	json_write_open(&c->out, mapping ? '{' : '[');
	for (size_t i = 0; i < node->count; i++) {
		if (mapping)
			json_write_key(&c->out, node->items[i].key);
		if (write_node(c, node->items[i].value, depth + 1) < 0)
			return -1;
	}
	json_write_close(&c->out, mapping ? '}' : ']');
	return 0;
}

/* *nodes: what is left for this document and those behind it. */
static int to_json(struct arena *a, const struct yaml_node *root, size_t text_len, size_t *nodes, const struct json **ret,
		   struct err *err)
{
	struct buf text = buf_in(a);
	struct converter c = {.out = json_writer(&text),
			      .nodes_left = *nodes,
			      .bytes_max = GROWTH_MAX * text_len + 64,
			      .err = err};

	if (write_node(&c, root, 1) < 0)
		return -1;
	if (json_parse_limited(a, buf_slice(&text), *nodes, ret, err) < 0)
		return err_wrap(err, "line %u: this document", root->line);
	*nodes = c.nodes_left;
	return 0;
}

static int parse_yaml(struct arena *a, struct slice text, size_t offset, enum yaml_flavour flavour,
		      struct yaml_stream *ret, struct err *err)
{
	size_t budget = yaml_values_max(flavour), nodes = budget, start = 0;
	struct slice body = {text.ptr + offset, text.len - offset};
	struct yaml_trees trees;

	if (yaml_read(a, body, flavour, &budget, &trees, err) < 0)
		return -1;
	ret->items = ARENA_ARRAY(a, trees.count, struct yaml_document);
	ret->count = trees.count;
	for (size_t i = 0; i < trees.count; i++) {
		const struct yaml_tree *tree = &trees.items[i];
		struct yaml_document *document = &ret->items[i];
		document->line = tree->root->line;
		document->node = tree->root;
		document->start = start;
		document->content = tree->content + offset;
		document->end = start = i + 1 < trees.count ? tree->end + offset : text.len;
		if (to_json(a, tree->root, document->end - document->start, &nodes, &document->root, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- JSON input ---- */

static size_t skip_blanks(struct slice text, size_t at)
{
	while (at < text.len && memchr(" \t\r\n", text.ptr[at], 4))
		at++;
	return at;
}

/* Flow YAML ("{a: b}") begins with a bracket too; JSON goes on with a quote or another bracket. */
static bool is_json(struct slice text, size_t at)
{
	if (at == text.len || (text.ptr[at] != '{' && text.ptr[at] != '['))
		return false;
	at = skip_blanks(text, at + 1);
	return at < text.len && memchr("\"{}[]", text.ptr[at], 5);
}

/* The end of the string that begins at text[at]. */
static size_t skip_string(struct slice text, size_t at)
{
	for (at++; at < text.len && text.ptr[at] != '"'; at++)
		at += text.ptr[at] == '\\';
	return at < text.len ? at : text.len;
}

/* The end of the JSON value at text[at], or of the text if no bracket closes it: json_parse() says what is wrong then. */
static size_t value_end(struct slice text, size_t at)
{
	size_t depth = 0;

	for (; at < text.len; at++) {
		char c = text.ptr[at];
		if (c == '"')
			at = skip_string(text, at);
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && --depth == 0)
			return at + 1;
	}
	return text.len;
}

/* Skip what follows a value: blanks and a `---` that separates it from the next. */
static size_t skip_separator(struct slice text, size_t at)
{
	at = skip_blanks(text, at);
	if (text.len - at < 3 || memcmp(text.ptr + at, "---", 3) != 0)
		return at;
	return skip_blanks(text, at + 3);
}

/* JSON values and nothing else? A stream may begin with one and go on in YAML: then all of it is read as
 * YAML, of which JSON is a subset. */
static bool is_json_stream(struct slice text, size_t at)
{
	do
		if (!is_json(text, at))
			return false;
	while ((at = skip_separator(text, value_end(text, at))) < text.len);
	return true;
}

static int parse_json_value(struct arena *a, struct slice text, size_t nodes, struct yaml_document *document, struct err *err)
{
	size_t end = value_end(text, document->content);
	struct slice value = {text.ptr + document->content, end - document->content};

	document->end = skip_separator(text, end);
	if (json_parse_limited(a, value, nodes, &document->root, err) < 0)
		return err_wrap(err, "line %u: the JSON value that begins here", document->line);
	return 0;
}

static int parse_json(struct arena *a, struct slice text, size_t at, enum yaml_flavour flavour, struct yaml_stream *ret,
		      struct err *err)
{
	struct yaml_stream stream = {.text = text};
	size_t cap = 0, start = 0, counted = 0;
	unsigned line = 1;

	while (at < text.len) {
		struct yaml_document document = {.start = start, .content = at};
		for (; counted < at; counted++)
			line += text.ptr[counted] == '\n';
		document.line = line;
		if (parse_json_value(a, text, yaml_values_max(flavour), &document, err) < 0)
			return -1;
		start = at = document.end;
		*ARENA_PUSH(a, stream.items, &cap, stream.count) = document;
	}
	*ret = stream;
	return 0;
}

/* With a byte order mark or, as its first character is ASCII, without. */
static bool is_utf16(struct slice text)
{
	return slice_starts(text, "\xFF\xFE") || slice_starts(text, "\xFE\xFF") ||
	       (text.len >= 2 && (text.ptr[0] == '\0') != (text.ptr[1] == '\0'));
}

int yaml_parse(struct arena *a, struct slice text, enum yaml_flavour flavour, struct yaml_stream *ret,
	       struct err *err)
{
	static const char BOM[] = "\xEF\xBB\xBF";
	struct yaml_stream stream = {.text = text};
	size_t offset = slice_starts(text, BOM) ? sizeof(BOM) - 1 : 0;
	size_t first = skip_blanks(text, offset);

	if (is_utf16(text)) /* PowerShell's `>` */
		return err_set(err, "is UTF-16: save it as UTF-8");
	if (slice_starts(text, "\x1f\x8b"))
		return err_set(err, "is compressed with gzip: unpack it");
	int failed = is_json_stream(text, first) ? parse_json(a, text, first, flavour, &stream, err)
						 : parse_yaml(a, text, offset, flavour, &stream, err);

	if (failed < 0)
		return -1;
	*ret = stream;
	return 0;
}

/* ---- lines ---- */

/* Does the pointer's token name this member? ~0 and ~1 stand for ~ and / (RFC 6901). */
static bool token_is(struct slice token, const struct yaml_item *item)
{
	size_t at = 0;

	for (size_t i = 0; i < token.len; i++, at++) {
		char c = token.ptr[i];
		if (c == '~' && i + 1 < token.len && (token.ptr[i + 1] == '0' || token.ptr[i + 1] == '1'))
			c = token.ptr[++i] == '0' ? '~' : '/';
		if (at >= item->key.len || item->key.ptr[at] != c)
			return false;
	}
	return at == item->key.len;
}

static const struct yaml_item *find_item(const struct yaml_node *node, struct slice token)
{
	size_t index = 0;

	if (node->kind == YAML_NODE_MAPPING) {
		for (size_t i = 0; i < node->count; i++)
			if (token_is(token, &node->items[i]))
				return &node->items[i];
		return NULL;
	}
	for (size_t i = 0; i < token.len; i++) {
		if (token.ptr[i] < '0' || token.ptr[i] > '9' || index >= node->count)
			return NULL;
		index = index * 10 + (size_t)(token.ptr[i] - '0');
	}
	return token.len > 0 && index < node->count ? &node->items[index] : NULL;
}

/* The node at pointer; NULL where it leads nowhere. *line: that of the last thing found on the way. */
static const struct yaml_node *walk(const struct yaml_document *document, const char *pointer, unsigned *line)
{
	const struct yaml_node *node = document->node;
	struct slice rest = slice_of(pointer ? pointer : "");

	*line = document->line;
	if (rest.len > 0)
		(void)slice_cut(&rest, '/'); /* the empty part before the first slash */
	while (node && rest.len > 0) {
		const struct yaml_item *item =
			find_item(node->kind == YAML_NODE_ALIAS ? node->target : node, slice_cut(&rest, '/'));
		if (item)
			*line = item->line;
		node = item ? item->value : NULL;
	}
	return node && node->kind == YAML_NODE_ALIAS ? node->target : node;
}

unsigned yaml_line(const struct yaml_document *document, const char *pointer)
{
	unsigned line;

	(void)walk(document, pointer, &line);
	return line;
}

unsigned yaml_text_line(const struct yaml_document *document, const char *pointer, unsigned line)
{
	unsigned at;
	const struct yaml_node *node = walk(document, pointer, &at);

	return node && node->kind == YAML_NODE_SCALAR && node->literal && line > 0 ? node->line + line : at;
}
