/*
 * Random neighbours of an object: a few JSON Patch operations at random places. What comes out is often
 * nonsense, as what tenants send may be.
 */
#include "modes.h"

#include "base/json_write.h"

/* xorshift64*: the same seed gives the same objects everywhere. */
unsigned dice_below(struct dice *d, unsigned n)
{
	d->state ^= d->state >> 12;
	d->state ^= d->state << 25;
	d->state ^= d->state >> 27;
	return (unsigned)((d->state * 0x2545F4914F6CDD1Dull) >> 33) % n;
}

/* Values that mean something to somebody, and some that do not. */
static const char *const values[] = {
	"null", "true", "false", "0", "-1", "1e300", "185", "\"\"", "[]", "{}", "[[[[]]]]", "[null]", "{\"a\":null}",
	"\"\\n\"", "\"a\\nb\\u0085c\\u2028d\\u001b[31m\"", "\"\\u00e9\\ud83d\\ude00\"", "\"local[*]\"", "\"spark://m:7077\"",
	"\"spark://other:7077\"", "\"k8s://https://kubernetes.default.svc\"", "\"yarn\"", "\"$(MASTER)\"", "\"${MASTER}\"",
	"\"--master\"", "\"--master=local\"", "\"--conf\"", "\"spark.master=local\"", "\"spark.hadoop.fs.s3a.secret.key=x\"",
	"\"--class\"", "\"org.apache.spark.sql.connect.service.SparkConnectServer\"", "\"/opt/spark/sbin/start-connect-server.sh\"",
	"\"executor\"", "\"connect-server\"", "\"standalone-worker\"", "\"driver\"", "\"Unconfined\"", "\"RuntimeDefault\"", "\"Localhost\"",
	"[\"sh\",\"-c\"]", "[\"exec /opt/spark/bin/spark-submit --master $X --class $Y a.jar \\\"$@\\\"\"]",
	"[\"/opt/spark/sbin/start-connect-server.sh\",\"--master\",\"local\\u0085\\n[1]\",\"--conf\",\"spark.a=b\"]",
	"\"spark.master local\\nspark.connect.grpc.binding.port 0\\nspark.driver.host a\\\\\\n  b\\n\"",
	"\"#sparkgate:begin k8s 00000000\\nspark.master k8s://x\\n#sparkgate:end\\n#sparkgate:off spark.master local\\n\"",
	"\"spec:\\n  hostNetwork: true\\n  containers: [{name: e, securityContext: {privileged: true}}]\\n\"",
	"{\"privileged\":true}", "{\"runAsNonRoot\":false}", "{\"runAsUser\":0}", "{\"capabilities\":{\"add\":[\"SYS_ADMIN\"]}}",
	"{\"allowPrivilegeEscalation\":true,\"seccompProfile\":{\"type\":\"Unconfined\"}}",
	"{\"name\":\"x\",\"image\":\"i\",\"command\":[\"sleep\"]}", "{\"name\":\"SPARK_REMOTE\",\"value\":\"sc://x\"}",
	"{\"name\":\"MASTER\",\"valueFrom\":{\"configMapKeyRef\":{\"name\":\"c\",\"key\":\"k\"}}}",
};

/* Members that a rule may ask for; "add" makes or replaces them. */
static const char *const members[][2] = {
	{"/metadata/labels", "{\"app\":\"spark-connect\"}"},
	{"/metadata/labels", "{\"spark-role\":\"executor\"}"},
	{"/metadata/labels", "{\"sparkgate.io/role\":\"connect-server\"}"},
	{"/metadata/labels", "{\"sparkgate.io/role\":\"connect-config\"}"},
	{"/metadata/labels", "{\"sparkgate.io/role\":\"standalone-worker\"}"},
	{"/metadata/annotations", "{\"sparkgate.io/decision\":\"{\\\"v\\\":1,\\\"backend\\\":\\\"k8s\\\",\\\"role\\\":\\\"connect-server\\\"}\"}"},
	{"/metadata/annotations", "{\"sparkgate.io/decision\":\"x\",\"sparkgate.io/backendMode\":\"k8\"}"},
	{"/metadata/annotations", "{\"sparkgate.io/backendMode\":\"standalone\",\"sparkgate.io/standaloneMaster\":\"spark://x.y:1\"}"},
	{"/metadata/annotations", "{\"kubernetes.io/config.mirror\":\"x\"}"},
	{"/metadata/annotations", "{\"openshift.io/scc\":\"restricted-v2\"}"},
	{"/metadata/deletionTimestamp", "\"2024-01-01T00:00:00Z\""},
	{"/immutable", "true"},
	{"/data", "{\"spark-defaults.conf\":\"spark.master=local\\nspark.connect.grpc.binding.port=1\\n\",\"a\":\"b\"}"},
	{"/data/spark-defaults.conf", "\"spark.master: k8s://x\\nspark.app.id x\\nspark.authenticate.secret.file /x\\n\""},
	{"/data/pod.yaml", "\"kind: Pod\\nspec: {hostPID: true, containers: [{name: e}]}\\n\""},
	{"/spec/hostNetwork", "true"},
	{"/spec/hostPID", "true"},
	{"/spec/os", "{\"name\":\"windows\"}"},
	{"/spec/securityContext", "{\"runAsNonRoot\":false,\"sysctls\":[{\"name\":\"kernel.msgmax\",\"value\":\"1\"}]}"},
	{"/spec/securityContext", "{\"seccompProfile\":{\"type\":\"RuntimeDefault\"},\"runAsNonRoot\":true,\"runAsUser\":1000}"},
	{"/spec/volumes", "[{\"name\":\"h\",\"hostPath\":{\"path\":\"/\"}},{\"name\":\"c\",\"configMap\":{\"name\":\"c\"}}]"},
	{"/spec/initContainers", "[{\"name\":\"i\",\"image\":\"i\",\"restartPolicy\":\"Always\"}]"},
	{"/spec/ephemeralContainers", "[{\"name\":\"debug\",\"image\":\"i\"}]"},
	{"/spec/containers/0/securityContext", "{\"privileged\":true}"},
	{"/spec/containers/0/securityContext", "{\"capabilities\":{\"drop\":[\"ALL\"]},\"allowPrivilegeEscalation\":false}"},
	{"/spec/containers/0/ports", "[{\"containerPort\":1,\"hostPort\":1}]"},
	{"/spec/containers/0/env", "[{\"name\":\"SPARK_EXECUTOR_ID\",\"value\":\"1\"},{\"name\":\"SPARK_DRIVER_URL\",\"value\":\"x\"}]"},
	{"/spec/containers/0/envFrom", "[{\"configMapRef\":{\"name\":\"c\"}}]"},
	{"/spec/containers/0/args", "[\"executor\"]"},
};

#define COUNT(list) ((unsigned)(sizeof(list) / sizeof(*(list))))

/* ---- places ---- */

struct places {
	const char **items;
	size_t count, cap;
};

static void collect(struct arena *a, const struct json *v, const char *pointer, struct places *to)
{
	size_t index = 0;

	JSON_EACH(item, v) {
		const char *at = json_type(v) == JSON_ARRAY ? arena_path(a, pointer, index)
							    : arena_join(a, pointer, "/", json_pointer_token(a, json_key_slice(item)));
		to->items = arena_grow(a, to->items, &to->cap, to->count + 1, sizeof(*to->items));
		to->items[to->count++] = at;
		collect(a, item, at, to);
		index++;
	}
}

/* The operation that the dice choose; one that does not apply leaves the object as it is. */
static void choose(struct arena *a, struct dice *d, const struct places *places, const char *template, struct json_patch *patch)
{
	const char *at = places->count > 0 ? places->items[dice_below(d, (unsigned)places->count)] : "/spec";
	const char *const *member = members[dice_below(d, COUNT(members))];
	const char *value = values[dice_below(d, COUNT(values))];

	switch (dice_below(d, 6)) {
	case 0:
		json_patch_add(patch, "remove", at, (struct slice){NULL, 0});
		break;
	case 1:
		json_patch_add(patch, "add", arena_join(a, at, "/-"), slice_of(value));
		break;
	case 2:
	case 3:
		json_patch_add(patch, "replace", at, slice_of(value));
		break;
	default:
		json_patch_add(patch, "add", arena_join(a, template, member[0]), slice_of(member[1]));
	}
}

static const char *template_of(const struct json *object)
{
	if (json_get(json_get(json_get(json_get(object, "spec"), "jobTemplate"), "spec"), "template"))
		return "/spec/jobTemplate/spec/template";
	return json_get(json_get(object, "spec"), "template") ? "/spec/template" : json_get(object, "template") ? "/template" : "";
}

static const struct json *altered(struct arena *a, struct dice *d, const struct json *object)
{
	struct json_patch patch = json_patch_in(a);
	struct places places = {NULL, 0, 0};
	struct err ignored;
	struct json *changed;

	collect(a, object, "", &places);
	choose(a, d, &places, template_of(object), &patch);
	return json_patch_apply(a, object, &patch, &changed, &ignored) == 0 ? changed : object;
}

struct sample sample_altered(struct arena *a, struct dice *d, const struct samples *of)
{
	struct sample sample = of->items[dice_below(d, (unsigned)of->count)];
	unsigned times = 1 + dice_below(d, 5);

	for (unsigned i = 0; i < times; i++)
		sample.review.object = altered(a, d, sample.review.object);
	if (sample.review.old_object && dice_below(d, 3) == 0)
		sample.review.old_object = altered(a, d, sample.review.old_object);
	return sample;
}
