/* AdmissionReviews that somebody kept, a folder or a file of them: requests of the past, as those of an audit log are. */
#include "command/replay.h"

static const struct json *root_of(const struct review_file *file, const struct review_item *item)
{
	return file->stream.items[item->document].root;
}

static bool is_review(const struct review_file *file, const struct review_item *item)
{
	return strcmp(json_text(json_get(root_of(file, item), "kind"), ""), "AdmissionReview") == 0;
}

static bool is_fact(const struct review_item *item)
{
	return strcmp(item->review.kind, "ConfigMap") == 0 || strcmp(item->review.kind, "Namespace") == 0;
}

bool replay_is_of_reviews(const struct review_input *input)
{
	size_t reviews = 0;

	for (size_t i = 0; i < input->count; i++)
		for (size_t k = 0; k < input->files[i].count; k++) {
			const struct review_item *item = &input->files[i].items[k];
			if (is_review(&input->files[i], item))
				reviews++;
			else if (!is_fact(item))
				return false;
		}
	return reviews > 1;
}

/* ---- one review ---- */

static const char *verb_of(enum operation operation)
{
	static const char *const verbs[] = {
		[OP_CREATE] = "create", [OP_UPDATE] = "update", [OP_DELETE] = "delete", [OP_CONNECT] = "connect"};

	return verbs[operation];
}

/* Only whoever kept it knows whose answer it is; it is taken to be sparkgate's. Without an answer the decision is unknown. */
static void read_response(const struct json *response, struct audit_recorded *ret)
{
	const struct json *status = json_get(response, "status");
	int64_t code;

	if (json_type(response) != JSON_OBJECT)
		return;
	ret->asked = true;
	ret->refused = !json_bool(json_get(response, "allowed"), false);
	ret->code = ret->refused ? 403 : 200;
	if (json_int(json_get(status, "code"), &code) == 0 && code > 0 && code < 1000)
		ret->code = (int)code;
	ret->message = ret->refused ? json_text(json_get(status, "message"), NULL) : NULL;
	ret->warnings = json_get(response, "warnings");
	ret->annotations = json_get(response, "auditAnnotations");
}

static void read_review(const struct json *root, const struct review_item *item, struct audit_event *ret)
{
	const struct review *review = &item->review;
	bool written = review->operation == OP_CREATE || review->operation == OP_UPDATE;

	*ret = (struct audit_event){.state = written ? AUDIT_REQUEST : AUDIT_OTHER, .review = *review};
	ret->recorded = (struct audit_recorded){.audit_id = review->uid,
						.time = "",
						.verb = verb_of(review->operation),
						.user = review->user,
						.dry_run = review->dry_run,
						.plain = true};
	read_response(json_get(root, "response"), &ret->recorded);
	bool done = !ret->recorded.refused && !review->dry_run;
	ret->stored = written && done ? review->object : NULL;
	ret->deleted = review->operation == OP_DELETE && done && is_fact(item);
}

/* ---- all ---- */

static void take_review(struct replay *r, const struct review_file *file, const struct review_item *item)
{
	const struct replay_place at = {.path = file->path, .line = item->number};
	struct audit_event event;

	read_review(root_of(file, item), item, &event);
	replay_review(r, &event, &at);
	arena_reset(&r->event);
}

int replay_reviews_run(struct review_input *input, const struct replay_options *options, struct review_outcome *outcome,
		       struct err *err)
{
	struct replay r;

	if (replay_begin(&r, input, options, 0, err) < 0)
		return -1;
	r.reading.reviews = true;
	for (size_t i = 0; i < input->count; i++)
		for (size_t k = 0; k < input->files[i].count; k++)
			if (is_review(&input->files[i], &input->files[i].items[k]))
				take_review(&r, &input->files[i], &input->files[i].items[k]);
	replay_end(&r, true, outcome);
	return 0;
}
