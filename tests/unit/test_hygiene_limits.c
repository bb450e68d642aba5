/* ResourceQuotas and LimitRanges against what Spark asks for: one line a case. */
#include "hygiene_testing.h"

#define ENFORCE "'sparkgate.io/mode':'enforce'"
#define K8S "'sparkgate.io/backendMode':'k8s'"
#define STANDALONE "'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://m:7077'"

#define RESOURCES(text) ",'resources':{" text "}"
#define LARGE RESOURCES("'requests':{'cpu':'2','memory':'4Gi'},'limits':{'cpu':'2','memory':'4Gi'}")
#define SERVER(resources, ...)                                                                                                                \
	"{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'sc'},'spec':{'template':{'metadata':{'labels':{'sparkgate.io/role':'connect-server'}}," \
	"'spec':{'containers':[{'name':'spark','image':'apache/spark:4.1.0','env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'}],"                       \
	"'command':['/opt/spark/sbin/start-connect-server.sh'" __VA_ARGS__ "]" resources "}]}}}}"
#define CONF(setting) ",'--conf','" setting "'"
#define WORKERS(resources)                                                                                                               \
	"{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'w'},'spec':{'replicas':3,'template':{'metadata':{'labels':{'sparkgate.io/role':" \
	"'standalone-worker'}},'spec':{'containers':[{'name':'worker'" resources "}]}}}}"
#define QUOTA(hard) "[{'metadata':{'name':'q'},'spec':{'hard':{" hard "}}}]"
#define RANGE(type, text) "[{'metadata':{'name':'lr'},'spec':{'limits':[{'type':'" type "'," text "}]}}]"

/* has: a part of "rule: message\n..." of the object and then the Namespace; NULL = nothing of quota or limitRange. */
static const struct {
	const char *name, *annotations, *quotas, *limit_ranges, *object, *has;
} cases[] = {
	/* ---- how much: 1 core, 1g + 384Mi each, 2 of them ---- */
	{"memory of driver and executors", K8S, QUOTA("'requests.memory':'6Gi'"), NULL, SERVER(LARGE, ""),
	 "scope.quota: ResourceQuota q: requests.memory 6Gi is less than the 6912Mi that its Spark pods ask for (Deployment sc 1 x 4Gi, "
	 "executors of sc 2 x 1408Mi): raise it, or ask for less\n"},
	{"is enough", K8S, QUOTA("'requests.memory':'6912Mi'"), NULL, SERVER(LARGE, ""), NULL},
	{"under its short name", K8S, QUOTA("'cpu':3"), NULL, SERVER(LARGE, ""),
	 "cpu 3 is less than the 4 that its Spark pods ask for (Deployment sc 1 x 2, executors of sc 2 x 1)"},
	{"limits", K8S, QUOTA("'limits.memory':'1Gi'"), NULL, SERVER(LARGE, ""), "limits.memory 1Gi is less than the 6912Mi"},
	{"pods", K8S, QUOTA("'pods':'2'"), NULL, SERVER(LARGE, ""),
	 "ResourceQuota q: pods 2 is less than the 3 pods of Spark (Deployment sc 1, executors of sc 2)"},
	{"count/pods", K8S, QUOTA("'count/pods':'2'"), NULL, SERVER(LARGE, ""), "count/pods 2 is less than"},
	{"pods are enough", K8S, QUOTA("'pods':'3'"), NULL, SERVER(LARGE, ""), NULL},
	{"instances", K8S, QUOTA("'requests.cpu':'11'"), NULL, SERVER(LARGE, CONF("spark.executor.instances=10")), "11 is less than the 12 "},
	{"cores", K8S, QUOTA("'requests.cpu':'1'"), NULL, SERVER(LARGE, CONF("spark.executor.cores=4")), "executors of sc 2 x 4)"},
	{"request.cores", K8S, QUOTA("'requests.cpu':'1'"), NULL,
	 SERVER(LARGE, CONF("spark.executor.cores=4") CONF("spark.kubernetes.executor.request.cores=500m")), "executors of sc 2 x 500m)"},
	{"limit.cores", K8S, QUOTA("'limits.cpu':'1'"), NULL, SERVER(LARGE, CONF("spark.kubernetes.executor.limit.cores=3")),
	 "limits.cpu 1 is less than the 8 that its Spark pods ask for (Deployment sc 1 x 2, executors of sc 2 x 3)"},
	{"dynamic allocation", K8S, QUOTA("'pods':'1'"), NULL,
	 SERVER(LARGE, CONF("spark.dynamicAllocation.enabled=true") CONF("spark.dynamicAllocation.maxExecutors=20")), "less than the 21 pods"},
	{"without a bound", K8S, QUOTA("'pods':'1'"), NULL,
	 SERVER(LARGE, CONF("spark.dynamicAllocation.enabled=true") CONF("spark.dynamicAllocation.minExecutors=3")), "less than the at least 4 pods"},
	{"without a bound and without a least number", K8S, QUOTA("'pods':'1'"), NULL, SERVER(LARGE, CONF("spark.dynamicAllocation.enabled=true")), NULL},
	{"known at run time only", K8S, QUOTA("'requests.cpu':'1'"), NULL,
	 "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'sc'},'spec':{'template':{'spec':{'containers':[{'name':'spark','image':'i','command':"
	 "['sh','-c','SPARK_NO_DAEMONIZE=1 /opt/spark/sbin/start-connect-server.sh --conf spark.executor.instances=$N']" LARGE "}]}}}}",
	 "1 is less than the at least 2 that"},
	{"replicas multiply executors", K8S, QUOTA("'pods':'5'"), NULL,
	 "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'sc'},'spec':{'replicas':2,'template':{'spec':{'containers':[{'name':'spark','image':'i','command':"
	 "['/opt/spark/sbin/start-connect-server.sh']}]}}}}",
	 "less than the 6 pods of Spark (Deployment sc 2, executors of sc 4)"},
	{"no replicas, no executors", K8S, QUOTA("'pods':'0','limits.memory':'0'"), NULL,
	 "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'sc'},'spec':{'replicas':0,'template':{'spec':{'containers':[{'name':'spark','image':'i','command':"
	 "['/opt/spark/sbin/start-connect-server.sh']" LARGE "}]}}}}",
	 NULL},
	{"overhead as said", K8S, QUOTA("'requests.memory':'1Gi'"), NULL,
	 SERVER(LARGE, CONF("spark.executor.memory=2g") CONF("spark.executor.memoryOverhead=1g")), "executors of sc 2 x 3Gi)"},
	{"overhead by factor", K8S, QUOTA("'requests.memory':'1Gi'"), NULL,
	 SERVER(LARGE, CONF("spark.executor.memory=10g") CONF("spark.kubernetes.memoryOverheadFactor=0.25")), "executors of sc 2 x 12800Mi)"},
	{"the newer factor wins", K8S, QUOTA("'requests.memory':'1Gi'"), NULL,
	 SERVER(LARGE, CONF("spark.executor.memory=10g") CONF("spark.kubernetes.memoryOverheadFactor=0.25") CONF("spark.executor.memoryOverheadFactor=0.5")),
	 "executors of sc 2 x 15Gi)"},
	{"least overhead", K8S, QUOTA("'requests.memory':'1Gi'"), NULL, SERVER(LARGE, CONF("spark.executor.minMemoryOverhead=1g")), "executors of sc 2 x 2Gi)"},
	{"that 3.5 does not know", K8S ",'sparkgate.io/sparkVersion':'3.5'", QUOTA("'requests.memory':'1Gi'"), NULL,
	 "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'sc'},'spec':{'template':{'spec':{'containers':[{'name':'spark','image':'i','command':"
	 "['/opt/spark/sbin/start-connect-server.sh','--conf','spark.executor.minMemoryOverhead=1g']}]}}}}",
	 "executors of sc 2 x 1408Mi)"},
	{"off-heap", K8S, QUOTA("'requests.memory':'1Gi'"), NULL,
	 SERVER(LARGE, CONF("spark.memory.offHeap.enabled=true") CONF("spark.memory.offHeap.size=640m")), "executors of sc 2 x 2Gi)"},
	{"absurd numbers do not overflow", K8S, QUOTA("'requests.memory':'1Gi'"), NULL,
	 SERVER(RESOURCES("'requests':{'memory':'7Ei'}"), CONF("spark.executor.memory=9223372036854775807p") CONF("spark.executor.instances=1000000")),
	 "1Gi is less than the 9223372036854775807 that"},
	{"negative and malformed ones are none", K8S, QUOTA("'requests.memory':'-1','requests.cpu':'x','pods':'-3','limits.cpu':[],'limits.memory':{}"), NULL,
	 SERVER(RESOURCES("'requests':{'memory':'-7Ei','cpu':'1 '},'limits':[]"), ""), NULL},
	{"scopes are passed over", K8S, "[{'metadata':{'name':'q'},'spec':{'hard':{'pods':'1','limits.cpu':'1'},'scopes':['BestEffort']}}]", NULL, SERVER("", ""), NULL},
	{"a scopeSelector too", K8S, "[{'metadata':{'name':'q'},'spec':{'hard':{'pods':'1'},'scopeSelector':{'matchExpressions':[]}}}]", NULL, SERVER("", ""), NULL},
	{"standalone: executors are no pods", STANDALONE, QUOTA("'pods':'1','requests.cpu':'2'"), NULL, SERVER(LARGE, ""), NULL},
	{"workers are", STANDALONE, QUOTA("'pods':'2'"), NULL, WORKERS(""), "pods 2 is less than the 3 pods of Spark (StatefulSet w 3)"},
	{"and what they ask for", STANDALONE, QUOTA("'limits.memory':'8Gi'"), NULL, WORKERS(LARGE), "8Gi is less than the 12Gi that its Spark pods ask for (StatefulSet w 3 x 4Gi)"},
	{"sidecars, init containers, overhead", STANDALONE, QUOTA("'requests.cpu':'1'"), NULL,
	 "{'kind':'Pod','metadata':{'name':'w','labels':{'sparkgate.io/role':'standalone-worker'}},'spec':{'overhead':{'cpu':'250m'},"
	 "'initContainers':[{'name':'a','restartPolicy':'Always','resources':{'requests':{'cpu':'1'}}},{'name':'b','resources':{'requests':{'cpu':'3'}}}],"
	 "'containers':[{'name':'c','resources':{'limits':{'cpu':'2'}}}]}}",
	 "requests.cpu 1 is less than the 4250m that its Spark pods ask for (Pod w 1 x 4250m)"},
	{"the pod's own resources win", STANDALONE, QUOTA("'requests.cpu':'1'"), NULL,
	 "{'kind':'Pod','metadata':{'name':'w','labels':{'sparkgate.io/role':'standalone-worker'}},'spec':{'resources':{'requests':{'cpu':'5'}},"
	 "'containers':[{'name':'c','resources':{'limits':{'cpu':'2'}}}]}}",
	 "the 5 that"},
	{"a LimitRange gives what nobody asked for", STANDALONE, QUOTA("'limits.memory':'8Gi'"), RANGE("Container", "'max':{'memory':'4Gi'}"), WORKERS(""),
	 "8Gi is less than the 12Gi that"},

	/* ---- what a quota demands ---- */
	{"limits that the pod does not set", K8S, QUOTA("'limits.memory':'99Gi'"), NULL, SERVER("", ""),
	 "scope.quota: ResourceQuota q refuses its pods: must specify limits.memory for: spark: set it there, or a LimitRange with a default\n"},
	{"requests, under the short name", K8S, QUOTA("'memory':'99Gi'"), NULL, SERVER("", ""), "must specify memory for: spark:"},
	{"a limit is a request", K8S, QUOTA("'memory':'99Gi'"), NULL, SERVER(RESOURCES("'limits':{'memory':'1Gi'}"), ""), NULL},
	{"a default of a LimitRange does", K8S, QUOTA("'limits.memory':'99Gi'"), RANGE("Container", "'default':{'memory':'1Gi'}"), SERVER("", ""), NULL},
	{"one of another kind does not", K8S, QUOTA("'limits.memory':'99Gi'"), RANGE("Pod", "'default':{'memory':'1Gi'}"), SERVER("", ""), "must specify"},
	{"executors have no limits.cpu", K8S, QUOTA("'limits.cpu':'99'"), NULL, SERVER(LARGE, ""),
	 "scope.quota: ResourceQuota q refuses its executors: they must specify limits.cpu: set spark.kubernetes.executor.limit.cores, or a LimitRange with "
	 "a default\n"},
	{"with limit.cores they have", K8S, QUOTA("'limits.cpu':'99'"), NULL, SERVER(LARGE, CONF("spark.kubernetes.executor.limit.cores=1")), NULL},
	{"with a default too", K8S, QUOTA("'limits.cpu':'99'"), RANGE("Container", "'default':{'cpu':'2'}"), SERVER(LARGE, ""), NULL},
	{"the pod's own resources speak for all", STANDALONE, QUOTA("'limits.cpu':'99'"), NULL,
	 "{'kind':'Pod','metadata':{'name':'w','labels':{'sparkgate.io/role':'standalone-worker'}},'spec':{'resources':{'limits':{'cpu':'5'}},'containers':[{'name':'c'}]}}",
	 NULL},

	/* ---- LimitRanges ---- */
	{"a limit above max", K8S, NULL, RANGE("Container", "'max':{'memory':'2Gi'}"), SERVER(LARGE, ""),
	 "scope.limitRange: LimitRange lr refuses container 'spark': max memory is 2Gi, its limit is 4Gi: change the LimitRange, or the container's resources\n"},
	{"just as much", K8S, NULL, RANGE("Container", "'max':{'memory':'4Gi'}"), SERVER(LARGE, ""), NULL},
	{"executors above max", K8S, NULL, RANGE("Container", "'max':{'memory':'1Gi'}"), SERVER(RESOURCES("'limits':{'memory':'1Gi'}"), ""),
	 "LimitRange lr refuses its executors: max memory is 1Gi, its limit is 1408Mi: change the LimitRange, or spark.executor.memory, "},
	{"standalone has none", STANDALONE, NULL, RANGE("Container", "'max':{'memory':'1Gi'}"), SERVER(RESOURCES("'limits':{'memory':'1Gi'}"), ""), NULL},
	{"a request below min", K8S, NULL, RANGE("Container", "'min':{'cpu':'1500m'}"), SERVER(LARGE, ""), "refuses its executors: min cpu is 1500m, its request is 1:"},
	{"min is a default", K8S, NULL, RANGE("Container", "'min':{'cpu':'1'}"), SERVER("", ""), NULL},
	{"of a Pod it is none", K8S, NULL, RANGE("Pod", "'min':{'cpu':'1'}"), SERVER("", ""), "refuses its pods: min cpu is 1, and it has no request"},
	{"max of a Pod", K8S, NULL, RANGE("Pod", "'max':{'cpu':'1'}"), SERVER(LARGE, ""), "refuses its pods: max cpu is 1, its limit is 2: change the LimitRange, or the resources"},
	{"a Pod without a limit", K8S, NULL, RANGE("Pod", "'max':{'cpu':'1'}"), SERVER("", ""), "refuses its pods: max cpu is 1, and it has no limit"},
	{"ratio", STANDALONE, NULL, RANGE("Container", "'maxLimitRequestRatio':{'memory':'1.5'}"),
	 SERVER(RESOURCES("'requests':{'memory':'2Gi'},'limits':{'memory':'4Gi'}"), ""), "maxLimitRequestRatio memory is 1500m, its limit 4Gi is more than that many times its request 2Gi"},
	{"ratio, just above", STANDALONE, NULL, RANGE("Container", "'maxLimitRequestRatio':{'memory':'1.5'}"),
	 SERVER(RESOURCES("'requests':{'memory':'2Gi'},'limits':{'memory':'3080Mi'}"), ""), "is 1500m, its limit 3080Mi is more than that many times"},
	{"ratio, just kept", STANDALONE, NULL, RANGE("Container", "'maxLimitRequestRatio':{'memory':'1.5'}"),
	 SERVER(RESOURCES("'requests':{'memory':'2Gi'},'limits':{'memory':'3Gi'}"), ""), NULL},
	{"ratio kept", STANDALONE, NULL, RANGE("Container", "'maxLimitRequestRatio':{'memory':'2'}"),
	 SERVER(RESOURCES("'requests':{'memory':'2Gi'},'limits':{'memory':'4Gi'}"), ""), NULL},
	{"ratio of nothing", STANDALONE, NULL, RANGE("Container", "'maxLimitRequestRatio':{'memory':'2'}"), SERVER("", ""), "it lacks request or limit"},
	{"the strictest of several", K8S, NULL,
	 "[{'metadata':{'name':'a'},'spec':{'limits':[{'type':'Container','max':{'cpu':'8'}},{'type':'PersistentVolumeClaim','max':{'cpu':'1m'}}]}},"
	 "{'metadata':{'name':'b'},'spec':{'limits':[{'type':'Container','max':{'cpu':'1'}},{'type':'Container','max':{'cpu':'9'}}]}}]",
	 SERVER(LARGE, ""), "LimitRange b refuses container 'spark': max cpu is 1, its limit is 2:"},
	{"malformed ones bound nothing", K8S, NULL, "[{'spec':{'limits':[{'type':'Container','max':{'memory':'-1'},'min':7},5,null]}},{'spec':[]},7]", SERVER(LARGE, ""), NULL},
};

Test(hygiene_limits, cases)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hygiene_run r;

		hygiene_open(&r, &(struct hygiene_world){.labels = ENFORCE, .annotations = cases[i].annotations, .quotas = cases[i].quotas,
							 .limit_ranges = cases[i].limit_ranges});
		hygiene_judge(&r, &(struct hygiene_judged){cases[i].object, true, NULL});
		hygiene_namespace(&r.h, &r.a, &r.findings);
		const char *text = findings_text(&r.a, &r.findings);
		if (cases[i].has)
			cr_expect(strstr(text, cases[i].has), "%s: '%s'", cases[i].name, text);
		else
			cr_expect(!strstr(text, "scope.quota") && !strstr(text, "scope.limitRange"), "%s: '%s'", cases[i].name, text);
		hygiene_close(&r);
	}
}

/* More parts than are named are counted; pods of a controller are counted with it. */
Test(hygiene_limits, many_servers)
{
	struct hygiene_run r;

	hygiene_open(&r, &(struct hygiene_world){.labels = ENFORCE, .annotations = K8S, .quotas = QUOTA("'pods':'1'")});
	hygiene_judge(&r, &(struct hygiene_judged){
				  "{'kind':'StatefulSet','metadata':{'name':'w'},'spec':{'replicas':0,'template':{'metadata':{'labels':{'sparkgate.io/role':"
				  "'standalone-worker'}},'spec':{'containers':[{'name':'c'}]}}}}", true, NULL});
	for (int i = 0; i < 10; i++)
		hygiene_judge(&r, &(struct hygiene_judged){SERVER("", ""), true, NULL});
	hygiene_judge(&r, &(struct hygiene_judged){SERVER("", ""), true, "Deployment sc"});
	hygiene_namespace(&r.h, &r.a, &r.findings);
	const char *text = findings_text(&r.a, &r.findings);
	cr_expect_eq(r.h.ask.servers, 10);
	cr_expect_eq(r.h.ask.pods, 30);
	cr_expect(strstr(text, "less than the 30 pods of Spark (") && strstr(text, ", 12 more): "), "%s", text);
	cr_expect(!strstr(text, "StatefulSet"), "%s", text);
	hygiene_close(&r);
}

/* A policy layer may switch each off. */
Test(hygiene_limits, off_says_nothing)
{
	struct hygiene_run r;

	hygiene_open(&r, &(struct hygiene_world){.labels = ENFORCE, .annotations = K8S, .quotas = QUOTA("'pods':'1','limits.cpu':'1'"),
						 .limit_ranges = RANGE("Pod", "'max':{'cpu':'1'}")});
	for (size_t i = 0; i < r.policy->check_count; i++)
		r.policy->checks[i].action = ACTION_OFF;
	hygiene_judge(&r, &(struct hygiene_judged){SERVER(LARGE, ""), true, NULL});
	hygiene_namespace(&r.h, &r.a, &r.findings);
	cr_expect_str_eq(findings_text(&r.a, &r.findings), "");
	hygiene_close(&r);
}

/* Some thousand containers under some thousand limits: what a container costs does not grow with them. */
Test(hygiene_limits, hostile_objects_take_linear_time, .timeout = 60)
{
	struct hygiene_run r;
	struct arena a = ARENA_INIT;
	struct buf ranges = buf_in(&a), quotas = buf_in(&a), pod = buf_in(&a);

	buf_adds(&ranges, "[{'metadata':{'name':'lr'},'spec':{'limits':[");
	for (int i = 0; i < 20000; i++)
		buf_printf(&ranges, "%s{'type':'Container','max':{'cpu':'%d'},'min':{'memory':'9e999'}}", i ? "," : "", i + 1);
	buf_adds(&ranges, "]}}]");
	for (int i = 0; i < 2000; i++)
		buf_printf(&quotas, "%s{'metadata':{'name':'q%d'},'spec':{'hard':{'pods':'1','limits.cpu':'9223372036854775808'}}}", i ? "," : "[", i);
	buf_adds(&quotas, "]");
	buf_adds(&pod, "{'kind':'Pod','metadata':{'name':'w','labels':{'sparkgate.io/role':'standalone-worker'}},'spec':{'containers':[");
	for (int i = 0; i < 4000; i++)
		buf_printf(&pod, "%s{'name':'c%d','resources':{'limits':{'memory':'7Ei','cpu':'1e18'}}}", i ? "," : "", i);
	buf_adds(&pod, "]}}");
	hygiene_open(&r, &(struct hygiene_world){.labels = ENFORCE, .annotations = K8S, .quotas = buf_slice(&quotas).ptr,
						 .limit_ranges = buf_slice(&ranges).ptr});
	for (int i = 0; i < 2; i++)
		hygiene_judge(&r, &(struct hygiene_judged){buf_slice(&pod).ptr, true, NULL});
	hygiene_namespace(&r.h, &r.a, &r.findings);
	cr_expect_eq(r.h.ask.sum.of[LIMIT_MEMORY], INT64_MAX);
	cr_expect_eq(r.findings.count, FINDINGS_MAX);
	hygiene_close(&r);
	arena_release(&a);
}
