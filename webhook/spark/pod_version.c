/*
 * What is read from a pod once: its servers, what else in it runs Spark, and which Spark that is, where anything tells
 * (docs/contract.md 2, sparkVersion): label spark-version, jar name, image tag, app.kubernetes.io/version, in this order,
 * each only if it is a version that the policy knows; else what the namespace says, which has one unless nobody could read it.
 */
#include "spark/server.h"

#include <strings.h>

static spark_version known(const struct policy *p, struct slice text)
{
	spark_version v = text.ptr ? spark_version_parse(text) : 0;

	return v && policy_knows_version(p, v) ? v : 0;
}

static spark_version from_label(const struct policy *p, const struct json *metadata, const char *label)
{
	return known(p, json_slice(json_get(json_get(metadata, "labels"), label)));
}

/* "spark-connect_2.13-4.1.0.jar" or "org.apache.spark:spark-connect_2.12:3.5.7" anywhere in text. */
static spark_version from_jar(const struct policy *p, struct slice text)
{
	/* Few words have an underscore at all. */
	const char *at = text.len && memchr(text.ptr, '_', text.len) ? slice_find(text, SLICE_LIT("spark-connect_2.1")) : NULL;

	if (!at)
		return 0;
	struct slice rest = {at, text.len - (size_t)(at - text.ptr)};
	(void)slice_skip(&rest, SLICE_LIT("spark-connect_2.1"));
	return rest.len > 2 ? known(p, (struct slice){rest.ptr + 2, rest.len - 2}) : 0; /* "3-4.1.0.jar" */
}

static spark_version from_words(const struct policy *p, const struct json *words)
{
	JSON_EACH(w, words) {
		spark_version v = from_jar(p, json_slice(w));
		if (v)
			return v;
	}
	return 0;
}

/* "v3.5.7", "spark3.5.7-scala2.12", "Spark-v3.5.7": what a tag says before the number. */
static void skip_name(struct slice *tag)
{
	if (tag->len > 5 && strncasecmp(tag->ptr, "spark", 5) == 0) {
		*tag = (struct slice){tag->ptr + 5, tag->len - 5};
		(void)(slice_skip(tag, SLICE_LIT("-")) || slice_skip(tag, SLICE_LIT("_")));
	}
	(void)slice_skip(tag, SLICE_LIT("v"));
}

/* The tag of "registry:5000/apache/spark:3.5.7-java17@sha256:..."; one that begins with another word, "scala2.12-3.5.7", is
 * not a version by this rule, and the next source is tried. */
static spark_version from_image(const struct policy *p, struct slice image)
{
	struct slice rest = image;
	struct slice name = slice_cut(&rest, '@');
	struct slice tag = SLICE_NONE;

	while (name.len > 0) {
		struct slice part = slice_cut(&name, '/');
		struct slice after = part;
		slice_cut(&after, ':');
		tag = after;
	}
	skip_name(&tag);
	return tag.len > 0 ? known(p, tag) : 0;
}

/* Note the version and its source; false: there is none there, try the next. */
static bool take(struct spark_pod *pod, spark_version version, const char *from)
{
	pod->version = version;
	pod->version_from = from;
	return version != 0;
}

static void read_version(const struct policy *p, struct spark_pod *pod)
{
	const struct json *c = pod->running.count > 0 ? pod->running.items[0] : NULL;

	if (take(pod, from_label(p, pod->metadata, "spark-version"), "label spark-version") ||
	    take(pod, from_words(p, json_get(c, "command")), "the jar's name in command") ||
	    take(pod, from_words(p, json_get(c, "args")), "the jar's name in args") ||
	    take(pod, from_image(p, slice_of(json_text(json_get(c, "image"), ""))), "the image's tag") ||
	    take(pod, from_label(p, pod->metadata, "app.kubernetes.io/version"), "label app.kubernetes.io/version"))
		return;
	take(pod, pod->ns->spark_version ? pod->ns->spark_version : p->default_spark_version, NULL);
}

void spark_pod_open(const struct policy *p, struct arena *a, struct spark_pod *pod)
{
	pod->servers = ARENA_NEW(a, struct servers);
	servers_find(p, a, pod, pod->servers);
	spark_containers_find(p, pod, &pod->running);
	read_version(p, pod);
}

struct role_match spark_role_of_pod(const struct policy *p, struct arena *a, const struct json *metadata, const struct json *spec)
{
	const struct lookups none = {.count = 0};
	struct spark_pod pod = {.metadata = metadata, .spec = spec, .pointer = "", .lookups = &none,
				.match = role_of_pod(p, a, metadata, spec)};
	struct servers servers;

	if (pod.match.role == ROLE_CONNECT_SERVER && !pod.match.by_label)
		servers_find(p, a, &pod, &servers);
	return pod.match;
}

bool spark_pod_has_server(const struct spark_pod *pod)
{
	return pod->servers->count > 0 || pod->servers->trouble;
}

spark_version spark_config_map_version(const struct policy *p, const struct json *config_map, const struct namespace *ns)
{
	const struct json *metadata = json_get(config_map, "metadata");
	spark_version v = from_label(p, metadata, "spark-version");

	if (!v)
		v = from_label(p, metadata, "app.kubernetes.io/version");
	return v ? v : ns->spark_version;
}
