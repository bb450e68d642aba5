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

/* The variable whose value is expanded: it may refer to those before it. */
struct referring {
	struct env_texts *texts;
	size_t order;
};

static size_t put_earlier(void *closure, struct slice name, struct slice reference, struct buf *out)
{
	const struct referring *from = closure;
	struct env_texts *texts = from->texts;
	const struct env_item *item = texts->budget > 0 ? environment_before(texts->env, name, from->order) : NULL;
	struct env_value value = item ? value_of(texts, item) : (struct env_value){{NULL, 0}, 0};

	if (value.text.ptr && afford(texts, value.text)) {
		buf_add(out, value.text);
		return value.known;
	}
	buf_add(out, reference);
	return item || texts->budget == 0 ? 0 : reference.len;
}

static struct env_value resolve(struct env_texts *texts, const struct env_item *item)
{
	struct referring from = {texts, item->order};
	struct env_value ret;

	ret.text = kube_replace(texts->a, item->value, put_earlier, &from, &ret.known);
	return ret;
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
	struct slice value = item ? env_text(texts, item, &known) : SLICE_NONE;

	return value.ptr && known == value.len && afford(texts, value) ? value : SLICE_NONE;
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
