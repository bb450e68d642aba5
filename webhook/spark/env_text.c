#include "spark/env_text.h"

#include <stdlib.h>

#include "base/buf.h"
#include "spark/kube_refs.h"
#include "spark/shell_names.h"

/* More than any real command has. */
#define PUT_IN_BYTES (256u * 1024)

struct env_texts env_texts_of(struct arena *a, const struct environment *env)
{
	return (struct env_texts){.a = a, .env = env, .budget = PUT_IN_BYTES};
}

/* ---- what the kubelet makes of a value ---- */

static struct env_value value_of(const struct env_texts *texts, const struct env_item *item)
{
	return item->kind == ENV_TEXT ? (struct env_value){item->value, item->value.len} : texts->resolved[item->order];
}

static bool afford(struct env_texts *texts, struct slice value)
{
	bool can = value.len < texts->budget;

	texts->budget = can ? texts->budget - value.len - 1 : 0; /* even an empty one costs a search */
	return can;
}

/* Append to out what name refers to: its value, or the reference as it is. */
static void resolve_reference(struct env_texts *texts, struct slice name, size_t order, struct buf *out, size_t *unknown)
{
	const struct env_item *item = texts->budget > 0 ? environment_before(texts->env, name, order) : NULL;
	struct env_value value = item ? value_of(texts, item) : (struct env_value){{NULL, 0}, 0};

	if (value.text.ptr && afford(texts, value.text)) {
		if (value.known < value.text.len && *unknown == SIZE_MAX)
			*unknown = out->len + value.known;
		buf_add(out, value.text);
		return;
	}
	if ((item || texts->budget == 0) && *unknown == SIZE_MAX)
		*unknown = out->len;
	buf_printf(out, "$(%.*s)", SLICE_ARG(name));
}

static struct env_value resolve(struct env_texts *texts, const struct env_item *item)
{
	struct slice text = item->value;
	struct kube_scan scan = {.text = text};
	struct buf out = buf_in(texts->a);
	size_t unknown = SIZE_MAX, from = 0;

	for (struct kube_ref ref; kube_scan_next(&scan, &ref); from = ref.at + ref.len) {
		buf_add(&out, (struct slice){text.ptr + from, ref.at - from});
		if (ref.name.ptr)
			resolve_reference(texts, ref.name, item->order, &out, &unknown);
		else
			buf_addc(&out, '$');
	}
	buf_add(&out, (struct slice){text.ptr + from, text.len - from});
	return (struct env_value){buf_slice(&out), unknown == SIZE_MAX ? out.len : unknown};
}

static int by_order(const void *x, const void *y)
{
	const struct env_item *const *a = x, *const *b = y;

	return ((*a)->order > (*b)->order) - ((*a)->order < (*b)->order);
}

static size_t add_referring(const struct env_item **list, size_t count, const struct env_item *items, size_t item_count)
{
	for (size_t i = 0; i < item_count; i++)
		if (items[i].refers)
			list[count++] = &items[i];
	return count;
}

/* A value may refer to earlier variables (pkg/kubelet makeEnvironmentVariables). */
static void resolve_all(struct env_texts *texts)
{
	const struct environment *env = texts->env;
	size_t all = env->count + env->shadowed_count;
	const struct env_item **list = ARENA_ARRAY(texts->a, all, const struct env_item *);
	size_t count = add_referring(list, add_referring(list, 0, env->items, env->count), env->shadowed, env->shadowed_count);

	texts->resolved = ARENA_ARRAY(texts->a, all, struct env_value);
	qsort(list, count, sizeof(*list), by_order);
	for (size_t i = 0; i < count; i++)
		texts->resolved[list[i]->order] = resolve(texts, list[i]);
}

struct slice env_text(struct env_texts *texts, const struct env_item *item, size_t *known)
{
	if (item->refers && !texts->resolved)
		resolve_all(texts);
	struct env_value value = item->kind == ENV_TEXT || item->refers ? value_of(texts, item) : (struct env_value){{NULL, 0}, 0};

	*known = value.known;
	return value.text;
}

/* ---- what a shell or the kubelet makes of a text ---- */

/* ptr NULL where not all of it is known, or the budget is spent. */
static struct slice whole_value(struct env_texts *texts, struct slice name)
{
	const struct env_item *item = texts->budget > 0 ? environment_find(texts->env, name) : NULL;
	size_t known = 0;
	struct slice value = item ? env_text(texts, item, &known) : (struct slice){NULL, 0};

	return value.ptr && known == value.len && afford(texts, value) ? value : (struct slice){NULL, 0};
}

struct slice env_put_in(struct env_texts *texts, struct slice text)
{
	struct buf out = buf_in(texts->a);

	if (text.len == 0 || texts->env->count == 0 || !memchr(text.ptr, '$', text.len))
		return text;
	while (text.len > 0) {
		const char *dollar = memchr(text.ptr, '$', text.len);
		size_t plain = dollar ? (size_t)(dollar - text.ptr) : text.len;
		struct slice rest = {text.ptr + plain, text.len - plain}, name, value = {NULL, 0};

		buf_add(&out, (struct slice){text.ptr, plain});
		text = rest;
		if (shell_skip_variable(&rest, &name))
			value = whole_value(texts, name);
		if (value.ptr) {
			buf_add(&out, value);
			text = rest;
		} else if (text.len > 0) {
			buf_addc(&out, '$');
			text = (struct slice){text.ptr + 1, text.len - 1};
		}
	}
	return buf_slice(&out);
}
