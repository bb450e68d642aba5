/*
 * What is decided of objects by their form: those that nobody could read, updates that change nothing, pod templates
 * inside of ConfigMaps, what the API server fills in, ranges of users, and which ConfigMaps a pod names.
 */
#include "engine_testing.h"
#include "layer_testing.h"
#include "admission/openshift.h"
#include "admission/subject.h"

/* docs/contract.md 4: an object that could not be looked at. said and not_said are parts. */
static const struct {
	const char *name, *kind, *mode;
	enum namespace_state state;
	bool decided, judged;
	const char *said, *not_said;
} unread[] = {
	{"enforce refuses by itself", "Pod", "enforce", NAMESPACE_KNOWN, false, false, "", NULL},
	{"an unknown namespace may be in enforce", "Pod", "warn", NAMESPACE_UNKNOWN, false, false, "", NULL},
	{"a Namespace may enter enforce", "Namespace", "warn", NAMESPACE_KNOWN, false, false, "", NULL},
	{"warn", "Pod", "warn", NAMESPACE_KNOWN, true, true, "scope.unread: not looked at: too large", NULL},
	{"audit", "Pod", "audit", NAMESPACE_KNOWN, true, true, "not looked at: too large", "warning: "},
	{"a ConfigMap too", "ConfigMap", "audit", NAMESPACE_KNOWN, true, true, "not looked at: too large", "warning: "},
	{"not opted in: nothing to say", "Pod", NULL, NAMESPACE_KNOWN, true, false, "", "not looked at"},
};

static void look_at_unread(struct policy *policy)
{
	struct world w = {.a = ARENA_INIT, .policy = policy};

	for (size_t i = 0; i < COUNT(unread); i++) {
		struct review review = {.uid = "u", .operation = OP_CREATE, .group = "", .version = "v1", .kind = unread[i].kind, .resource = "things",
					.subresource = "", .namespace = "team", .name = "x", .user = "u"};
		struct engine_request request = {ENDPOINT_VALIDATE, &review};
		struct decision d = {.allowed = false};

		w.facts = (struct facts){.namespace_state = unread[i].state, .namespace = namespace_of(&w.a, unread[i].mode, STANDALONE)};
		cr_assert_eq(engine_decide_unread(&request, &w.facts, w.policy, "too large", &w.a, &d), unread[i].decided, "%s", unread[i].name);
		if (!unread[i].decided)
			continue;
		const char *text = answer_text(&w.a, &d);
		cr_expect(d.allowed && d.judged == unread[i].judged && d.patch.count == 0, "%s", unread[i].name);
		cr_expect(strstr(text, unread[i].said), "%s lacks '%s': %s", unread[i].name, unread[i].said, text);
		cr_expect(!unread[i].not_said || !strstr(text, unread[i].not_said), "%s: %s", unread[i].name, text);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

Test(engine_objects, that_nobody_could_read_are_refused_in_enforce_alone)
{
	look_at_unread(shipped());
	/* an exemption asks for the namespace, the name, the user and his groups */
	look_at_unread(good_layer(EXEMPT("expires: never, rules: [pss.x*], namespaces: [a], names: [b], users: [c], groups: [d]")));
}

/* docs/contract.md 4: which audit annotations there are. Each as "key=value"; "key" in front of ! must not be there. */
static const struct {
	const char *name, *mode, *annotations, *object;
	enum endpoint endpoint;
	const char *wanted[5];
} audits[] = {
	{"a server, rewritten", "enforce", STANDALONE, SERVER, ENDPOINT_MUTATE,
	 {"backend=standalone\n", "role=connect-server\n", "mode=enforce\n", "audit changes=", "!pssMode"}},
	{"a server, refused", "enforce", K8S, SERVER, ENDPOINT_VALIDATE, {"backend=k8s\n", "mode=enforce\n", "audit violations=deny backend.master", "!changes"}},
	{"in warn what enforce would", "warn", STANDALONE, SERVER, ENDPOINT_MUTATE, {"mode=warn\n", "audit changes=", "spark://m:7077"}},
	{"in audit", "audit", STANDALONE, SERVER, ENDPOINT_MUTATE, {"mode=audit\n", "audit changes=", "spark://m:7077", "!warning"}},
	{"the other half's mode", "enforce", STANDALONE ",'sparkgate.io/pssMode':'warn'", SERVER, ENDPOINT_MUTATE, {"mode=enforce\n", "pssMode=warn\n"}},
	{"which policy", "enforce", STANDALONE, SERVER, ENDPOINT_VALIDATE, {"audit policy="}},
	{"not opted in", NULL, STANDALONE, SERVER, ENDPOINT_MUTATE, {"!audit"}},
};

Test(engine_objects, leave_a_trace_in_the_audit_log)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(audits); i++) {
		struct review review = review_of(&w.a, audits[i].object);

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, audits[i].mode, audits[i].annotations)};
		struct decision d = decide(&w, audits[i].endpoint, &review);
		const char *text = answer_text(&w.a, &d);
		for (size_t k = 0; k < COUNT(audits[i].wanted) && audits[i].wanted[k]; k++) {
			const char *wanted = audits[i].wanted[k];
			bool absent = *wanted == '!';

			cr_expect_eq(strstr(text, wanted + absent) != NULL, !absent, "%s: %s: %s", audits[i].name, wanted, text);
		}
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* A rewritten object carries the decision, of which role and for which backend. */
Test(engine_objects, that_are_rewritten_carry_the_decision)
{
	static const struct {
		const char *object, *mark;
	} cases[] = {
		{SERVER, "\"v\\\":1,\\\"backend\\\":\\\"standalone\\\",\\\"role\\\":\\\"connect-server\\\"}"},
		{"{'kind':'ConfigMap','metadata':{'name':'m'},'data':{'spark-defaults.conf':'spark.connect.a 1\\nspark.master yarn'}}",
		 "\"v\\\":1,\\\"backend\\\":\\\"standalone\\\",\\\"role\\\":\\\"connect-config\\\"}"},
	};
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct review review = review_of(&w.a, cases[i].object);

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
		struct decision d = decide(&w, ENDPOINT_MUTATE, &review);
		const char *patch = d.patch.count ? json_patch_print(&d.patch, "").ptr : "";
		cr_expect(strstr(patch, cases[i].mark), "%s", patch);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

#define DEPLOYMENT(metadata, more, template_metadata, spec) \
	"{'kind':'Deployment','metadata':{'name':'d'" metadata "},'spec':{" more "'template':{" template_metadata "'spec':{" spec \
	"'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}"
#define BAD "'securityContext':{'runAsNonRoot':false},"

/* A controller that violates, as it was and as it is: only what its pods are made of is looked at again. */
static const struct {
	const char *name, *old, *now;
	bool judged;
} updates[] = {
	{"nothing", DEPLOYMENT("", "", "", BAD), DEPLOYMENT("", "", "", BAD), false},
	{"its scale", DEPLOYMENT("", "'replicas':1,", "", BAD), DEPLOYMENT("", "'replicas':2,", "", BAD), false},
	{"its own labels", DEPLOYMENT("", "", "", BAD), DEPLOYMENT(",'labels':{'a':'b'}", "", "", BAD), false},
	{"its pods' labels", DEPLOYMENT("", "", "'metadata':{'labels':{'a':'b'}},", BAD), DEPLOYMENT("", "", "'metadata':{'labels':{'a':'c'}},", BAD), true},
	{"the same labels", DEPLOYMENT("", "", "'metadata':{'labels':{'a':'b'}},", BAD), DEPLOYMENT("", "", "'metadata':{'labels':{'a':'b'}},", BAD), false},
	{"its pods get labels", DEPLOYMENT("", "", "", BAD), DEPLOYMENT("", "", "'metadata':{'labels':{'a':'c'}},", BAD), true},
	{"its pods", DEPLOYMENT("", "", "", ""), DEPLOYMENT("", "", "", BAD), true},
	{"what it was cannot be read", "{'kind':'Deployment','spec':'x'}", DEPLOYMENT("", "", "", BAD), true},
};

Test(engine_objects, that_do_not_change_are_not_judged_again)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(updates); i++) {
		struct review review = review_of(&w.a, updates[i].now);

		review.operation = OP_UPDATE;
		review.old_object = parsed(&w.a, updates[i].old);
		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		cr_expect_eq(strstr(answer_text(&w.a, &d), "runAsNonRoot") != NULL, updates[i].judged, "%s: %s", updates[i].name, answer_text(&w.a, &d));
		review.operation = OP_CREATE;
		d = decide(&w, ENDPOINT_VALIDATE, &review);
		cr_expect(strstr(answer_text(&w.a, &d), "runAsNonRoot"), "%s, new", updates[i].name);
		review.operation = OP_DELETE;
		d = decide(&w, ENDPOINT_VALIDATE, &review);
		cr_expect(d.allowed && !*answer_text(&w.a, &d), "%s, deleted", updates[i].name);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

#define TEMPLATE(pod) "{'kind':'ConfigMap','metadata':{'name':'m'},'data':{'spark-defaults.conf':'spark.connect.a 1','executor.yaml':'" pod "'}}"
#define NAMED(key, pod) "{'kind':'ConfigMap','metadata':{'name':'m'},'data':{'spark-defaults.conf':'spark.connect.a 1','" key "':'" pod "'}}"
#define CONTAINERS "containers: [{name: e, image: i}]"

/* Pod templates of executors: said is a part of all that is said; "" = nothing of config.podTemplate. */
static const struct {
	const char *name, *mode, *annotations, *object, *said;
} templates[] = {
	{"what hardening mends", "enforce", K8S, TEMPLATE("spec: {" CONTAINERS "}"), ""},
	{"what it does not", "enforce", K8S, TEMPLATE("spec: {hostNetwork: true, " CONTAINERS "}"),
	 "config.podTemplate: executors of 'executor.yaml' would violate PodSecurity \"restricted:latest\": "},
	{"in warn as in enforce", "warn", K8S, TEMPLATE("spec: {hostNetwork: true, " CONTAINERS "}"), "warning: config.podTemplate: executors of 'executor.yaml'"},
	{"without hardening all of it", "enforce", K8S ",'sparkgate.io/hardening':'off'", TEMPLATE("spec: {" CONTAINERS "}"), "would violate PodSecurity"},
	{"without hardening, and well", "enforce", K8S ",'sparkgate.io/hardening':'off','sparkgate.io/pssLevel':'baseline'", TEMPLATE("spec: {" CONTAINERS "}"), ""},
	{"at a lower level", "enforce", K8S ",'sparkgate.io/pssLevel':'privileged'", TEMPLATE("spec: {hostNetwork: true, " CONTAINERS "}"), ""},
	{"of another kind", "enforce", K8S, TEMPLATE("kind: Job\\nspec: {hostNetwork: true, " CONTAINERS "}"), ""},
	{"no pod", "enforce", K8S, TEMPLATE("a: b"), ""},
	{"unreadable, by its name one", "enforce", K8S, NAMED("podTemplate.yml", "a: [1"), "config.podTemplate: 'podTemplate.yml' cannot be read as a pod"},
	{"unreadable, by its other name", "enforce", K8S, NAMED("pod_template.yaml", "a: [1"), "config.podTemplate: 'pod_template.yaml' cannot be read as a pod"},
	{"unreadable, and anything", "enforce", K8S, NAMED("x.yaml", "a: [1"), ""},
	{"what something renders first", "enforce", K8S, NAMED("podTemplate.yaml.tmpl", "a: [1"), ""},
	{"by another tool", "enforce", K8S, NAMED("podTemplate.yaml.tpl", "a: [1"), ""},
	{"and is a pod all the same", "enforce", K8S, NAMED("podTemplate.yaml.template", "spec: {hostNetwork: true, " CONTAINERS "}"), "would violate PodSecurity"},
	{"no YAML by its name", "enforce", K8S, NAMED("podTemplate.txt", "spec: {hostNetwork: true, " CONTAINERS "}"), ""},
};

Test(engine_objects, hold_templates_of_executors)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(templates); i++) {
		struct review review = review_of(&w.a, templates[i].object);

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, templates[i].mode, templates[i].annotations)};
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		const char *text = answer_text(&w.a, &d);
		if (*templates[i].said)
			cr_expect(strstr(text, templates[i].said), "%s lacks '%s': %s", templates[i].name, templates[i].said, text);
		else
			cr_expect(!strstr(text, "config.podTemplate"), "%s: %s", templates[i].name, text);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* k8s.io/kubernetes pkg/apis/core/v1/defaults.go: SetDefaults_Volume, defaultHostNetworkPorts. */
Test(engine_objects, are_seen_as_the_api_server_fills_them_in)
{
	static const struct {
		const char *kind, *object, *then;
	} cases[] = {
		{"Pod", "{'spec':{'volumes':[{'name':'a'},{'name':'b','secret':{}},{'name':'c','nfs':null},'x']}}",
		 "{'spec':{'volumes':[{'name':'a','emptyDir':{}},{'name':'b','secret':{}},{'name':'c','nfs':null,'emptyDir':{}},'x']}}"},
		{"Pod", "{'spec':{'hostNetwork':true,'containers':[{'ports':[{'containerPort':1},{'containerPort':2,'hostPort':3},{'containerPort':4,'hostPort':0},{'name':'p'},'x']},"
			"{'ports':[{'containerPort':5}]}],'initContainers':[{'ports':[{'containerPort':6}]}]}}",
		 "{'spec':{'hostNetwork':true,'containers':[{'ports':[{'containerPort':1,'hostPort':1},{'containerPort':2,'hostPort':3},{'containerPort':4,'hostPort':4},{'name':'p'},'x']},"
		 "{'ports':[{'containerPort':5,'hostPort':5}]}],'initContainers':[{'ports':[{'containerPort':6,'hostPort':6}]}]}}"},
		{"Pod", "{'spec':{'hostNetwork':false,'containers':[{'ports':[{'containerPort':1}]}]}}", "{'spec':{'hostNetwork':false,'containers':[{'ports':[{'containerPort':1}]}]}}"},
		{"Deployment", "{'spec':{'template':{'spec':{'hostNetwork':true,'volumes':[{'name':'a'}],'containers':[{'ports':[{'containerPort':1}]}]}}}}",
		 "{'spec':{'template':{'spec':{'hostNetwork':true,'volumes':[{'name':'a','emptyDir':{}}],'containers':[{'ports':[{'containerPort':1}]}]}}}}"},
		{"ConfigMap", "{'spec':{'volumes':[{'name':'a'}]}}", "{'spec':{'volumes':[{'name':'a'}]}}"},
	};
	struct arena a = ARENA_INIT;

	json_setup();
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct json *defaulted = simulate_defaulted(&a, parsed(&a, cases[i].object), cases[i].kind);

		cr_expect(slice_eq(json_print(&a, defaulted), json_print(&a, parsed(&a, cases[i].then))), "%zu: %s", i, json_print(&a, defaulted).ptr);
	}
	arena_release(&a);
}

/* security.openshift.io's uid.ParseRange takes "start/size" and "first-last"; what it does not take says nothing. */
Test(engine_objects, run_as_users_of_the_namespaces_range)
{
	static const struct {
		const char *range, *user;
		bool told;
	} cases[] = {
		{"1000/10", "999", true},      {"1000/10", "1000", false},    {"1000/10", "1009", false}, {"1000/10", "1010", true},
		{"1000-1010", "999", true},    {"1000-1010", "1000", false},  {"1000-1010", "1010", false}, {"1000-1010", "1011", true},
		{"1000", "1", false},	       {"x/10", "1", false},	      {"1000/x", "1", false},	  {"1000/10", "'999'", false},
		{"1000/10", "null", false},
	};
	static const char *const pods[] = {"{'securityContext':{'runAsUser':%s}}", "{'containers':[{'name':'c','securityContext':{'runAsUser':%s}}]}",
					   "{'initContainers':[{'name':'c','securityContext':{'runAsUser':%s}}]}",
					   "{'ephemeralContainers':[{'name':'c','securityContext':{'runAsUser':%s}}]}"};
	struct arena a = ARENA_INIT;

	json_setup();
	for (size_t i = 0; i < COUNT(cases) * COUNT(pods); i++) {
		size_t c = i / COUNT(pods);
		struct buf spec = buf_in(&a);
		struct slice rest = slice_of(pods[i % COUNT(pods)]), head = slice_cut(&rest, '%');

		buf_printf(&spec, "{'spec':%.*s%s%.*s}", SLICE_ARG(head), cases[c].user, (int)rest.len - 1, rest.ptr + 1);
		struct namespace ns = {.openshift_uid_range = cases[c].range};
		struct findings findings = {0};
		struct subject subject;
		cr_assert_eq(subject_of(parsed(&a, buf_slice(&spec).ptr), "Pod", &subject), 0);
		openshift_check(&a, &ns, &subject, &findings);
		cr_expect_eq(findings.count, cases[c].told, "%s in %s: %zu", cases[c].user, cases[c].range, findings.count);
	}
	arena_release(&a);
}

/* Who runs as which user is OpenShift's choice where the namespace has a range, or a policy of its has admitted the pod. */
Test(engine_objects, that_openshift_manages)
{
	struct arena a = ARENA_INIT;
	struct namespace plain = {.openshift_uid_range = NULL}, ranged = {.openshift_uid_range = "1/2"};

	json_setup();
	cr_expect(openshift_manages(&ranged, NULL));
	cr_expect(openshift_manages(&plain, parsed(&a, "{'annotations':{'openshift.io/scc':'restricted-v2'}}")));
	cr_expect_not(openshift_manages(&plain, parsed(&a, "{'annotations':{'openshift.io/sccs':'x'}}")));
	cr_expect_not(openshift_manages(&plain, NULL));
	arena_release(&a);
}

/* Each ConfigMap once, wherever it is named; not the one that every namespace has; more than are looked up is said. */
Test(engine_objects, name_config_maps)
{
	struct arena a = ARENA_INIT;
	struct buf many = buf_in(&a), names = buf_in(&a);
	struct lookups found;

	json_setup();
	spark_pod_lookups(&a,
			  parsed(&a, "{'volumes':[{'configMap':{'name':'v'}},{'configMap':{'name':'v'}},{'configMap':{'name':'kube-root-ca.crt'}},{'configMap':{}},"
				     "{'projected':{'sources':[{'secret':{'name':'s'}},{'configMap':{'name':'p'}},{'configMap':{'name':'kube-root-ca.crt'}}]}}],"
				     "'containers':[{'envFrom':[{'configMapRef':{'name':'f'}},{'secretRef':{'name':'s'}}],"
				     "'env':[{'valueFrom':{'configMapKeyRef':{'name':'k'}}},{'valueFrom':{'configMapKeyRef':{'name':'v'}}}]}],"
				     "'initContainers':[{'envFrom':[{'configMapRef':{'name':'i'}}]}]}"),
			  &found);
	for (size_t i = 0; i < found.count; i++)
		buf_printf(&names, "%s ", found.items[i].name);
	cr_expect_str_eq(buf_slice(&names).ptr, "v p f k i ");
	cr_expect_not(found.more);
	for (size_t i = 0; i <= LIMIT_LOOKUPS; i++) {
		buf_printf(&many, "%s{'configMap':{'name':'m%zu'}}", i ? "," : "", i);
		spark_pod_lookups(&a, parsed(&a, arena_printf(&a, "{'volumes':[%s,{'configMap':{'name':'m0'}}]}", buf_slice(&many).ptr)), &found);
		cr_expect_eq(found.count, i < LIMIT_LOOKUPS ? i + 1 : LIMIT_LOOKUPS);
		cr_expect_eq(found.more, i == LIMIT_LOOKUPS);
	}
	arena_release(&a);
}

/* Which Spark reads a ConfigMap is what its labels say, else the namespace. */
Test(engine_objects, of_which_version_they_are)
{
	static const struct {
		const char *labels;
		spark_version version;
	} cases[] = {
		{"", 401}, {"'spark-version':'3.5.1'", 305}, {"'app.kubernetes.io/version':'4.0.0'", 400}, {"'spark-version':'9.9'", 401},
		{"'spark-version':'3.5','app.kubernetes.io/version':'4.0'", 305}, {"'spark-version':'x','app.kubernetes.io/version':'4.0'", 400},
	};
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct namespace ns = {.spark_version = 401};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct json *object = parsed(&w.a, arena_printf(&w.a, "{'metadata':{'labels':{%s}}}", cases[i].labels));

		cr_expect_eq(spark_config_map_version(w.policy, object, &ns), cases[i].version, "%s", cases[i].labels);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

#define SPARK(name, rest) "{'name':'" name "','image':'apache/spark:4.1.0'" rest "}"
#define OTHER(name, rest) "{'name':'" name "','image':'istio/proxyv2:1.2'" rest "}"
#define SERVES ",'command':[" START "]"
#define SLEEPS ",'command':['sleep','1']"
#define WORKS ",'command':['/opt/spark/bin/spark-class','org.apache.spark.deploy.worker.Worker','spark://m:7077']"
#define PROXIES ",'args':['proxy','sidecar']"
#define EXECUTES ",'args':['executor'],'env':[{'name':'SPARK_EXECUTOR_ID','value':'1'},{'name':'SPARK_DRIVER_URL','value':'spark://x'}]"

/* The users that containers have by number: "name=user" of each, init containers first. */
static const char *users_of(struct arena *a, const struct json *pod)
{
	static const char *const lists[] = {"initContainers", "containers"};
	struct buf users = buf_in(a);

	for (size_t i = 0; i < COUNT(lists); i++)
		JSON_EACH(c, json_get(json_get(pod, "spec"), lists[i])) {
			int64_t user;

			if (json_int(json_get(json_get(c, "securityContext"), "runAsUser"), &user) == 0)
				buf_printf(&users, "%s%s=%lld", users.len ? " " : "", json_text(json_get(c, "name"), ""), (long long)user);
		}
	return users.len ? buf_slice(&users).ptr : "";
}

/* docs/contract.md 4: user 185 where the image's user is that name, which the kubelet cannot read; what other images have is left alone. */
static const struct {
	const char *name, *labels, *containers, *init, *users;
} users[] = {
	{"a server", "", SPARK("c", SERVES), "", "c=185"},
	{"of another image", "", "{'name':'c','image':'registry.example/mine:4.1.0'" SERVES "}", "", ""},
	{"with a user already", "", SPARK("c", SERVES ",'securityContext':{'runAsUser':7}"), "", "c=7"},
	{"behind a side-car of its image", "", SPARK("a", SLEEPS) "," SPARK("c", SERVES), "", "a=185 c=185"},
	{"behind a side-car of another", "", "{'name':'a','image':'mine:1'" SLEEPS "}," SPARK("c", SERVES), "", "c=185"},
	{"a side-car of Spark's image", "", "{'name':'c','image':'mine:1'" SERVES "}," SPARK("a", SLEEPS), "", "a=185"},
	{"a native side-car", "", OTHER("a", PROXIES), SPARK("c", SERVES ",'restartPolicy':'Always'") "," SPARK("i", SLEEPS), "c=185 i=185"},
	{"two servers", "", SPARK("b", SERVES) "," OTHER("a", PROXIES) "," SPARK("c", SERVES), "", "b=185 c=185"},
	{"one of them with a user", "", SPARK("b", SERVES ",'securityContext':{'runAsUser':7}") "," SPARK("c", SERVES), "", "b=7 c=185"},
	{"a worker beside a server", "", SPARK("w", WORKS) "," SPARK("c", SERVES), "", "w=185 c=185"},
	{"a history server beside a server", "", SPARK("c", SERVES) "," SPARK("h", ",'command':['/opt/spark/sbin/start-history-server.sh']"), "", "c=185 h=185"},
	{"spark-submit before a server", "", SPARK("c", SERVES), SPARK("i", ",'command':['/opt/spark/bin/spark-submit','x.jar']"), "i=185 c=185"},
	{"a server by its label alone", "'app':'spark-connect'", SPARK("c", ""), "", "c=185"},
	{"behind a side-car without a command", "'app':'spark-connect'", OTHER("a", PROXIES) "," SPARK("c", ""), "", "c=185"},
	{"nothing that could start one", "'app':'spark-connect'", OTHER("a", "") "," SPARK("c", SLEEPS), "", "c=185"},

	{"an executor", "'spark-role':'executor'", SPARK("e", EXECUTES), "", "e=185"},
	{"behind a side-car", "'spark-role':'executor'", OTHER("a", PROXIES) "," SPARK("e", EXECUTES), "", "e=185"},
	{"before a side-car", "'spark-role':'executor'", SPARK("e", EXECUTES) "," OTHER("a", PROXIES), "", "e=185"},
	{"beside side-cars of its image", "'spark-role':'executor'", SPARK("a", PROXIES) "," SPARK("e", EXECUTES) "," SPARK("b", SLEEPS), SPARK("i", SLEEPS), "i=185 a=185 e=185 b=185"},
	{"an executor of another image", "'spark-role':'executor'", SPARK("a", PROXIES) "," OTHER("e", EXECUTES), "", "a=185"},

	{"a worker", "", SPARK("w", WORKS), "", "w=185"},
	{"behind a side-car", "", OTHER("a", PROXIES) "," SPARK("w", WORKS), "", "w=185"},
	{"before a side-car", "", SPARK("w", WORKS) "," OTHER("a", SLEEPS), "", "w=185"},
	{"a master", "", OTHER("a", SLEEPS) "," SPARK("m", ",'args':['/opt/spark/sbin/start-master.sh']"), "", "m=185"},
	{"a master by its label, its image starts it", "'app.kubernetes.io/component':'spark-master'", OTHER("a", "") "," SPARK("m", ""), "", "m=185"},
	{"by a script", "'sparkgate.io/role':'standalone-worker'", OTHER("a", "") "," SPARK("w", ",'command':['/opt/run.sh']") "," SPARK("b", SLEEPS), "", "w=185 b=185"},
	{"a worker of another image", "'app.kubernetes.io/component':'spark-worker'", OTHER("w", "") "," OTHER("a", ""), "", ""},
};

Test(engine_objects, get_a_user_where_the_image_has_but_a_name)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(users); i++) {
		struct review review = review_of(&w.a, arena_printf(&w.a, "{'kind':'Pod','metadata':{'name':'p','labels':{%s}},'spec':{'containers':[%s],'initContainers':[%s]}}",
								    users[i].labels, users[i].containers, users[i].init));
		struct json *changed;
		struct err err = {""};

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
		struct decision d = decide(&w, ENDPOINT_MUTATE, &review);
		cr_assert_eq(json_patch_apply(&w.a, review.object, &d.patch, &changed, &err), 0, "%s: %s", users[i].name, err.text);
		cr_expect(d.patch.count > 0, "%s", users[i].name);
		cr_expect_str_eq(users_of(&w.a, changed), users[i].users, "%s: %s", users[i].name, users_of(&w.a, changed));
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* No pod has so many; the last is told to be one that may not start. */
Test(engine_objects, get_a_user_up_to_a_bound)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct buf containers = buf_in(&w.a);
	struct json *changed;
	struct err err = {""};

	for (size_t i = 0; i <= (size_t)2 * SPARK_CONTAINERS_MAX; i++)
		buf_printf(&containers, "%s{'name':'w%zu','image':'apache/spark:4.1.0'" WORKS "}", i > 0 ? "," : "", i);
	struct review review = review_of(&w.a, arena_printf(&w.a, "{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[%s]}}", buf_slice(&containers).ptr));
	w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
	struct decision d = decide(&w, ENDPOINT_MUTATE, &review);
	cr_assert_eq(json_patch_apply(&w.a, review.object, &d.patch, &changed, &err), 0, "%s", err.text);
	const char *found = users_of(&w.a, changed);
	cr_expect(strstr(found, "w63=185") && !strstr(found, "w64"), "%s", found);
	cr_expect(strstr(answer_text(&w.a, &d), "container \"w64\"") && !strstr(answer_text(&w.a, &d), "container \"w63\""), "%s", answer_text(&w.a, &d));
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* The version of Spark is that of a container that runs it, whatever its side-cars are. */
Test(engine_objects, have_the_version_of_spark_not_of_a_side_car)
{
	static const struct {
		const char *labels, *containers;
		spark_version version;
	} cases[] = {
		{"'spark-role':'executor'", "{'name':'a','image':'proxy:3.5.1'}," SPARK("e", EXECUTES), 401},
		{"'app':'spark-connect'", "{'name':'a','image':'proxy:3.5.1'}," SPARK("c", ""), 401},
		{"", "{'name':'a','image':'proxy:3.5.1'}," SPARK("w", WORKS), 401},
		{"", "{'name':'a','image':'proxy:4.1.0'},{'name':'w','image':'mine:3.5.7'" WORKS "}", 305},
	};
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct review review = review_of(&w.a, arena_printf(&w.a, "{'kind':'Pod','metadata':{'name':'p','labels':{%s}},'spec':{'containers':[%s]}}",
								    cases[i].labels, cases[i].containers));

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", K8S ",'sparkgate.io/sparkVersion':'4.0'")};
		cr_expect_eq(decide(&w, ENDPOINT_MUTATE, &review).version, cases[i].version, "%s", cases[i].containers);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* Only a change of what decides about pods makes the namespace's pods a matter. */
Test(engine_objects, of_a_namespace_matter_where_a_key_changes)
{
	static const struct {
		const char *old_mode, *old, *mode, *now;
		bool asked;
	} cases[] = {
		{"enforce", K8S, "enforce", K8S, false}, {"enforce", K8S, "enforce", K8S ",'sparkgate.io/hardening':'off'", false},
		{"enforce", K8S, "enforce", STANDALONE, true}, {NULL, K8S, "enforce", K8S, true}, {"enforce", K8S, NULL, STANDALONE, false},
		{"enforce", K8S, "enforce", K8S ",'sparkgate.io/pssVersion':'v1.30'", true},
		{"enforce", K8S ",'sparkgate.io/pssLevel':'baseline'", "enforce", K8S, true},
	};
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct review review = {.uid = "u", .operation = OP_UPDATE, .group = "", .version = "v1", .kind = "Namespace", .resource = "namespaces",
					.subresource = "", .namespace = "", .name = "team", .user = "", .object = namespace_of(&w.a, cases[i].mode, cases[i].now),
					.old_object = namespace_of(&w.a, cases[i].old_mode, cases[i].old)};
		struct engine_request request = {ENDPOINT_VALIDATE, &review};
		struct needs needs;

		engine_needs(&request, w.policy, &w.a, &needs);
		cr_expect_eq(needs.pods != NULL, cases[i].asked, "%zu", i);
		review.operation = OP_CREATE;
		engine_needs(&request, w.policy, &w.a, &needs);
		cr_expect_null(needs.pods, "%zu: a new one has none", i);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}
