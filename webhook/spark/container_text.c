#include "spark/container_text.h"

static bool any_of(const struct json *texts, const char *member, text_test *test, void *closure)
{
	JSON_EACH(item, texts)
		if (test(closure, json_slice(member ? json_get(item, member) : item)))
			return true;
	return false;
}

bool container_any_text(const struct json *container, text_test *test, void *closure)
{
	return any_of(json_get(container, "command"), NULL, test, closure) ||
	       any_of(json_get(container, "args"), NULL, test, closure) ||
	       any_of(json_get(container, "env"), "value", test, closure);
}

static bool has_it(void *closure, struct slice text)
{
	return slice_has(text, *(const char **)closure);
}

bool container_mentions(const struct json *container, const char *text)
{
	return container_any_text(container, has_it, &text);
}
