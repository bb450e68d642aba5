/*
 * yaml_node.h - a YAML document as a tree that still knows its lines. Private to base/yaml.
 *
 * Values, not text: scalars are resolved, merges (`<<`) are done, no key occurs twice. An alias is a node
 * of its own that points to its target, which is always complete: there are no cycles. The tree is at most
 * LIMIT_YAML_DEPTH deep without aliases; with them, code that walks it counts levels and nodes.
 */
#ifndef BASE_YAML_NODE_H
#define BASE_YAML_NODE_H

#include "base/limits.h"
#include "base/yaml.h"
#include "base/yaml_scalar.h"

enum yaml_node_kind { YAML_NODE_SCALAR, YAML_NODE_SEQUENCE, YAML_NODE_MAPPING, YAML_NODE_ALIAS };

struct yaml_item {
	struct slice key; /* of a mapping; {NULL, 0} in a sequence */
	unsigned line;    /* of the key, or of the element */
	bool merge;       /* key is `<<`: only until the mapping is complete */
	struct yaml_node *value;
};

struct yaml_node {
	enum yaml_node_kind kind;
	unsigned line;
	bool open;                 /* still being read: an alias to it would be a cycle */
	bool literal;              /* a scalar written as a literal block */
	bool merge_key;            /* a plain `<<` */
	struct slice text;         /* of a scalar, as it came */
	struct yaml_scalar scalar; /* of a scalar */
	struct yaml_item *items;   /* of a collection */
	size_t count, cap;
	struct yaml_node *target;  /* of an alias */
};

/* One document of the text. */
struct yaml_tree {
	struct yaml_node *root;
	size_t content, end; /* bytes: see struct yaml_document */
};

struct yaml_trees {
	struct yaml_tree *items;
	size_t count, cap;
};

/* The values that a text of that flavour may have. */
static inline size_t yaml_values_max(enum yaml_flavour flavour)
{
	return flavour == YAML_DUMP ? LIMIT_DUMP_NODES : LIMIT_YAML_NODES;
}

/* All documents of text (YAML, not JSON). At most *budget nodes are made, and deducted from it. */
MUST_CHECK int yaml_read(struct arena *a, struct slice text, enum yaml_flavour flavour, size_t *budget,
			 struct yaml_trees *ret, struct err *err);

/* Complete a mapping whose items were all added: refuse a key that occurs twice, merge in what `<<`
 * brings. Merged items are deducted from *budget. */
MUST_CHECK int yaml_complete_mapping(struct arena *a, struct yaml_node *mapping, size_t *budget, struct err *err);

#endif
