/*
 * The AdmissionReview that goes back. Written straight to text: nothing of the user's object is
 * ever printed back, only what the decision says about it.
 */
#include "admission/review.h"

#include "base/digest.h"
#include "base/json_write.h"

static void write_details(struct json_writer *w, const struct answer *answer)
{
	json_write_key(w, SLICE_LIT("details"));
	json_write_open(w, '{');
	if (answer->name && *answer->name)
		json_write_member(w, "name", answer->name);
	if (answer->kind && *answer->kind)
		json_write_member(w, "kind", answer->kind);
	if (answer->cause_count > 0) {
		json_write_key(w, SLICE_LIT("causes"));
		json_write_open(w, '[');
		for (size_t i = 0; i < answer->cause_count; i++) {
			json_write_open(w, '{');
			json_write_member(w, "reason", "FieldValueInvalid");
			json_write_member(w, "message", answer->causes[i].message);
			if (answer->causes[i].field)
				json_write_member(w, "field", answer->causes[i].field);
			json_write_close(w, '}');
		}
		json_write_close(w, ']');
	}
	json_write_close(w, '}');
}

static void write_status(struct json_writer *w, const struct answer *answer)
{
	json_write_key(w, SLICE_LIT("status"));
	json_write_open(w, '{');
	json_write_member(w, "status", "Failure");
	json_write_member(w, "message", answer->message);
	json_write_member(w, "reason", answer->reason);
	write_details(w, answer);
	json_write_key(w, SLICE_LIT("code"));
	json_write_int(w, answer->code);
	json_write_close(w, '}');
}

/* What most answers have besides their patch. */
#define REST_BYTES 2048

static void write_patch(struct json_writer *w, const struct json_patch *patch)
{
	struct slice text = json_patch_print(patch, "");

	buf_reserve(w->out, text.len / 3 * 4 + REST_BYTES);
	/* base64 holds nothing that a JSON string would have to escape */
	json_write_raw(w, SLICE_LIT("\"patchType\":\"JSONPatch\",\"patch\":\""));
	base64_encode(w->out, text);
	buf_addc(w->out, '"');
}

static void write_warnings(struct json_writer *w, const struct answer *answer)
{
	json_write_key(w, SLICE_LIT("warnings"));
	json_write_open(w, '[');
	for (size_t i = 0; i < answer->warning_count; i++)
		json_write_string(w, slice_of(answer->warnings[i]));
	json_write_close(w, ']');
}

static void write_audit(struct json_writer *w, const struct answer *answer)
{
	json_write_key(w, SLICE_LIT("auditAnnotations"));
	json_write_open(w, '{');
	for (size_t i = 0; i < answer->audit_count; i++)
		json_write_member(w, answer->audit[i][0], answer->audit[i][1]);
	json_write_close(w, '}');
}

struct slice answer_print(struct arena *a, const char *uid, const struct answer *answer)
{
	static const char head[] = "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"response\":{\"uid\":";
	struct buf b = buf_in(a);
	struct json_writer w = json_writer(&b);

	buf_add(&b, SLICE_LIT(head));
	json_write_string(&w, slice_of(uid));
	json_write_member_bool(&w, "allowed", answer->allowed);
	if (!answer->allowed)
		write_status(&w, answer);
	if (answer->allowed && answer->patch && answer->patch->count > 0)
		write_patch(&w, answer->patch);
	if (answer->audit_count > 0)
		write_audit(&w, answer);
	if (answer->warning_count > 0)
		write_warnings(&w, answer);
	json_write_close(&w, '}');
	json_write_close(&w, '}');
	return buf_slice(&b);
}
