/*
 * The shipped backend rules, one table: what is set, what must become of it.
 *
 * A little language: settings are words "key=value" behind a source (opt, conf, file,
 * env), "key~value" for one that is known at run time only; edits are "key=value" and
 * "-key", in the order of the rules.
 */
#include "base/buf.h"
#include "base/json.h"
#include "spark/executors.h"
#include "spark/rules.h"
#include "policy_testing.h"

#define MASTER "spark.master=spark://m:7077"
#define NET "spark.driver.host={ip} spark.driver.bindAddress=0.0.0.0 spark.driver.port=7078 spark.driver.blockManager.port=7079"
#define K8S "spark.master=k8s://https://kubernetes.default.svc spark.kubernetes.namespace=team spark.shuffle.service.enabled=false"
#define PLACED "opt spark.driver.host=h.example.com spark.driver.bindAddress=0.0.0.0 spark.driver.port=1 spark.driver.blockManager.port=2"
#define DYNAMIC " spark.dynamicAllocation.enabled=true"
#define TRACKED PLACED " spark.executor.cores=1 spark.kubernetes.container.image=i spark.kubernetes.driver.pod.name=p spark.dynamicAllocation.shuffleTracking.enabled=false"
#define SIZED "opt spark.driver.host=h.example.com spark.driver.bindAddress=0.0.0.0 spark.executor.cores=1 spark.cores.max=1"

static const struct {
	const char *name;
	enum backend backend;
	const char *set, *unseen, *edits, *skipped;
} cases[] = {
	{"standalone: nothing is set", BACKEND_STANDALONE, "", NULL,
	 MASTER " " NET " spark.executor.cores=1 spark.cores.max=2", ""},
	{"k8s: nothing is set", BACKEND_K8S, "", NULL,
	 K8S " " NET " spark.executor.cores=1 spark.kubernetes.container.image={image} spark.kubernetes.driver.pod.name={pod}", ""},
	{"what is set stays", BACKEND_STANDALONE, PLACED " spark.executor.cores=4 spark.cores.max=8", NULL, MASTER, ""},
	{"a file counts as set", BACKEND_STANDALONE,
	 "file spark.driver.host=driver.example.com spark.driver.bindAddress=:: spark.driver.port=1 spark.driver.blockManager.port=2 spark.executor.cores=2 spark.cores.max=2",
	 NULL, MASTER, ""},
	{"an IP literal is another pod's", BACKEND_STANDALONE,
	 PLACED " file spark.driver.host=10.0.0.1 opt spark.driver.host=10.0.0.1 spark.executor.cores=1 spark.cores.max=1", NULL,
	 MASTER " spark.driver.host={ip}", ""},
	{"a Service leads nowhere until the server is ready", BACKEND_K8S,
	 PLACED " opt spark.driver.host=rel-connect conf spark.executor.cores=1 spark.kubernetes.container.image=i spark.kubernetes.driver.pod.name=p", NULL,
	 K8S " spark.driver.host={ip}", ""},
	{"a Service of a namespace too", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host=rel-connect.team.svc spark.executor.cores=1 spark.cores.max=1", NULL, MASTER " spark.driver.host={ip}", ""},
	{"with the cluster's domain too", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host=rel-connect.team.svc.cluster.local spark.executor.cores=1 spark.cores.max=1", NULL,
	 MASTER " spark.driver.host={ip}", ""},
	{"of the pod's own namespace, which its resolver adds the rest to", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host=rel-connect.team spark.executor.cores=1 spark.cores.max=1", NULL, MASTER " spark.driver.host={ip}", ""},
	{"of another's, which may be a host outside", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host=rel-connect.corp spark.executor.cores=1 spark.cores.max=1", NULL, MASTER, ""},
	{"of another's that says so", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host=rel-connect.corp.svc spark.executor.cores=1 spark.cores.max=1", NULL, MASTER " spark.driver.host={ip}", ""},
	{"a dot behind makes no address of it", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host=10.0.0.1. spark.executor.cores=1 spark.cores.max=1", NULL, MASTER, ""},
	{"a name from outside is not", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host=svc.corp.example spark.executor.cores=1 spark.cores.max=1", NULL, MASTER, ""},
	{"nor what a shell makes of it", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host~$(hostname) spark.executor.cores=1 spark.cores.max=1", NULL, MASTER, ""},
	{"localhost is nobody's", BACKEND_STANDALONE, PLACED " opt spark.driver.host=localhost spark.executor.cores=1 spark.cores.max=1",
	 NULL, MASTER " spark.driver.host={ip}", ""},
	{"an IPv6 literal too", BACKEND_STANDALONE, PLACED " opt spark.driver.host=[fd00::1] spark.executor.cores=1 spark.cores.max=1",
	 NULL, MASTER " spark.driver.host={ip}", ""},
	{"$(POD_IP) left in a file is never expanded", BACKEND_STANDALONE,
	 "file spark.driver.host~$(POD_IP) opt spark.driver.bindAddress=0.0.0.0 spark.driver.port=1 spark.driver.blockManager.port=2 spark.executor.cores=1 spark.cores.max=1",
	 NULL, MASTER " spark.driver.host={ip}", ""},
	{"a name that Kubernetes does not know stays as it is", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host=$(TYPO) spark.executor.cores=1 spark.cores.max=1", NULL, MASTER " spark.driver.host={ip}", ""},
	{"$(POD_IP) on the command line is", BACKEND_STANDALONE,
	 PLACED " opt spark.driver.host~$(POD_IP) spark.executor.cores=1 spark.cores.max=1", NULL, MASTER, ""},
	{"${env:POD_IP} in a file is Spark's own", BACKEND_STANDALONE,
	 "file spark.driver.host~${env:POD_IP} opt spark.driver.bindAddress=0.0.0.0 spark.driver.port=1 spark.driver.blockManager.port=2 spark.executor.cores=1 spark.cores.max=1",
	 NULL, MASTER, ""},
	{"[name] of a URL is no name of a host", BACKEND_STANDALONE, PLACED " opt spark.driver.host=[h] spark.executor.cores=1 spark.cores.max=1", NULL,
	 MASTER " spark.driver.host={ip}", ""},
	{"four numbers and more are a name", BACKEND_STANDALONE, PLACED " opt spark.driver.host=10.0.0.1.example spark.executor.cores=1 spark.cores.max=1",
	 NULL, MASTER, ""},
	{"numbers that are no address", BACKEND_STANDALONE, PLACED " opt spark.driver.host=10.0.0.256 spark.executor.cores=1 spark.cores.max=1", NULL, MASTER, ""},
	{"a name with its root's dot is no Service's", BACKEND_STANDALONE, PLACED " opt spark.driver.host=rel-connect. spark.executor.cores=1 spark.cores.max=1",
	 NULL, MASTER, ""},
	{"port 0 is random", BACKEND_STANDALONE,
	 "opt spark.driver.host=h.example.com spark.driver.bindAddress=x spark.driver.port=0 spark.driver.blockManager.port=0 spark.executor.cores=1 spark.cores.max=1",
	 NULL, MASTER " spark.driver.port=7078 spark.driver.blockManager.port=7079", ""},

	/* spark.cores.max = executors x cores */
	{"maxExecutors x cores", BACKEND_STANDALONE,
	 PLACED " conf spark.dynamicAllocation.enabled=true spark.dynamicAllocation.maxExecutors=8 spark.executor.instances=2 spark.executor.cores=2",
	 NULL, MASTER " spark.cores.max=16", ""},
	{"instances x cores", BACKEND_STANDALONE, PLACED " conf spark.executor.instances=3 spark.executor.cores=4", NULL,
	 MASTER " spark.cores.max=12", ""},
	{"policy's number x cores", BACKEND_STANDALONE, PLACED " conf spark.executor.cores=4", NULL, MASTER " spark.cores.max=8", ""},
	{"integer request.cores", BACKEND_STANDALONE, PLACED " conf spark.kubernetes.executor.request.cores=3", NULL,
	 MASTER " spark.executor.cores=3 spark.cores.max=6", ""},
	{"a quantity is no number of cores", BACKEND_STANDALONE, PLACED " conf spark.kubernetes.executor.request.cores=500m", NULL,
	 MASTER " spark.executor.cores=1 spark.cores.max=2", ""},
	{"numbers that nobody can mean", BACKEND_STANDALONE,
	 PLACED " conf spark.executor.instances=99999999999999999999 spark.executor.cores=-1", NULL, MASTER " spark.cores.max=2", ""},
	{"cores that only the shell knows: no product of a guess", BACKEND_STANDALONE,
	 PLACED " conf spark.executor.instances=4 spark.executor.cores~${CORES:-2}", NULL, MASTER, ""},
	{"executors that only the shell knows: nor of those", BACKEND_STANDALONE,
	 PLACED " conf spark.executor.instances~$N spark.executor.cores=2", NULL, MASTER, ""},
	{"env counts as set, and moves to where no file beats it", BACKEND_STANDALONE, PLACED " env spark.executor.cores=3", NULL,
	 MASTER " spark.executor.cores=3 spark.cores.max=6", ""},
	{"a file beats env", BACKEND_STANDALONE, PLACED " env spark.executor.cores=3 file spark.executor.cores=2", NULL,
	 MASTER " spark.cores.max=4", ""},

	/* and back */
	{"instances from cores.max", BACKEND_K8S,
	 PLACED " conf spark.cores.max=12 spark.executor.cores=4 spark.kubernetes.container.image=i spark.kubernetes.driver.pod.name=p",
	 NULL, K8S " spark.executor.instances=3", ""},
	{"nor back from such cores", BACKEND_K8S,
	 PLACED " conf spark.cores.max=12 spark.executor.cores~$C spark.kubernetes.container.image=i spark.kubernetes.driver.pod.name=p",
	 NULL, K8S, ""},
	{"at least one", BACKEND_K8S,
	 PLACED " conf spark.cores.max=1 spark.executor.cores=4 spark.kubernetes.container.image=i spark.kubernetes.driver.pod.name=p",
	 NULL, K8S " spark.executor.instances=1", ""},
	{"dynamic allocation decides itself", BACKEND_K8S,
	 PLACED " conf spark.cores.max=8 spark.dynamicAllocation.enabled=true spark.executor.cores=1 spark.kubernetes.container.image=i spark.kubernetes.driver.pod.name=p",
	 NULL, K8S, ""},
	{"the executors' image is enough", BACKEND_K8S,
	 PLACED " conf spark.executor.cores=1 spark.kubernetes.executor.container.image=i spark.kubernetes.driver.pod.name=p",
	 NULL, K8S, ""},

	/* keys that break the other backend */
	{"secret files", BACKEND_STANDALONE,
	 PLACED " conf spark.executor.cores=1 spark.cores.max=1 spark.authenticate.secret.file=/s", NULL,
	 MASTER " -spark.authenticate.secret.file", ""},
	{"secret files stay on k8s", BACKEND_K8S,
	 PLACED " conf spark.executor.cores=1 spark.kubernetes.container.image=i spark.kubernetes.driver.pod.name=p spark.authenticate.secret.file=/s",
	 NULL, K8S, ""},
	{"the shuffle plugin of executor pods", BACKEND_STANDALONE,
	 PLACED " conf spark.executor.cores=1 spark.cores.max=1 spark.shuffle.sort.io.plugin.class=org.apache.spark.shuffle.KubernetesLocalDiskShuffleDataIO",
	 NULL, MASTER " -spark.shuffle.sort.io.plugin.class", ""},
	{"another plugin stays", BACKEND_STANDALONE,
	 PLACED " conf spark.executor.cores=1 spark.cores.max=1 spark.shuffle.sort.io.plugin.class=org.apache.celeborn.X",
	 NULL, MASTER, ""},
	{"left-over keys are never read", BACKEND_STANDALONE,
	 PLACED " conf spark.executor.cores=1 spark.cores.max=1 spark.kubernetes.namespace=x spark.kubernetes.executor.podTemplateFile=/t",
	 NULL, MASTER, ""},

	/* what makes a rule superfluous */
	{"shuffle tracking that is needed", BACKEND_K8S, TRACKED, NULL, K8S " -spark.dynamicAllocation.shuffleTracking.enabled", ""},
	{"executors that hand over", BACKEND_K8S, TRACKED " spark.decommission.enabled=True", NULL, K8S, ""},
	{"executors that do not", BACKEND_K8S, TRACKED " spark.decommission.enabled=false", NULL, K8S " -spark.dynamicAllocation.shuffleTracking.enabled", ""},
	{"executors that may", BACKEND_K8S, TRACKED " spark.decommission.enabled~$X", NULL, K8S " -spark.dynamicAllocation.shuffleTracking.enabled", ""},
	{"shuffles that are kept elsewhere", BACKEND_K8S, TRACKED " spark.shuffle.sort.io.plugin.class=org.apache.spark.shuffle.celeborn.CelebornShuffleDataIO", NULL,
	 K8S, ""},
	{"shuffles in volumes of executors", BACKEND_K8S, TRACKED " spark.shuffle.sort.io.plugin.class=org.apache.spark.shuffle.KubernetesLocalDiskShuffleDataIO", NULL,
	 K8S " -spark.dynamicAllocation.shuffleTracking.enabled", ""},

	/* ports of the server itself */
	{"another's port", BACKEND_STANDALONE, SIZED " spark.driver.port=7079", NULL, MASTER " spark.driver.blockManager.port=7080", ""},
	{"another's, and the one behind it", BACKEND_STANDALONE, SIZED " spark.ui.port=7078", NULL, MASTER " spark.driver.port=7079 spark.driver.blockManager.port=7080", ""},
	{"what is no port", BACKEND_STANDALONE, SIZED " spark.port.maxRetries=7078 spark.ui.port=x", NULL,
	 MASTER " spark.driver.port=7078 spark.driver.blockManager.port=7079", ""},

	/* dynamic allocation without an end */
	{"what it keeps", BACKEND_STANDALONE, PLACED " spark.dynamicAllocation.enabled=true spark.dynamicAllocation.minExecutors=5 spark.executor.cores=2", NULL,
	 MASTER " spark.cores.max=10", ""},
	{"what it begins with", BACKEND_STANDALONE,
	 PLACED DYNAMIC " spark.dynamicAllocation.minExecutors=1 spark.dynamicAllocation.initialExecutors=6 spark.executor.instances=3 spark.executor.cores=1", NULL,
	 MASTER " spark.cores.max=6", ""},
	{"what only a shell knows", BACKEND_STANDALONE, PLACED DYNAMIC " spark.dynamicAllocation.minExecutors~$N spark.executor.cores=1", NULL, MASTER, ""},
	{"what is left of it, and it is off", BACKEND_STANDALONE, PLACED " spark.dynamicAllocation.minExecutors=50 spark.executor.cores=1", NULL,
	 MASTER " spark.cores.max=2", ""},
	{"an end", BACKEND_STANDALONE, PLACED " spark.dynamicAllocation.minExecutors=1 spark.dynamicAllocation.maxExecutors=4 spark.executor.cores=1", NULL,
	 MASTER " spark.cores.max=4", ""},
	{"none at all", BACKEND_STANDALONE, PLACED " spark.dynamicAllocation.enabled=false spark.dynamicAllocation.minExecutors=5 spark.executor.cores=1", NULL,
	 MASTER " spark.cores.max=2", ""},

	/* files that could not be read */
	{"standalone, a file unseen", BACKEND_STANDALONE, "", "ConfigMap 'x' (not found)",
	 MASTER " spark.driver.host={ip} spark.executor.cores=1 spark.cores.max=2",
	 "spark.driver.bindAddress spark.driver.port spark.driver.blockManager.port"},
	{"k8s, a file unseen", BACKEND_K8S, "", "Secret 's'",
	 K8S " spark.driver.host={ip} spark.kubernetes.container.image={image} spark.kubernetes.driver.pod.name={pod}",
	 "spark.driver.bindAddress spark.driver.port spark.driver.blockManager.port spark.executor.cores"},

	/* files of which perhaps none is the one that is read */
	{"what is needed moves to the command line", BACKEND_STANDALONE,
	 PLACED " guessed file spark.executor.cores=4 spark.cores.max=8 spark.driver.host~${IP} spark.ui.port=1", NULL,
	 MASTER " spark.executor.cores=4 spark.cores.max=8", ""},
	{"and is not excused by one of them", BACKEND_K8S,
	 PLACED " guessed conf spark.executor.cores=4 spark.kubernetes.driver.pod.name=p file spark.kubernetes.executor.container.image=e", NULL,
	 K8S " spark.kubernetes.container.image={image}", ""},
	{"a line is read in any case", BACKEND_STANDALONE, PLACED " guessed conf spark.executor.cores=4 spark.cores.max=8", NULL, MASTER, ""},
};

static enum setting_source source_named(struct slice word, enum setting_source now)
{
	static const char *const names[] = {"opt", "conf", "file", "-", "env"};

	for (int i = 0; i < 5; i++)
		if (slice_is(word, names[i]))
			return (enum setting_source)i;
	return now;
}

static struct view view_of(struct arena *a, const char *text, const char *unseen)
{
	struct view view = {.unseen = unseen};
	struct slice rest = slice_of(text);
	enum setting_source source = SOURCE_OPTION;

	while (rest.len > 0) {
		struct slice word = slice_cut(&rest, ' ');
		bool plain = memchr(word.ptr, '=', word.len) != NULL;
		view.guessed |= slice_is(word, "guessed");
		if (!plain && !memchr(word.ptr, '~', word.len)) {
			source = source_named(word, source);
			continue;
		}
		struct slice key = slice_cut(&word, plain ? '=' : '~');
		settings_add(&view.settings, a, (struct setting){.key = key, .value = word, .literal = plain, .source = source});
	}
	return view;
}

static const char *edits_text(struct arena *a, const struct rule_edit *edits, size_t count, bool keys_only)
{
	struct buf b = buf_in(a);

	for (size_t i = 0; i < count; i++) {
		const char *space = i ? " " : "";
		if (keys_only)
			buf_printf(&b, "%s%.*s", space, SLICE_ARG(edits[i].key));
		else if (edits[i].value.ptr)
			buf_printf(&b, "%s%.*s=%.*s", space, SLICE_ARG(edits[i].key), SLICE_ARG(edits[i].value));
		else
			buf_printf(&b, "%s-%.*s", space, SLICE_ARG(edits[i].key));
	}
	return buf_slice(&b).ptr;
}

static struct rule_input input_of(const struct policy *policy, enum backend backend, const struct view *view)
{
	return (struct rule_input){
		.policy = policy, .backend = backend, .version = 401, .view = view,
		.values = {.master = backend == BACKEND_K8S ? SLICE_LIT("k8s://https://kubernetes.default.svc") : SLICE_LIT("spark://m:7077"),
			   .namespace = SLICE_LIT("team"), .pod_ip = SLICE_LIT("{ip}"), .pod_name = SLICE_LIT("{pod}"),
			   .image = SLICE_LIT("{image}")}};
}

Test(rules, make_of_what_is_set_what_the_backend_needs)
{
	struct policy *policy = shipped();

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = ARENA_INIT;
		struct view view = view_of(&a, cases[i].set, cases[i].unseen);
		struct rule_input in = input_of(policy, cases[i].backend, &view);
		struct rule_edits edits;

		rules_evaluate(&in, &a, &edits);
		cr_expect_str_eq(edits_text(&a, edits.items, edits.count, false), cases[i].edits, "%s: %s", cases[i].name,
				 edits_text(&a, edits.items, edits.count, false));
		cr_expect_str_eq(edits_text(&a, edits.skipped, edits.skipped_count, true), cases[i].skipped, "%s: %s",
				 cases[i].name, edits_text(&a, edits.skipped, edits.skipped_count, true));
		arena_release(&a);
	}
	policy_unref(policy);
}

/* What stands in a ConfigMap knows no pod: neither its address nor its image. */
Test(rules, a_text_gets_nothing_that_comes_from_the_pod)
{
	struct policy *policy = shipped();
	struct arena a = ARENA_INIT;
	struct view view = view_of(&a, "", NULL);
	struct rule_input in = input_of(policy, BACKEND_K8S, &view);
	struct rule_edits edits;

	in.in_file = true;
	rules_evaluate(&in, &a, &edits);
	for (size_t i = 0; i < edits.count; i++)
		cr_expect(!slice_has(edits.items[i].value, "{"), "%.*s", SLICE_ARG(edits.items[i].key));
	cr_expect_gt(edits.count, 0);
	arena_release(&a);
	policy_unref(policy);
}

static const struct {
	const char *name;
	enum backend backend;
	const char *set, *unseen, *rule; /* rule: the one that complains first, NULL = none */
} checks[] = {
	{"namespace of somebody else", BACKEND_K8S, "opt spark.kubernetes.namespace=other", "Secret 's'", "backend.namespace"},
	{"no namespace is 'default'", BACKEND_K8S, "", NULL, "backend.namespace"},
	{"no namespace in what was seen", BACKEND_K8S, "", "Secret 's'", NULL},
	{"shuffle service", BACKEND_K8S, "opt spark.kubernetes.namespace=team file spark.shuffle.service.enabled=true", "Secret 's'",
	 "backend.shuffleService"},
	{"a secret file left in a file", BACKEND_STANDALONE, "file spark.authenticate.secret.file=/s", "Secret 's'",
	 "backend.authSecretFile"},
	{"overruled by the harmless plugin", BACKEND_STANDALONE,
	 "file spark.shuffle.sort.io.plugin.class=KubernetesLocalDiskShuffleDataIO opt spark.shuffle.sort.io.plugin.class=org.apache.spark.shuffle.sort.io.LocalDiskShuffleDataIO",
	 "Secret 's'", NULL},
	{"the last of two files is read", BACKEND_K8S,
	 "opt spark.kubernetes.namespace=team file spark.kubernetes.driver.master=local[2] spark.kubernetes.driver.master=https://x", NULL, NULL},
	{"any of two files may be read", BACKEND_K8S,
	 "guessed opt spark.kubernetes.namespace=team file spark.kubernetes.driver.master=local[2] spark.kubernetes.driver.master=https://x", NULL,
	 "backend.driverMaster"},
	{"whichever is read, the command line wins", BACKEND_K8S,
	 "guessed opt spark.kubernetes.namespace=team spark.kubernetes.driver.master=https://x file spark.kubernetes.driver.master=local[2]", NULL,
	 NULL},
};

Test(rules, find_what_breaks_the_backend)
{
	struct policy *policy = shipped();

	for (size_t i = 0; i < COUNT(checks); i++) {
		struct arena a = ARENA_INIT;
		struct view view = view_of(&a, checks[i].set, checks[i].unseen);
		struct rule_input in = input_of(policy, checks[i].backend, &view);
		struct findings findings = {0};
		const char *denied = NULL;

		rules_check(&in, &a, &findings);
		for (size_t f = 0; f < findings.count && !denied; f++)
			denied = findings.items[f].action == ACTION_DENY ? findings.items[f].rule : NULL;
		cr_expect_eq(!denied, !checks[i].rule, "%s: %s", checks[i].name, denied ? denied : "nothing");
		if (denied && checks[i].rule)
			cr_expect_str_eq(denied, checks[i].rule, "%s", checks[i].name);
		arena_release(&a);
	}
	policy_unref(policy);
}

/* The verbs of which the shipped rules make no use, or only in one form. */
static const struct rule required = {.id = "r", .why = "ours", .backend = BACKEND_K8S, .verb = VERB_REQUIRE, .key = "spark.a",
				     .action = ACTION_DENY};
static const struct {
	const char *name;
	enum verb verb;
	const char *key, *match, *set, *unseen, *said; /* said: the whole message, NULL = nothing */
} verbs[] = {
	{"required and there", VERB_REQUIRE, "spark.a", NULL, "conf spark.a=x", NULL, NULL},
	{"required and not there", VERB_REQUIRE, "spark.a", NULL, "conf spark.ab=x", NULL, "spark.a is not set: ours"},
	{"perhaps in the file that nobody sees", VERB_REQUIRE, "spark.a", NULL, "", "Secret 's'", NULL},
	{"required with a value", VERB_REQUIRE, "spark.a", "ok", "conf spark.a=it-is-ok", NULL, NULL},
	{"with another one", VERB_REQUIRE, "spark.a", "ok", "conf spark.a=no", NULL, "spark.a is 'no': ours"},
	{"with another one that wins", VERB_REQUIRE, "spark.a", "ok", "file spark.a=ok conf spark.a=no", NULL, "spark.a is 'no': ours"},
	{"with another one, whatever a file says", VERB_REQUIRE, "spark.a", "ok", "conf spark.a=no", "Secret 's'", "spark.a is 'no': ours"},
	{"with one that is known at run time only", VERB_REQUIRE, "spark.a", "ok", "conf spark.a~$X", NULL, NULL},
	{"one of many", VERB_REQUIRE, "spark.eventLog.*", NULL, "conf spark.eventLog.dir=/x", NULL, NULL},
	{"one of many with the value", VERB_REQUIRE, "spark.eventLog.*", "ok", "conf spark.eventLog.dir=/x spark.eventLog.y=ok spark.eventLog.z=1", NULL, NULL},
	{"none of many", VERB_REQUIRE, "spark.eventLog.*", NULL, "conf spark.eventLo=/x", NULL, "spark.eventLog.* is not set: ours"},
	{"none of many with the value", VERB_REQUIRE, "spark.eventLog.*", "ok", "conf spark.eventLog.dir=/x", NULL, "spark.eventLog.* is '/x': ours"},
	{"forbidden and there", VERB_FORBID, "spark.a", NULL, "conf spark.a=x", NULL, "spark.a is 'x', which breaks the k8s backend: remove it (ours)"},
	{"forbidden, not there", VERB_FORBID, "spark.a", NULL, "conf spark.ab=x", NULL, NULL},
	{"forbidden with a value", VERB_FORBID, "spark.a", "ok", "conf spark.a=no", NULL, NULL},
	{"a text anywhere in it", VERB_FORBID, "spark.a", "ok", "conf spark.a=it-is-OK", NULL,
	 "spark.a is 'it-is-OK', which breaks the k8s backend: remove it (ours)"},
	{"a pattern is of all of it", VERB_FORBID, "spark.a", "local*", "conf spark.a=https://x.local:1", NULL, NULL},
	{"and of its letters", VERB_FORBID, "spark.a", "local*", "conf spark.a=Local", NULL, NULL},
	{"a value of the pattern", VERB_FORBID, "spark.a", "local*", "conf spark.a=local[1]", NULL,
	 "spark.a is 'local[1]', which breaks the k8s backend: remove it (ours)"},
	{"required of a pattern", VERB_REQUIRE, "spark.a", "*.svc", "conf spark.a=x.svc.y", NULL, "spark.a is 'x.svc.y': ours"},
	{"what Spark will put in", VERB_FORBID, "spark.a", "local*", "conf spark.a=${env:X}", NULL,
	 "spark.a is '${env:X}', which may be what breaks the k8s backend: write the value out (ours)"},
	{"what the shell will", VERB_FORBID, "spark.a", "bad", "conf spark.a~$X", NULL,
	 "spark.a is '$X', which may be what breaks the k8s backend: write the value out (ours)"},
	{"whatever the shell will put in", VERB_FORBID, "spark.a", NULL, "conf spark.a~$X", NULL, "spark.a is '$X', which breaks the k8s backend: remove it (ours)"},
	{"all of a kind are forbidden", VERB_FORBID, "spark.a.*", NULL, "conf spark.a.b=x", NULL, "spark.a.b is 'x', which breaks the k8s backend: remove it (ours)"},
	{"said once of each key", VERB_FORBID, "spark.a", NULL, "file spark.a=y conf spark.a=z spark.a=x", NULL,
	 "spark.a is 'x', which breaks the k8s backend: remove it (ours)"},
	{"the one that counts is another", VERB_FORBID, "spark.a", "bad", "file spark.a=bad conf spark.a=good", NULL, NULL},
	{"secrets are not shown", VERB_FORBID, "spark.my.password", NULL, "conf spark.my.password=hunter2", NULL,
	 "spark.my.password is '(redacted)', which breaks the k8s backend: remove it (ours)"},
};

Test(rules, say_what_each_verb_finds)
{
	for (size_t i = 0; i < COUNT(verbs); i++) {
		struct arena a = ARENA_INIT;
		struct rule rule = required;
		struct policy policy = {.rules = &rule, .rule_count = 1};
		struct view view = view_of(&a, verbs[i].set, verbs[i].unseen);
		struct rule_input in = input_of(&policy, BACKEND_K8S, &view);
		struct findings findings = {0};
		struct rule_edits edits;

		rule.verb = verbs[i].verb;
		rule.key = verbs[i].key;
		rule.match = verbs[i].match;
		rules_check(&in, &a, &findings);
		cr_assert_eq(findings.count, verbs[i].said != NULL, "%s: %zu findings", verbs[i].name, findings.count);
		if (verbs[i].said)
			cr_expect_str_eq(findings.items[0].message, verbs[i].said, "%s: %s", verbs[i].name, findings.items[0].message);
		rules_evaluate(&in, &a, &edits);
		cr_expect_eq(edits.count, 0, "%s: it edits", verbs[i].name);
		in.backend = BACKEND_STANDALONE;
		findings.count = 0;
		rules_check(&in, &a, &findings);
		cr_expect_eq(findings.count, 0, "%s: of the other backend", verbs[i].name);
		arena_release(&a);
	}
}

/* Where its rule says so a key gets another name, unless that one is set too. */
Test(rules, rename_what_has_no_such_name_yet)
{
	static const struct {
		const char *set, *to;
	} renames[] = {{"conf spark.old=1", "spark.new"}, {"conf spark.old=1 spark.new=2", NULL}, {"conf spark.older=1", NULL}};
	struct rule rule = required;
	struct policy policy = {.rules = &rule, .rule_count = 1};

	rule.verb = VERB_RENAME;
	rule.key = "spark.old";
	rule.value = "spark.new";
	for (size_t i = 0; i < COUNT(renames); i++) {
		struct arena a = ARENA_INIT;
		struct view view = view_of(&a, renames[i].set, NULL);
		struct rule_input in = input_of(&policy, BACKEND_K8S, &view);
		struct findings findings = {0};
		struct rule_edits edits;

		rules_evaluate(&in, &a, &edits);
		cr_assert_eq(edits.count, renames[i].to != NULL, "%s", renames[i].set);
		if (renames[i].to)
			cr_expect(slice_is(edits.items[0].new_key, renames[i].to) && slice_is(edits.items[0].value, "1"));
		rules_check(&in, &a, &findings);
		cr_expect_eq(findings.count, 0, "%s: a name is no violation", renames[i].set);
		arena_release(&a);
	}
}
