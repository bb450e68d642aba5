/*
 * Could a container of which no start of a Connect server is visible be one's all the same? Asked where a label says that
 * its pod is one: Helm's usual labels say so of every pod of a chart that is called spark-connect. The answer is no only
 * where all that could start Spark is known to start something else.
 */
#include <strings.h>

#include "policy/role.h"

/* What the words of a container say, taken together. */
struct seen {
	size_t launchers; /* words that could start Spark */
	size_t explained; /* as many of them start another server of Spark's, or a client */
	bool other;       /* another server or a client is named */
	bool submits;     /* spark-submit or a shell of Spark's */
	bool remote;      /* it is given --remote, so it is a client */
	bool options;     /* there are words that Spark's own programs read */
};

static bool has_launcher(const struct policy *p, struct slice word)
{
	for (size_t i = 0; i < p->launchers.count; i++)
		if (slice_has(word, p->launchers.items[i]))
			return true;
	return false;
}

static bool ends_as_one_of(struct slice word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_ends(word, names[i]))
			return true;
	return false;
}

#define ENDS_AS_ONE_OF(word, names) ends_as_one_of(word, names, sizeof(names) / sizeof(*(names)))

/* "--master", "--master=x"; "spark.master=x" behind --conf. */
static bool is_option_of_spark(struct slice word)
{
	static const char *const names[] = {"--master", "--conf", "--class", "--properties-file", "--deploy-mode", "--packages", "--jars", "--py-files"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct slice rest = word;
		if (slice_skip(&rest, slice_of(names[i])) && (rest.len == 0 || *rest.ptr == '='))
			return true;
	}
	return slice_starts(word, "spark.") || slice_starts(word, "--driver-") || slice_starts(word, "--executor-");
}

static void look_at_word(const struct policy *p, struct slice word, struct seen *seen)
{
	static const char *const scripts[] = {"/start-history-server.sh", "/start-thriftserver.sh"};
	static const char *const classes[] = {"org.apache.spark.deploy.history.HistoryServer",
					      "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"};
	static const char *const submits[] = {"spark-submit", "pyspark", "spark-shell", "spark-sql"};

	if (ENDS_AS_ONE_OF(word, scripts) || slice_is(word, scripts[0] + 1) || slice_is(word, scripts[1] + 1)) {
		seen->other = true;
	} else if (ENDS_AS_ONE_OF(word, classes)) {
		seen->other = true;
		seen->explained++; /* spark-class, java, spark-submit, which was given it */
	} else if (has_launcher(p, word)) {
		seen->launchers++;
	}
	seen->submits |= ENDS_AS_ONE_OF(word, submits);
	seen->remote |= slice_is(word, "--remote") || slice_starts(word, "--remote=");
	seen->options |= is_option_of_spark(word);
}

struct slice role_next_word(struct slice *text)
{
	static const char between[] = " \t\r\n\"'`;|&<>()";
	size_t begin = 0, end;

	while (begin < text->len && memchr(between, text->ptr[begin], sizeof(between) - 1))
		begin++;
	for (end = begin; end < text->len && !memchr(between, text->ptr[end], sizeof(between) - 1); end++)
		;
	struct slice word = {end > begin ? text->ptr + begin : NULL, end - begin};
	*text = (struct slice){text->ptr + end, text->len - end};
	return word;
}

static bool is_entrypoint(const struct policy *p, struct slice arg)
{
	for (size_t i = 0; arg.ptr && i < p->entrypoint_count; i++)
		if (slice_is(arg, p->entrypoints[i].name))
			return true;
	return false;
}

static struct seen look(const struct policy *p, const struct json *container)
{
	static const char *const lists[] = {"command", "args"};
	struct seen seen = {0};

	for (size_t i = 0; i < 2; i++)
		JSON_EACH(item, json_get(container, lists[i])) {
			struct slice text = json_slice(item);
			for (struct slice word; (word = role_next_word(&text)).ptr;)
				look_at_word(p, word, &seen);
		}
	if (json_count(json_get(container, "command")) == 0 && is_entrypoint(p, json_slice(json_at(json_get(container, "args"), 0))))
		seen.launchers++;
	if (seen.submits && seen.remote) { /* Spark refuses a remote together with a master */
		seen.other = true;
		seen.explained++;
	}
	return seen;
}

/* An image that nobody named after it: "envoyproxy/envoy". One without a name may be anything. */
static bool image_is_anothers(struct slice image)
{
	static const char *const names[] = {"spark", "connect"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		for (size_t at = 0, n = strlen(names[i]); at + n <= image.len; at++)
			if (strncasecmp(image.ptr + at, names[i], n) == 0)
				return false;
	return image.len > 0;
}

bool role_could_serve(const struct policy *p, const struct json *container)
{
	struct seen seen = look(p, container);

	if (seen.launchers > seen.explained)
		return true;
	if (json_count(json_get(container, "command")) > 0 || seen.other)
		return false;
	if (json_count(json_get(container, "args")) == 0 || seen.options)
		return true; /* the image decides */
	return !image_is_anothers(json_slice(json_get(container, "image")));
}
