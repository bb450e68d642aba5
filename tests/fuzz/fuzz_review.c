/*
 * Every body that a client can post: parsing, deciding and answering do not crash, the answer is valid JSON that says the same
 * uid, a refusal has a code and a text, a body that cannot be parsed is refused, and one that can is not, whatever is left out. The first byte picks the endpoint and the policy.
 */
#include "admission/engine.h"
#include "http/admit.h"
#include "http/peek.h"
#include "fuzzing.h"

#include <stdint.h>

static const char namespaces[][200] = {
	"{\"metadata\":{\"name\":\"a\",\"labels\":{\"sparkgate.io/mode\":\"enforce\"},"
	"\"annotations\":{\"sparkgate.io/backendMode\":\"k8s\",\"sparkgate.io/hardening\":\"force\"}}}",
	"{\"metadata\":{\"name\":\"a\",\"labels\":{\"sparkgate.io/mode\":\"enforce\"},"
	"\"annotations\":{\"sparkgate.io/backendMode\":\"standalone\",\"sparkgate.io/standaloneMaster\":\"spark://m:7077\"}}}",
	"{\"metadata\":{\"name\":\"a\",\"labels\":{\"sparkgate.io/mode\":\"warn\"},"
	"\"annotations\":{\"sparkgate.io/allowOverride\":\"true\"}}}",
};

static void check_review(struct admission *adm, const char *uid)
{
	const struct json *document, *response;
	struct err err = {""};

	if (json_parse(adm->arena, adm->reply, &document, &err) < 0) {
		fprintf(stderr, "%s\n%.*s\n", err.text, SLICE_ARG(adm->reply));
		abort();
	}
	response = json_get(document, "response");
	require(strcmp(json_text(json_get(response, "uid"), ""), uid) == 0, "the same uid comes back");
	if (json_bool(json_get(response, "allowed"), false))
		return;
	int64_t code = 0;
	const struct json *status = json_get(response, "status");
	require(json_int(json_get(status, "code"), &code) == 0 && code >= 400, "a refusal has a code");
	require(json_text(json_get(status, "message"), "")[0] != '\0', "a refusal has a text");
	require(!json_get(response, "patch"), "a refusal has no patch");
}

/* What /mutate returns applies, and a second round finds nothing left to do. */
static void check_patch(const struct admission *adm)
{
	struct review again = adm->review;
	struct engine_request request = {adm->endpoint, &again};
	struct decision second;
	struct json *after;
	struct err err = {""};

	if (adm->decision.patch.count == 0)
		return;
	require(json_patch_apply(adm->arena, adm->review.object, &adm->decision.patch, &after, &err) == 0, "the patch applies");
	again.object = after;
	engine_decide(&request, &adm->facts, adm->policy, adm->arena, &second);
	require(second.patch.count == 0, "a second round changes nothing");
}

/* What is left out or read less strictly costs no valid body its reading. */
static void check_left_out(struct arena *a, struct slice body)
{
	const struct json *whole, *part;
	struct err ignored;

	if (json_parse(a, body, &whole, &ignored) == 0)
		require(json_parse_served(a, body, LIMIT_JSON_NODES, &part, &ignored) == 0, "what is valid is read");
}

static void judge(struct arena *a, struct slice body, enum endpoint endpoint, bool site, const char *namespace)
{
	struct admission adm = {.arena = a, .endpoint = endpoint, .policy = site ? of_a_site() : shipped()};
	struct peeked peeked;
	struct err err;
	bool found = peek(body, &peeked);

	if (admission_parse(&adm, body)) {
		require(json_parse(a, slice_of(namespace), &adm.facts.namespace, &err) == 0, "the namespace parses");
		adm.facts.namespace_state = NAMESPACE_KNOWN;
		adm.facts.lookups = adm.needs.lookups;
		admission_decide(&adm);
		check_patch(&adm);
		require(!found || strcmp(peeked.uid, adm.review.uid) == 0, "the uid found early is the uid");
	}
	require(adm.status == 200 || adm.status == 400, "the status is 200 or 400");
	require(!found || adm.status == 200, "with a uid the answer is a review");
	if (adm.status == 200)
		check_review(&adm, adm.review.uid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;

	if (size == 0)
		return 0;
	struct slice body = {(const char *)data + 1, size - 1};
	check_left_out(&a, body);
	judge(&a, body, data[0] & 1 ? ENDPOINT_MUTATE : ENDPOINT_VALIDATE, data[0] & 0x80,
	      namespaces[data[0] / 2 % (sizeof(namespaces) / sizeof(*namespaces))]);
	arena_release(&a);
	return 0;
}
