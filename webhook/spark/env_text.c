#include "spark/env_text.h"

#include "spark/shell_names.h"

/* More than any real command has. */
#define PUT_IN_BYTES (256u * 1024)

struct env_texts env_texts_of(struct arena *a, const struct environment *env)
{
	return (struct env_texts){.a = a, .env = env, .budget = PUT_IN_BYTES};
}

static struct kube_env *variables(struct env_texts *texts)
{
	if (!texts->read)
		texts->vars = kube_env_of(texts->a, texts->env->container);
	texts->read = true;
	return &texts->vars;
}

/* What stands in the object; ptr NULL where the value comes from elsewhere. */
static struct slice written(const struct env_texts *texts, const struct env_item *item)
{
	struct slice value = json_slice(json_get(json_at(json_get(texts->env->container, "env"), item->index), "value"));

	return value.len > 0 ? value : (struct slice){NULL, 0};
}

struct slice env_text(struct env_texts *texts, const struct env_item *item, size_t *known)
{
	struct slice value = item->kind == ENV_TEXT ? item->value : written(texts, item);

	*known = value.len;
	return item->kind == ENV_TEXT || !value.ptr ? value : kube_expand(texts->a, variables(texts), value, known);
}

/* ptr NULL where not all of it is known, or the budget is spent. */
static struct slice whole_value(struct env_texts *texts, struct slice name)
{
	const struct env_item *item = texts->budget > 0 ? environment_find(texts->env, arena_dup(texts->a, name)) : NULL;
	size_t known = 0;
	struct slice value = item ? env_text(texts, item, &known) : (struct slice){NULL, 0};

	if (!value.ptr || known < value.len)
		return (struct slice){NULL, 0};
	if (value.len >= texts->budget) {
		texts->budget = 0;
		return (struct slice){NULL, 0};
	}
	texts->budget -= value.len + 1; /* an empty one costs a search, too */
	return value;
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
