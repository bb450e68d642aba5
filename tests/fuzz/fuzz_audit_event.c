/* A log of audit events, a line each: whatever they hold is judged, counted and printed without a crash; what is called a
 * request has an object and a kind that webhooks are called for; and nothing that is printed can steer a terminal. */
#include "command/replay.h"
#include "fuzzing.h"

#include <stdint.h>

static const char world[] =
	"{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {sparkgate.io/mode: enforce}, annotations: "
	"{sparkgate.io/backendMode: standalone, sparkgate.io/standaloneMaster: 'spark://m:7077'}}}\n---\n"
	"{apiVersion: v1, kind: Namespace, metadata: {name: w, labels: {sparkgate.io/mode: warn}}}\n---\n"
	"{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: a}, data: {spark-defaults.conf: 'spark.ui.port 1'}}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct facts_index *given(void)
{
	static struct facts_index *index;
	struct err err = {""};

	if (!index) {
		index = facts_index_new();
		require(facts_index_add_text(index, SLICE_LIT(world), YAML_MANIFEST, &err) == 0, err.text);
	}
	return index;
}

static void check_event(const struct json *root)
{
	struct audit_event event;

	audit_event_read(root, &event);
	if (event.state != AUDIT_REQUEST)
		return;
	require(event.review.object != NULL, "a request has an object");
	require(event.review.kind && event.review.name && event.review.namespace && event.review.user, "and an identity");
	require(event.review.operation != OP_DELETE && event.review.operation != OP_CONNECT, "and is a write");
}

static void take_log(struct replay *r, struct slice rest)
{
	struct replay_place at = {.path = "log"};

	while (rest.len > 0) {
		const struct json *root;
		struct err err = {""};
		struct slice line = slice_cut(&rest, '\n');
		at.line++;
		if (json_parse(&r->event, line, &root, &err) == 0) {
			check_event(root);
			replay_event(r, root, &at);
		}
		arena_reset(&r->event);
	}
}

static void check_table(struct replay *r)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	require(out != NULL, "there is memory");
	replay_totals_print(r->totals, &r->reading, false, &r->event, out);
	fclose(out);
	for (size_t i = 0; i < len; i++)
		require((unsigned char)text[i] >= 0x20 || text[i] == '\n', "no control characters");
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct review_options review = {.policy = shipped(), .as_enforce = size > 0 && data[0] == ' ', .now = 1700000000};
	struct replay_options options = {.review = &review};
	struct arena arena = ARENA_INIT;
	struct review_input input = {.arena = &arena, .namespace = "default", .facts = given()};
	struct replay r = {.options = &options, .input = &input, .complaints = 1000};

	r.history = facts_history_new(input.facts);
	r.seen = replay_seen_new();
	r.totals = replay_totals_new();
	take_log(&r, (struct slice){(const char *)data, size});
	check_table(&r);
	replay_totals_free(r.totals);
	replay_seen_free(r.seen);
	facts_history_free(r.history);
	arena_release(&r.event);
	arena_release(&arena);
	return 0;
}
