/*
 * YAML text to trees, over libyaml's events.
 *
 * Why not libyaml's own loader: it turns aliases into cycles, accepts duplicate keys and has no bounds. The
 * scanner has no depth limit either and needs quadratic time on deep nesting, but it looks ahead
 * at most 1,024 characters (the longest simple key), so stopping at the first event that is too deep
 * bounds it.
 */
#include "base/yaml_node.h"

#include "base/limits.h"

#include <yaml.h>

/* Anchors of one document are searched one by one, from the latest. */
#define ANCHORS_MAX 1000

/* libyaml compares every %TAG directive with all earlier ones. */
#define DIRECTIVES_MAX 64

struct anchor {
	struct slice name;
	struct yaml_node *node;
};

/* An open collection. */
struct level {
	struct yaml_node *node;
	const struct yaml_node *key; /* of a mapping, while its value is awaited */
	unsigned key_line;
};

struct reader {
	struct arena *arena;
	enum yaml_flavour flavour;
	struct slice text;
	yaml_parser_t parser;
	struct level levels[LIMIT_YAML_DEPTH];
	unsigned depth;
	struct anchor *anchors;
	size_t anchor_count, anchor_cap;
	struct yaml_tree tree; /* of the current document */
	struct yaml_trees trees;
	size_t *budget;
	size_t chars, bytes; /* the same position in both units */
	struct err *err;
};

static unsigned line_of(const yaml_event_t *event)
{
	return (unsigned)event->start_mark.line + 1;
}

/* libyaml counts characters. Marks come in order, so one pass over the text serves all. */
static size_t byte_at(struct reader *r, size_t chars)
{
	while (r->chars < chars && r->bytes < r->text.len) {
		r->bytes++;
		while (r->bytes < r->text.len && ((unsigned char)r->text.ptr[r->bytes] & 0xC0) == 0x80)
			r->bytes++;
		r->chars++;
	}
	return r->bytes;
}

static struct yaml_node *new_node(struct reader *r, enum yaml_node_kind kind, const yaml_event_t *event)
{
	struct yaml_node *node = ARENA_NEW(r->arena, struct yaml_node);

	node->kind = kind;
	node->line = line_of(event);
	return node;
}

/* ---- scalars ---- */

static const char CORE_TAG[] = "tag:yaml.org,2002:";

/* A scalar with an explicit tag must be of that type. */
static int apply_tag(struct yaml_node *node, const char *tag, struct err *err)
{
	static const char *const names[] = {
		[YAML_NULL] = "null", [YAML_BOOL] = "bool", [YAML_INT] = "int", [YAML_FLOAT] = "float"};
	struct slice name = slice_of(tag);

	if (!slice_skip(&name, SLICE_LIT(CORE_TAG)))
		return err_set(err, "line %u: tag '%s' is not supported", node->line, tag);
	if (slice_is(name, "str"))
		return 0;
	node->scalar = yaml_scalar_resolve(node->text);
	/* Upstream makes a float of an int64, but not of a uint64. */
	if (slice_is(name, "float") && node->scalar.type == YAML_INT &&
	    (node->scalar.truth || node->scalar.magnitude <= INT64_MAX)) {
		double number = (double)node->scalar.magnitude;
		node->scalar =
			(struct yaml_scalar){.type = YAML_FLOAT, .number = node->scalar.truth ? -number : number};
	}
	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_is(name, names[i]))
			return node->scalar.type == i ? 0
						      : err_set(err, "line %u: '%.*s' is not of type !!%s", node->line,
								SLICE_ARG(node->text), names[i]);
	return err_set(err, "line %u: tag '!!%.*s' is not supported here", node->line, SLICE_ARG(name));
}

static int check_strict_scalar(const struct yaml_node *node, bool plain, struct err *err)
{
	if (!plain || yaml_scalar_is_clear(node->text))
		return 0;
	return err_set(err, "line %u: '%.*s' without quotes means different things to different readers: quote it",
		       node->line, SLICE_ARG(node->text));
}

static int set_scalar(struct reader *r, struct yaml_node *node, const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;
	bool plain = event->data.scalar.plain_implicit;

	if (memchr(node->text.ptr, '\0', node->text.len))
		return err_set(r->err, "line %u: a string holds a NUL character", node->line);
	node->scalar.type = YAML_STRING;
	node->merge_key = plain && !tag && slice_is(node->text, "<<");
	if (r->flavour == YAML_STRICT && check_strict_scalar(node, plain, r->err) < 0)
		return -1;
	if (tag)
		return apply_tag(node, tag, r->err);
	if (plain)
		node->scalar = yaml_scalar_resolve(node->text);
	return 0;
}

static int read_scalar(struct reader *r, const yaml_event_t *event, struct yaml_node **ret)
{
	struct yaml_node *node = new_node(r, YAML_NODE_SCALAR, event);

	node->text = arena_copy(r->arena, (struct slice){(const char *)event->data.scalar.value,
							 event->data.scalar.length});
	node->literal = event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE;
	if (set_scalar(r, node, event) < 0)
		return -1;
	*ret = node;
	return 0;
}

/* ---- anchors ---- */

static int add_anchor(struct reader *r, const yaml_char_t *name, struct yaml_node *node)
{
	if (!name)
		return 0;
	if (r->anchor_count == ANCHORS_MAX)
		return err_set(r->err, "line %u: more than %d anchors in one document", node->line, ANCHORS_MAX);
	r->anchors = arena_grow(r->arena, r->anchors, &r->anchor_cap, r->anchor_count + 1, sizeof(*r->anchors));
	r->anchors[r->anchor_count++] =
		(struct anchor){arena_copy(r->arena, slice_of((const char *)name)), node};
	return 0;
}

static int read_alias(struct reader *r, const yaml_event_t *event, struct yaml_node **ret)
{
	struct slice name = slice_of((const char *)event->data.alias.anchor);
	struct yaml_node *node = new_node(r, YAML_NODE_ALIAS, event);

	for (size_t i = r->anchor_count; i-- > 0 && !node->target;)
		if (slice_eq(r->anchors[i].name, name))
			node->target = r->anchors[i].node;
	if (!node->target)
		return err_set(r->err, "line %u: no anchor '%.*s' comes before this", node->line, SLICE_ARG(name));
	if (node->target->open)
		return err_set(r->err, "line %u: anchor '%.*s' contains itself", node->line, SLICE_ARG(name));
	*ret = node;
	return 0;
}

/* ---- collections ---- */

/* The text of a key: any scalar, as sigs.k8s.io/yaml spells it. */
static int key_text(struct reader *r, const struct yaml_node *key, struct slice *ret)
{
	unsigned line = key->line;

	if (key->kind == YAML_NODE_ALIAS)
		key = key->target;
	if (key->kind != YAML_NODE_SCALAR)
		return err_set(r->err, "line %u: a key must be a string (is this a template, '{{ ... }}'? render it first)",
			       line);
	if (key->scalar.type == YAML_STRING) {
		*ret = key->text;
		return 0;
	}
	const char *text = yaml_scalar_key(r->arena, &key->scalar);
	if (!text || r->flavour == YAML_STRICT)
		return err_set(r->err, "line %u: key '%.*s' is not a string: quote it", line, SLICE_ARG(key->text));
	*ret = slice_of(text);
	return 0;
}

static int add_item(struct reader *r, struct level *level, struct yaml_node *value)
{
	struct yaml_node *to = level->node;
	struct yaml_item item = {.line = value->line, .value = value};

	if (to->kind == YAML_NODE_MAPPING) {
		item.line = level->key_line;
		item.merge = level->key->merge_key;
		if (key_text(r, level->key, &item.key) < 0)
			return -1;
		level->key = NULL;
	}
	*ARENA_PUSH(r->arena, to->items, &to->cap, to->count) = item;
	return 0;
}

/* Put a node where it belongs: the root, an element, a key, or the value of the key before. */
static int place(struct reader *r, struct yaml_node *node)
{
	if (*r->budget == 0)
		return err_set(r->err, "line %u: more than %zu values: split it", node->line, yaml_values_max(r->flavour));
	(*r->budget)--;
	if (r->depth == 0) {
		r->tree.root = node;
		return 0;
	}

	struct level *level = &r->levels[r->depth - 1];
	if (level->node->kind == YAML_NODE_MAPPING && !level->key) {
		struct slice ignored;
		level->key = node;
		level->key_line = node->line;
		return key_text(r, node, &ignored);
	}
	return add_item(r, level, node);
}

static int check_collection_tag(struct reader *r, const yaml_char_t *tag, const char *expected, unsigned line)
{
	struct slice name = slice_of(tag ? (const char *)tag : "");

	if (!tag || (slice_skip(&name, SLICE_LIT(CORE_TAG)) && slice_is(name, expected)))
		return 0;
	return err_set(r->err, "line %u: tag '%s' is not supported here", line, (const char *)tag);
}

static int open_collection(struct reader *r, struct yaml_node *node)
{
	if (place(r, node) < 0)
		return -1;
	if (r->depth == LIMIT_YAML_DEPTH)
		return err_set(r->err, "line %u: nested deeper than %d levels", node->line, LIMIT_YAML_DEPTH);
	node->open = true;
	r->levels[r->depth++] = (struct level){.node = node};
	return 0;
}

static int close_collection(struct reader *r)
{
	struct yaml_node *node = r->levels[--r->depth].node;

	node->open = false;
	if (node->kind == YAML_NODE_MAPPING)
		return yaml_complete_mapping(r->arena, node, r->budget, r->err);
	return 0;
}

/* ---- events ---- */

static int forbid_in_strict(const struct reader *r, const yaml_event_t *event, const yaml_char_t *anchor, bool tag)
{
	if (r->flavour != YAML_STRICT || (!anchor && !tag))
		return 0;
	return err_set(r->err, "line %u: %s are not used in this kind of file", line_of(event),
		       anchor ? "anchors and aliases" : "tags");
}

static int on_scalar(struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = event->data.scalar.anchor;
	/* "!" is a tag too: it makes a quoted word count as plain. */
	bool tag = event->data.scalar.tag ||
		   (event->data.scalar.plain_implicit && event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE);
	struct yaml_node *node = NULL;

	if (forbid_in_strict(r, event, anchor, tag) < 0 || read_scalar(r, event, &node) < 0 ||
	    add_anchor(r, anchor, node) < 0)
		return -1;
	return place(r, node);
}

static int on_sequence(struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = event->data.sequence_start.anchor, *tag = event->data.sequence_start.tag;
	struct yaml_node *node = new_node(r, YAML_NODE_SEQUENCE, event);

	if (forbid_in_strict(r, event, anchor, tag) < 0 || check_collection_tag(r, tag, "seq", node->line) < 0 ||
	    add_anchor(r, anchor, node) < 0)
		return -1;
	return open_collection(r, node);
}

static int on_mapping(struct reader *r, const yaml_event_t *event)
{
	const yaml_char_t *anchor = event->data.mapping_start.anchor, *tag = event->data.mapping_start.tag;
	struct yaml_node *node = new_node(r, YAML_NODE_MAPPING, event);

	if (forbid_in_strict(r, event, anchor, tag) < 0 || check_collection_tag(r, tag, "map", node->line) < 0 ||
	    add_anchor(r, anchor, node) < 0)
		return -1;
	return open_collection(r, node);
}

static int on_alias(struct reader *r, const yaml_event_t *event)
{
	struct yaml_node *node = NULL;

	if (forbid_in_strict(r, event, event->data.alias.anchor, false) < 0 || read_alias(r, event, &node) < 0)
		return -1;
	return place(r, node);
}

/* kubectl refuses a document that says 1.2; we would read it as 1.1. */
static int start_document(struct reader *r, const yaml_event_t *event)
{
	const yaml_version_directive_t *version = event->data.document_start.version_directive;

	r->tree = (struct yaml_tree){.root = NULL};
	r->anchor_count = 0;
	if (version && (version->major != 1 || version->minor != 1))
		return err_set(r->err, "line %u: kubectl reads YAML 1.1, not %d.%d", line_of(event), version->major,
			       version->minor);
	return 0;
}

static void end_document(struct reader *r, const yaml_event_t *event)
{
	struct yaml_trees *trees = &r->trees;

	r->tree.end = byte_at(r, event->end_mark.index);
	*ARENA_PUSH(r->arena, trees->items, &trees->cap, trees->count) = r->tree;
}

static int on_event(struct reader *r, const yaml_event_t *event)
{
	if (event->type != YAML_DOCUMENT_START_EVENT && !r->tree.root)
		r->tree.content = byte_at(r, event->start_mark.index);

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return start_document(r, event);
	case YAML_SCALAR_EVENT:
		return on_scalar(r, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_sequence(r, event);
	case YAML_MAPPING_START_EVENT:
		return on_mapping(r, event);
	case YAML_ALIAS_EVENT:
		return on_alias(r, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return close_collection(r);
	case YAML_DOCUMENT_END_EVENT:
		end_document(r, event);
		return 0;
	default:
		return 0;
	}
}

/* ---- the loop ---- */

static unsigned line_at_byte(struct slice text, size_t end)
{
	unsigned line = 1;

	for (size_t i = 0; i < end && i < text.len; i++)
		line += text.ptr[i] == '\n';
	return line;
}

static int parser_error(const struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	unsigned line = p->error == YAML_READER_ERROR ? line_at_byte(r->text, p->problem_offset)
						      : (unsigned)p->problem_mark.line + 1;
	const char *problem = p->problem ? p->problem : "out of memory";

	if (p->context)
		return err_set(r->err, "line %u: %s (%s, line %zu)", line, problem, p->context,
			       p->context_mark.line + 1);
	return err_set(r->err, "line %u: %s", line, problem);
}

static int read_events(struct reader *r)
{
	for (;;) {
		yaml_event_t event;
		if (!yaml_parser_parse(&r->parser, &event))
			return parser_error(r);
		int failed = on_event(r, &event);
		bool end = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
		if (failed < 0)
			return -1;
		if (end)
			return 0;
	}
}

static int check_directives(struct slice text, struct err *err)
{
	unsigned count = 0;
	size_t line = 0;

	for (struct slice rest = text; rest.len > 0;) {
		line++;
		if (slice_starts(slice_cut(&rest, '\n'), "%") && ++count > DIRECTIVES_MAX)
			return err_set(err, "line %zu: more than %d lines begin with '%%'", line, DIRECTIVES_MAX);
	}
	return 0;
}

int yaml_read(struct arena *a, struct slice text, enum yaml_flavour flavour, size_t *budget, struct yaml_trees *ret,
	      struct err *err)
{
	struct reader r = {.arena = a, .flavour = flavour, .text = text, .budget = budget, .err = err};

	if (check_directives(text, err) < 0)
		return -1;
	if (!yaml_parser_initialize(&r.parser))
		return err_set(err, "out of memory");
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)(text.ptr ? text.ptr : ""), text.len);
	int failed = read_events(&r);
	yaml_parser_delete(&r.parser);
	if (failed < 0)
		return -1;
	*ret = r.trees;
	return 0;
}
