/*
 * Mappings: duplicate keys, and merge keys.
 *
 * go-yaml v2 simply sets one key after the other in its map, so where `<<` follows a key that it also
 * brings, the merged value wins, against the YAML specification. kubectl sends that, so it is what counts here.
 */
#include "base/yaml_node.h"

#include "base/limits.h"

#include <stdlib.h>

/* An item with its place: sorting by key must not lose which came first. */
struct ranked {
	const struct yaml_item *item;
	size_t rank;
};

static int by_key_then_rank(const void *left, const void *right)
{
	const struct ranked *a = left, *b = right;
	int order = slice_order(a->item->key, b->item->key);

	return order ? order : a->rank < b->rank ? -1 : 1;
}

static struct ranked *sort_items(struct arena *a, const struct yaml_item *items, size_t count)
{
	struct ranked *ranked = ARENA_ARRAY(a, count, struct ranked);

	for (size_t i = 0; i < count; i++)
		ranked[i] = (struct ranked){&items[i], i};
	qsort(ranked, count, sizeof(*ranked), by_key_then_rank);
	return ranked;
}

static int refuse_duplicates(struct arena *a, const struct yaml_node *mapping, struct err *err)
{
	const struct ranked *sorted = sort_items(a, mapping->items, mapping->count);

	for (size_t i = 1; i < mapping->count; i++) {
		const struct yaml_item *first = sorted[i - 1].item, *second = sorted[i].item;
		if (!first->merge && !second->merge && slice_eq(first->key, second->key))
			return err_set(err, "line %u: key '%.*s' appears twice in one mapping (first on line %u)",
				       second->line, SLICE_ARG(second->key), first->line);
	}
	return 0;
}

static void add_item(struct arena *a, struct yaml_node *to, struct yaml_item item)
{
	*ARENA_PUSH(a, to->items, &to->cap, to->count) = item;
}

static const struct yaml_node *follow(const struct yaml_node *node)
{
	return node->kind == YAML_NODE_ALIAS ? node->target : node;
}

static int merge_mapping(struct arena *a, struct yaml_node *to, const struct yaml_node *from, unsigned line,
			 size_t *budget, struct err *err)
{
	from = follow(from);
	if (from->kind != YAML_NODE_MAPPING)
		return err_set(err, "line %u: '<<' takes a mapping or a list of mappings", line);
	if (from->count > *budget)
		return err_set(err, "line %u: too many values after merging", line);
	*budget -= from->count;
	for (size_t i = 0; i < from->count; i++)
		add_item(a, to, from->items[i]);
	return 0;
}

/* In a list the first one wins, so it is merged last. */
static int merge_value(struct arena *a, struct yaml_node *to, const struct yaml_item *item, size_t *budget,
		       struct err *err)
{
	/* An alias to a list is refused by go-yaml as well. */
	if (item->value->kind != YAML_NODE_SEQUENCE)
		return merge_mapping(a, to, item->value, item->line, budget, err);
	for (size_t i = item->value->count; i-- > 0;)
		if (merge_mapping(a, to, item->value->items[i].value, item->line, budget, err) < 0)
			return -1;
	return 0;
}

/* Of the items with one key, keep the last. */
static void keep_last(struct arena *a, struct yaml_node *mapping)
{
	const struct ranked *sorted = sort_items(a, mapping->items, mapping->count);
	bool *lost = ARENA_ARRAY(a, mapping->count, bool);
	size_t kept = 0;

	for (size_t i = 1; i < mapping->count; i++)
		if (slice_eq(sorted[i - 1].item->key, sorted[i].item->key))
			lost[sorted[i - 1].rank] = true;
	for (size_t i = 0; i < mapping->count; i++)
		if (!lost[i])
			mapping->items[kept++] = mapping->items[i];
	mapping->count = kept;
}

static int merge_all(struct arena *a, struct yaml_node *mapping, size_t *budget, struct err *err)
{
	struct yaml_node merged = {.kind = YAML_NODE_MAPPING};

	for (size_t i = 0; i < mapping->count; i++) {
		const struct yaml_item *item = &mapping->items[i];
		if (!item->merge)
			add_item(a, &merged, *item);
		else if (merge_value(a, &merged, item, budget, err) < 0)
			return -1;
	}
	keep_last(a, &merged);
	mapping->items = merged.items;
	mapping->count = merged.count;
	mapping->cap = merged.cap;
	return 0;
}

int yaml_complete_mapping(struct arena *a, struct yaml_node *mapping, size_t *budget, struct err *err)
{
	if (refuse_duplicates(a, mapping, err) < 0)
		return -1;
	for (size_t i = 0; i < mapping->count; i++)
		if (mapping->items[i].merge)
			return merge_all(a, mapping, budget, err);
	return 0;
}
