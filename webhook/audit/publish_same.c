/* Do two Reports say the same? API servers keep a custom object's members in no order of ours. */
#include "audit/publish.h"

#include "report/openreport.h"

static bool same(const struct json *a, const struct json *b);

static size_t count_but_timestamp(const struct json *object)
{
	return json_count(object) - (json_has(object, "timestamp") ? 1 : 0);
}

static bool same_members(const struct json *a, const struct json *b)
{
	if (count_but_timestamp(a) != count_but_timestamp(b))
		return false;
	JSON_EACH(member, a)
		if (strcmp(json_key(member), "timestamp") != 0 && !same(member, json_get_slice(b, json_key_slice(member))))
			return false;
	return true;
}

static bool same_elements(const struct json *a, const struct json *b)
{
	const struct json *x = json_first(a), *y = json_first(b);

	for (; x && y; x = json_next(x), y = json_next(y))
		if (!same(x, y))
			return false;
	return !x && !y;
}

static bool same_number(const struct json *a, const struct json *b)
{
	int64_t x, y;

	return json_int(a, &x) == 0 && json_int(b, &y) == 0 && x == y;
}

/* Depth is bounded by the parser's. */
static bool same(const struct json *a, const struct json *b)
{
	if (json_type(a) != json_type(b))
		return false;
	switch (json_type(a)) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return json_bool(a, false) == json_bool(b, false);
	case JSON_NUMBER:
		return same_number(a, b);
	case JSON_STRING:
		return slice_eq(json_slice(a), json_slice(b));
	case JSON_ARRAY:
		return same_elements(a, b);
	case JSON_OBJECT:
		break;
	}
	return same_members(a, b);
}

bool publish_same(const struct json *made, const struct json *found)
{
	static const char *const parts[] = {"source", "scope", "configuration", "results", "summary"};
	const struct json *ours = json_get(made, "metadata"), *theirs = json_get(found, "metadata");

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (!same(json_get(made, parts[i]), json_get(found, parts[i])))
			return false;
	return same(json_get(ours, "ownerReferences"), json_get(theirs, "ownerReferences"));
}
