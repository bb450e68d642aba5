/*
 * What a server asks of the cluster, as Spark computes it (BasicExecutorFeatureStep.scala, ResourceProfile.scala, Utils.scala): its settings beside
 * executors, requested milli-CPUs, their limit (-2: none), and memory in MiB; -1 is what nobody can know before it runs.
 */
#include "spark/ask.h"

#include "policy_testing.h"

#define MIB (1024 * 1024)
#define DYNAMIC "spark.dynamicAllocation.enabled=true"

static const struct {
	const char *settings, *version;
	int64_t count, cpu, limit, memory;
	bool unbounded;
} cases[] = {
	{"", "4.1.0", 2, 1000, -2, 1024 + 384, false},
	{"spark.executor.instances=7 spark.executor.cores=3", "4.1.0", 7, 3000, -2, 1408, false},
	{"spark.executor.instances=x spark.executor.cores=x", "4.1.0", -1, -1, -2, 1408, false},
	{"spark.executor.instances=$N", "4.1.0", -1, 1000, -2, 1408, false},
	/* CPUs are quantities of Kubernetes where they are Kubernetes' */
	{"spark.executor.cores=4 spark.kubernetes.executor.request.cores=500m", "4.1.0", 2, 500, -2, 1408, false},
	{"spark.kubernetes.executor.request.cores=1.5 spark.kubernetes.executor.limit.cores=2", "4.1.0", 2, 1500, 2000, 1408, false},
	{"spark.kubernetes.executor.request.cores=many spark.kubernetes.executor.limit.cores=$L", "4.1.0", 2, -1, -1, 1408, false},
	/* memory, overhead by factor, at least 384m */
	{"spark.executor.memory=8g", "4.1.0", 2, 1000, -2, 8192 + 819, false},
	{"spark.executor.memory=8192", "4.1.0", 2, 1000, -2, 8192 + 819, false},
	{"spark.executor.memory=8Gb", "4.1.0", 2, 1000, -2, 8192 + 819, false},
	{"spark.executor.memory=1.5g", "4.1.0", 2, 1000, -2, -1, false},
	{"spark.executor.memory=$M", "4.1.0", 2, 1000, -2, -1, false},
	{"spark.executor.memory=10g spark.executor.memoryOverheadFactor=0.2", "4.1.0", 2, 1000, -2, 10240 + 2048, false},
	{"spark.executor.memory=10g spark.kubernetes.memoryOverheadFactor=0.4", "4.1.0", 2, 1000, -2, 10240 + 4096, false},
	{"spark.executor.memory=10g spark.executor.memoryOverheadFactor=0.2 spark.kubernetes.memoryOverheadFactor=0.4", "4.1.0", 2, 1000, -2, 12288, false},
	{"spark.executor.memory=10g spark.executor.memoryOverheadFactor=x", "4.1.0", 2, 1000, -2, -1, false},
	{"spark.executor.memory=10g spark.executor.memoryOverheadFactor=200m", "4.1.0", 2, 1000, -2, -1, false},
	{"spark.executor.memory=10g spark.executor.memoryOverheadFactor=", "4.1.0", 2, 1000, -2, -1, false},
	{"spark.executor.memory=10g spark.executor.memoryOverhead=1g", "4.1.0", 2, 1000, -2, 11264, false},
	{"spark.executor.memory=10g spark.executor.memoryOverhead=100", "4.1.0", 2, 1000, -2, 10340, false},
	{"spark.executor.memory=10g spark.executor.memoryOverhead=x", "4.1.0", 2, 1000, -2, -1, false},
	{"spark.executor.minMemoryOverhead=512m", "4.1.0", 2, 1000, -2, 1536, false},
	{"spark.executor.minMemoryOverhead=512m", "4.0.0", 2, 1000, -2, 1536, false},
	{"spark.executor.minMemoryOverhead=512m", "3.5.7", 2, 1000, -2, 1408, false},
	{"spark.executor.minMemoryOverhead=x", "4.1.0", 2, 1000, -2, -1, false},
	/* what comes on top, where it is on */
	{"spark.memory.offHeap.size=1g", "4.1.0", 2, 1000, -2, 1408, false},
	{"spark.memory.offHeap.enabled=TRUE spark.memory.offHeap.size=1g", "4.1.0", 2, 1000, -2, 2432, false},
	{"spark.memory.offHeap.enabled=true spark.memory.offHeap.size=1073741824", "4.1.0", 2, 1000, -2, 2432, false},
	{"spark.memory.offHeap.enabled=true spark.memory.offHeap.size=x", "4.1.0", 2, 1000, -2, -1, false},
	{"spark.memory.offHeap.enabled=yes spark.memory.offHeap.size=1g", "4.1.0", 2, 1000, -2, 1408, false},
	{"spark.executor.pyspark.memory=1g", "4.1.0", 2, 1000, -2, 1408, false},
	{"spark.executor.pyspark.memory=1g spark.kubernetes.resource.type=python", "4.1.0", 2, 1000, -2, 2432, false},
	{"spark.executor.pyspark.memory=1g spark.kubernetes.resource.type=java", "4.1.0", 2, 1000, -2, 1408, false},
	/* dynamic allocation */
	{DYNAMIC " spark.dynamicAllocation.maxExecutors=9 spark.executor.instances=3", "4.1.0", 9, 1000, -2, 1408, false},
	{DYNAMIC " spark.dynamicAllocation.maxExecutors=$N", "4.1.0", -1, 1000, -2, 1408, false},
	{"spark.dynamicAllocation.enabled=false spark.dynamicAllocation.maxExecutors=9", "4.1.0", 2, 1000, -2, 1408, false},
	{DYNAMIC, "4.1.0", 0, 1000, -2, 1408, true},
	{DYNAMIC " spark.dynamicAllocation.minExecutors=4", "4.1.0", 4, 1000, -2, 1408, true},
	{DYNAMIC " spark.dynamicAllocation.minExecutors=4 spark.dynamicAllocation.initialExecutors=6", "4.1.0", 6, 1000, -2, 1408, true},
	{DYNAMIC " spark.dynamicAllocation.minExecutors=4 spark.dynamicAllocation.initialExecutors=2", "4.1.0", 4, 1000, -2, 1408, true},
	{DYNAMIC " spark.dynamicAllocation.initialExecutors=2 spark.executor.instances=8", "4.1.0", 8, 1000, -2, 1408, true},
};

static const struct json *pod_of(struct arena *a, const char *settings, const char *version)
{
	struct slice rest = slice_of(settings);
	struct buf b = buf_in(a);

	buf_adds(&b, "/opt/spark/sbin/start-connect-server.sh --master k8s://https://kubernetes.default.svc");
	while (rest.len > 0) {
		struct slice setting = slice_cut(&rest, ' ');

		buf_printf(&b, " --conf %.*s", SLICE_ARG(setting));
	}
	return parsed(a, arena_printf(a, "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'apache/spark:%s','command':['sh','-c','%s']}]}}",
				      version, buf_slice(&b).ptr));
}

Test(ask, is_what_spark_computes)
{
	struct policy *policy = shipped();
	const struct namespace ns = {.backend = BACKEND_K8S, .spark_version = 401};
	const struct lookups none = {.count = 0};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = ARENA_INIT;
		const struct json *pod = pod_of(&a, cases[i].settings, cases[i].version);
		struct spark_pod opened = {.metadata = json_get(pod, "metadata"), .spec = json_get(pod, "spec"), .pointer = "", .ns = &ns, .lookups = &none};
		struct spark_asks asks;

		spark_pod_open(policy, &a, &opened);
		spark_pod_ask(&a, &opened, &asks);
		cr_assert_eq(asks.count, 1, "%s", cases[i].settings);
		const struct executor_ask *e = &asks.items[0].executors;
		cr_expect(asks.items[0].on_k8s);
		cr_expect_eq(e->count, cases[i].count, "%s: %lld executors", cases[i].settings, (long long)e->count);
		cr_expect_eq(e->unbounded, cases[i].unbounded, "%s", cases[i].settings);
		cr_expect_eq(e->cpu_milli, cases[i].cpu, "%s: %lld m", cases[i].settings, (long long)e->cpu_milli);
		cr_expect_eq(e->has_cpu_limit ? e->cpu_limit_milli : -2, cases[i].limit, "%s: %lld m at most", cases[i].settings, (long long)e->cpu_limit_milli);
		cr_expect_eq(e->memory, cases[i].memory < 0 ? -1 : cases[i].memory * MIB, "%s: %lld MiB", cases[i].settings, (long long)(e->memory / MIB));
		arena_release(&a);
	}
	policy_unref(policy);
}

/* Each start of Spark asks once: each line, and a server that its image starts; of one that nobody could locate, nothing is known. */
Test(ask, is_asked_of_what_starts)
{
	static const struct {
		const char *containers;
		size_t asks;
	} starts[] = {
		{"{'name':'c','image':'apache/spark:4.1.0'}", 1},
		{"{'name':'c','command':['sh','-c','/opt/spark/sbin/start-connect-server.sh']}", 1},
		{"{'name':'c','command':['sh','-c','start-connect-server.sh || start-connect-server.sh -v']}", 2},
		{"{'name':'c','command':['sh','-c','x=$(/opt/spark/sbin/start-connect-server.sh)']}", 0},
	};
	struct policy *policy = shipped();
	const struct namespace ns = {.backend = BACKEND_K8S, .spark_version = 401};
	const struct lookups none = {.count = 0};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(starts); i++) {
		const struct json *spec = parsed(&a, arena_printf(&a, "{'containers':[%s]}", starts[i].containers));
		struct spark_pod opened = {.spec = spec, .pointer = "", .ns = &ns, .lookups = &none};
		struct spark_asks asks;

		spark_pod_open(policy, &a, &opened);
		cr_assert_eq(opened.servers->count, 1, "%s", starts[i].containers);
		spark_pod_ask(&a, &opened, &asks);
		cr_expect_eq(asks.count, starts[i].asks, "%s: %zu", starts[i].containers, asks.count);
	}
	arena_release(&a);
	policy_unref(policy);
}

/* JavaUtils.byteStringAs: ([0-9]+)([a-z]+)? of what is trimmed and in lower case. */
Test(ask, reads_bytes_as_java_does)
{
	static const struct {
		const char *text;
		int64_t bytes; /* -1: refused */
	} texts[] = {
		{"0", 0},	 {"5", 5120},	      {"5b", 5},	    {"5B", 5},	 {"5k", 5120}, {"5kb", 5120}, {"5KB", 5120}, {"1m", MIB}, {"1G", 1024ll * MIB},
		{"1t", 1ll << 40}, {"1pb", 1ll << 50}, {" 1m\t", MIB}, {"9999999p", INT64_MAX}, {"", -1}, {"m", -1}, {"-1", -1}, {"1.5g", -1}, {"1e", -1},
		{"1kk", -1},	 {"1kbb", -1},	      {"1bb", -1},	    {"1 k", -1}, {"1k 1", -1}, {"0x1", -1},
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		int64_t bytes = 77;
		int rc = spark_bytes_parse(slice_of(texts[i].text), 1024, &bytes);

		cr_expect_eq(rc, texts[i].bytes < 0 ? -1 : 0, "%s: %d", texts[i].text, rc);
		cr_expect_eq(bytes, texts[i].bytes < 0 ? 77 : texts[i].bytes, "%s: %lld", texts[i].text, (long long)bytes);
	}
	int64_t bytes = 77; /* what only the running pod knows */
	cr_expect(spark_bytes_parse((struct slice){NULL, 0}, 1024, &bytes) < 0 && bytes == 77);
}
