/* --as enforce. */
#include "command/review.h"

static struct json *enforce_text(struct arena *a)
{
	const struct json *text;
	struct err ignored;

	/* A literal parses. */
	return json_parse(a, SLICE_LIT("\"enforce\""), &text, &ignored) == 0 ? json_copy(a, text) : NULL;
}

static struct json *copy_or_empty(struct arena *a, const struct json *object)
{
	const struct json *empty;
	struct err ignored;

	if (json_type(object) == JSON_OBJECT)
		return json_copy(a, object);
	return json_parse(a, SLICE_LIT("{}"), &empty, &ignored) == 0 ? json_copy(a, empty) : NULL;
}

const struct json *review_as_enforce(struct arena *a, const struct json *ns)
{
	struct json *copy = json_copy(a, ns);
	struct json *metadata = copy_or_empty(a, json_get(ns, "metadata"));
	struct json *labels = copy_or_empty(a, json_get(metadata, "labels"));
	struct json *annotations = copy_or_empty(a, json_get(metadata, "annotations"));

	json_put(a, labels, "sparkgate.io/mode", enforce_text(a));
	json_put(a, annotations, "sparkgate.io/pssMode", enforce_text(a));
	json_put(a, metadata, "labels", labels);
	json_put(a, metadata, "annotations", annotations);
	json_put(a, copy, "metadata", metadata);
	return copy;
}
