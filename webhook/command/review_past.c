/* AdmissionReviews that somebody kept: what a policy would have done to them, beside the response that they hold. */
#include "command/review.h"

#include "report/replay.h"

static const struct json *root_of(const struct review_file *file, const struct review_item *item)
{
	return file->stream.items[item->document].root;
}

static bool is_admission_review(const struct json *root)
{
	return strcmp(json_text(json_get(root, "kind"), ""), "AdmissionReview") == 0;
}

static bool is_fact(const struct review_item *item)
{
	const char *kind = item->review.kind;

	return strcmp(kind, "Namespace") == 0 || strcmp(kind, "ConfigMap") == 0;
}

bool review_is_of_the_past(const struct review_input *input)
{
	size_t reviews = 0;

	for (size_t i = 0; i < input->count; i++)
		for (size_t k = 0; k < input->files[i].count; k++) {
			const struct review_item *item = &input->files[i].items[k];
			bool review = is_admission_review(root_of(&input->files[i], item));
			reviews += review;
			if (!review && !is_fact(item))
				return false;
		}
	return reviews > 1;
}

/* The value of a response's annotation: the API server puts the entry's name in front later. */
static const char *annotation(const struct json *response, const char *key)
{
	return json_text(json_get(json_get(response, "auditAnnotations"), key), "");
}

static enum replay_then then_of(const struct json *response)
{
	if (!response)
		return THEN_UNASKED;
	return json_bool(json_get(response, "allowed"), true) ? THEN_ALLOWED : THEN_REFUSED;
}

static const char *changes_now(const struct simulation *s)
{
	for (size_t i = 0; i < s->mutate.answer.audit_count; i++)
		if (strcmp(s->mutate.answer.audit[i][0], "changes") == 0)
			return s->mutate.answer.audit[i][1];
	return "";
}

struct replay_past review_past_of(const struct review_file *file, const struct review_item *item,
				  const struct simulation *s)
{
	const struct json *response = json_get(root_of(file, item), "response");
	const char *changes = annotation(response, "changes");

	return (struct replay_past){.then = then_of(response),
				    .rewritten_otherwise = *changes && strcmp(changes, changes_now(s)) != 0,
				    .audit_id = item->review.uid ? item->review.uid : "",
				    .time = ""};
}
