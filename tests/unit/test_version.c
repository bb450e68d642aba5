/* Which Spark a pod runs, of the sources that spark/pod_version.c asks: engine tests have those beside its words. */
#include "spark/spark.h"

#include "policy_testing.h"

#define SERVER "{'name':'c','image':'mine','command':['/opt/spark/sbin/start-connect-server.sh']"

/* The jar's name tells it, if it is whole; nothing else of an image without a tag does. */
Test(spark_version, is_what_a_jar_is_named_after)
{
	static const struct {
		const char *word;
		spark_version version;
	} cases[] = {
		{"/jars/spark-connect_2.13-3.5.7.jar", 305}, {"org.apache.spark:spark-connect_2.12:3.5.7", 305}, {"a_b,spark-connect_2.13-4.1.0.jar", 401},
		{"spark-connect_2.13-9.9.jar", 400}, {"spark-connect_2.13-", 400}, {"spark-connect_2.13", 400}, {"spark-connect_2.1", 400},
		{"spark-connect_2.", 400}, {"", 400},
	};
	struct policy *policy = shipped();
	struct arena a = ARENA_INIT;
	const struct namespace ns = {.spark_version = 400};
	const struct lookups none = {.count = 0};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct json *spec = parsed(&a, arena_printf(&a, "{'containers':[" SERVER ",'args':['--packages','%s']}]}", cases[i].word));
		struct spark_pod pod = {.spec = spec, .pointer = "", .ns = &ns, .lookups = &none};

		spark_pod_open(policy, &a, &pod);
		cr_expect_eq(pod.version, cases[i].version, "%s: %u", cases[i].word, pod.version);
	}
	arena_release(&a);
	policy_unref(policy);
}

/* Tags as registries have them; one that begins with another's version says nothing of Spark's. */
Test(spark_version, is_what_an_image_is_tagged_with)
{
	static const struct {
		const char *image;
		spark_version version;
	} cases[] = {
		{"spark:3.5.7", 305}, {"spark:v3.5.7", 305}, {"reg:5000/apache/spark:3.5.7-java17@sha256:00", 305}, {"a:spark3.5.7-scala2.12", 305},
		{"a:spark-3.5", 305}, {"a:SPARK_4.1.0", 401}, {"quay.io/opendatahub/data-processing:Spark-v3.5.7", 305},
		{"a:scala2.12-3.5.7", 400}, {"a:spark", 400}, {"a:spark-", 400}, {"a:sparkling3.5", 400}, {"a:spark--3.5", 400}, {"a:latest", 400}, {"a:", 400}, {"a", 400}, {"", 400},
	};
	struct policy *policy = shipped();
	struct arena a = ARENA_INIT;
	const struct namespace ns = {.spark_version = 400};
	const struct lookups none = {.count = 0};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct spark_pod pod = {.pointer = "", .ns = &ns, .lookups = &none};

		pod.spec = parsed(&a, arena_printf(&a, "{'containers':[{'image':'%s','command':['/opt/spark/sbin/start-connect-server.sh']}]}", cases[i].image));
		spark_pod_open(policy, &a, &pod);
		cr_expect_eq(pod.version, cases[i].version, "%s: %u", cases[i].image, pod.version);
	}
	arena_release(&a);
	policy_unref(policy);
}

/* status and explain look at pods of a namespace that nobody could read, too. */
Test(spark_version, is_known_whatever_the_namespace)
{
	struct policy *policy = shipped();
	struct arena a = ARENA_INIT;
	const struct namespace unknown = {.name = "team"};
	const struct lookups none = {.count = 0};
	struct spark_pod pod = {.spec = parsed(&a, "{'containers':[" SERVER "}]}"), .pointer = "", .ns = &unknown, .lookups = &none};

	spark_pod_open(policy, &a, &pod);
	cr_expect_eq(pod.version, policy->default_spark_version);
	cr_expect_null(pod.version_from);
	arena_release(&a);
	policy_unref(policy);
}
