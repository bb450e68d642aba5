/* The expression of a matchCondition. Whatever it is: it is read or refused, in bounded time; its negation answers the
 * opposite; and a configuration that holds it is compared with the shipped policy. */
#include "base/json_write.h"
#include "policy/called.h"
#include "policy/condition.h"
#include "policy/load.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct condition_label labels[] = {
	{"app", "spark-connect", false}, {"app.kubernetes.io/name", "spark", true}, {"sparkoperator.k8s.io/connect-name", NULL, false}};

static const struct condition_case cases[] = {
	{.labels = labels, .label_count = 1},
	{.labels = labels, .label_count = 3},
	{.text = "org.apache.spark.sql.connect.service.SparkConnectServer"},
	{.text = "connect-server", .at_start = true},
	{.text = NULL},
};

static enum condition_answer opposite(enum condition_answer a)
{
	return a == CONDITION_UNKNOWN ? a : a == CONDITION_YES ? CONDITION_NO : CONDITION_YES;
}

static void ask(struct arena *a, struct slice text)
{
	const struct condition *c, *opposed;
	struct err err = {""};

	if (condition_parse(a, text, &c, &err) < 0) {
		if (!err.text[0])
			abort();
		return;
	}
	/* The line break ends a comment. */
	const char *negation = arena_printf(a, "!(%.*s\n)", SLICE_ARG(text));
	bool negated = condition_parse(a, slice_of(negation), &opposed, &err) == 0;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		enum condition_answer answer = condition_ask(c, &cases[i]);
		if (negated && condition_ask(opposed, &cases[i]) != opposite(answer))
			abort();
	}
}

static void compare(struct arena *a, struct slice text)
{
	static struct policy *policy;
	const struct policy_options options = {0};
	struct buf b = buf_in(a);
	struct json_writer w = json_writer(&b);
	struct called_gaps gaps = {0};
	const struct json *configuration;
	struct err err = {""};

	if (!policy && policy_load(&options, &policy, &err) < 0)
		abort();
	buf_adds(&b, "{\"webhooks\":[{\"name\":\"pods.mutate.sparkgate.io\",\"matchConditions\":[{\"name\":\"is-spark\",\"expression\":");
	json_write_string(&w, text);
	buf_adds(&b, "}]}]}");
	if (json_parse(a, buf_slice(&b), &configuration, &err) < 0)
		return; /* a NUL */
	called_compare(CALLED_MUTATING, configuration, policy, a, &gaps);
	if (gaps.count == 0 || gaps.count > CALLED_GAPS_MAX)
		abort(); /* an entry is missing */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	const struct slice text = {size ? (const char *)data : "", size};

	json_setup();
	if (!memchr(text.ptr, '\0', text.len))
		ask(&a, text);
	compare(&a, text);
	arena_release(&a);
	return 0;
}
