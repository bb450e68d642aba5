/* Exemptions: for whom they hold, that the rest of the object is hardened and judged as ever, and that they are told. */
#include "admission/simulate.h"
#include "policy_testing.h"

#define START "'command':['/opt/spark/sbin/start-connect-server.sh','--master','local[*]'],'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'}]"
#define TEMPLATE(metadata, spec, container) \
	"'metadata':{" metadata "},'spec':{" spec "'containers':[{'name':'c','image':'apache/spark:4.1.0'," START container "}]}"
#define POD(spec) "{'kind':'Pod'," TEMPLATE("'name':'connect-0'", spec, "") "}"
#define POD_OF(container) "{'kind':'Pod'," TEMPLATE("'name':'connect-0'", "", ",'securityContext':{" container "}") "}"
#define OTHER_POD(spec) "{'kind':'Pod'," TEMPLATE("'name':'other'", spec, "") "}"
#define DEPLOYMENT(spec) "{'kind':'Deployment','metadata':{'name':'connect'},'spec':{'template':{" TEMPLATE("", spec, "") "}}}"
#define DEPLOYMENT_POD(spec) "{'kind':'Pod'," TEMPLATE("'generateName':'connect-6d4cf56db6-'", spec, "") "}"
#define HOST "'hostNetwork':true,"
#define PATH "'volumes':[{'name':'v','hostPath':{'path':'/data'}}],"

#define NOW 1800000000 /* 2027-01-15 */

/* The exemption of each case, by its fields beside id, owner, reason and expiry. */
struct situation {
	struct arena a;
	struct policy *policy;
	struct simulation sim;
};

static struct policy *exempting(struct arena *a, const char *fields, const char *bounds)
{
	const char *text = arena_printf(a,
					"apiVersion: policy.sparkgate.io/v1\nkind: Exemptions\nexemptions:\n"
					"- {id: inc-7, owner: ops, reason: r, expires: \"2027-03-31\", %s}\n"
					"---\napiVersion: policy.sparkgate.io/v1\nkind: Checks\nbounds: {%s}\n",
					fields, bounds ? bounds : "");
	const struct policy_source source = {"site.yaml", slice_of(text)};
	const struct policy_layer layers[] = {policy_shipped(a), {.sources = &source, .count = 1}};
	struct policy_problems problems = {0};

	json_setup();
	struct policy *p = policy_compile(layers, 2, NULL, a, &problems);
	cr_assert_not_null(p, "%s: %s", fields, problems.count ? problems.items[0].message : "");
	return p;
}

static void admit_by(struct situation *s, const char *namespace, const char *object, const char *user, const char *groups)
{
	const struct json *o = parsed(&s->a, object), *metadata = json_get(o, "metadata");
	const char *name = json_text(json_get(metadata, "name"), json_text(json_get(metadata, "generateName"), ""));
	const struct review review = {.uid = "u", .operation = OP_CREATE, .group = "", .version = "v1", .resource = "things",
				      .kind = json_text(json_get(o, "kind"), ""), .subresource = "", .namespace = "team",
				      .name = name, .user = user, .groups = groups ? parsed(&s->a, groups) : NULL, .object = o};
	const struct facts facts = {.namespace_state = NAMESPACE_KNOWN, .namespace = parsed(&s->a, namespace), .now = NOW};
	struct err err = {""};

	cr_assert_eq(simulate(&review, &facts, s->policy, &s->a, &s->sim, &err), 0, "%s", err.text);
}

#define NAMESPACE(mode, more) \
	"{'kind':'Namespace','metadata':{'name':'team','labels':{'sparkgate.io/mode':'" mode "'},'annotations':{'sparkgate.io/backendMode':'k8s'" more "}}}"
#define ENFORCE NAMESPACE("enforce", "")

static const struct json *result_container(const struct situation *s)
{
	return json_at(json_get(json_get(s->sim.result, "spec"), "containers"), 0);
}

static bool is_hardened(const struct situation *s)
{
	const struct json *spec = json_get(s->sim.result, "spec");

	return json_get(json_get(result_container(s), "securityContext"), "allowPrivilegeEscalation") &&
	       json_get(json_get(spec, "securityContext"), "seccompProfile");
}

static bool has_text(const char *const *list, size_t count, const char *part)
{
	for (size_t i = 0; i < count; i++)
		if (strstr(list[i], part))
			return true;
	return false;
}

/* ---- for whom ---- */

#define MINE "rules: [pss.hostNamespaces], "
#define GROUP "['breakglass','system:authenticated']"

static const struct {
	const char *name, *fields, *object, *user, *groups;
	bool allowed;
} askers[] = {
	{"nobody named", MINE "namespaces: [team]", POD(HOST), "alice", NULL, true},
	{"another namespace", MINE "namespaces: [tea]", POD(HOST), "alice", NULL, false},
	{"its name", MINE "names: [connect-0]", POD(HOST), "alice", NULL, true},
	{"names like it", MINE "names: [connect-*]", POD(HOST), "alice", NULL, true},
	{"another name", MINE "names: [connect-*]", OTHER_POD(HOST), "alice", NULL, false},
	{"a group of the requester", MINE "groups: [breakglass]", POD(HOST), "alice", GROUP, true},
	{"without the group", MINE "groups: [breakglass]", POD(HOST), "alice", "['system:authenticated']", false},
	{"no groups at all", MINE "groups: [breakglass]", POD(HOST), "alice", NULL, false},
	{"the user", MINE "users: [alice]", POD(HOST), "alice", NULL, true},
	{"one object for one group", MINE "names: [connect-0], groups: [breakglass]", POD(HOST), "alice", GROUP, true},
	{"not another object", MINE "names: [connect-0], groups: [breakglass]", OTHER_POD(HOST), "alice", GROUP, false},

	{"a Deployment's pod is created by its controller", MINE "names: [connect-*], groups: [breakglass]", DEPLOYMENT_POD(HOST),
	 "system:serviceaccount:kube-system:replicaset-controller", "['system:serviceaccounts']", false},
	{"so its name alone must do", MINE "names: [connect-*]", DEPLOYMENT_POD(HOST),
	 "system:serviceaccount:kube-system:replicaset-controller", "['system:serviceaccounts']", true},
	{"the Deployment says what becomes of its pods, whoever writes it", MINE "groups: [breakglass]", DEPLOYMENT(HOST), "alice", GROUP, false},
	{"the Deployment's own name is not that of its pods", MINE "names: [connect]", DEPLOYMENT(HOST), "alice", NULL, false},
	{"names like its pods'", MINE "names: [connect-*]", DEPLOYMENT(HOST), "alice", NULL, true},

	{"a '*' at the beginning, in the middle", MINE "namespaces: [\"*am\"], names: [\"c*t-0\"]", POD(HOST), "alice", NULL, true},
	{"not what only begins so", MINE "namespaces: [\"t*n\"]", POD(HOST), "alice", NULL, false},
	{"users and groups like it", MINE "users: [\"*bob\", \"al*ce\"]", POD(HOST), "alice", NULL, true},
	{"groups like it", MINE "groups: [\"*glass\"]", POD(HOST), "alice", GROUP, true},
	{"the pods of a controller, by the end of its name", MINE "names: [\"*nect-*\"]", DEPLOYMENT(HOST), "alice", NULL, true},

	{"a rule like it", "rules: [pss.*]", POD(HOST), "alice", NULL, true},
	{"a rule like it, by its ends", "rules: [\"pss.*Namespaces\"]", POD(HOST), "alice", NULL, true},
	{"another rule", "rules: [pss.hostPorts]", POD(HOST), "alice", NULL, false},
	{"one of two", MINE, POD(HOST PATH), "alice", NULL, false},
	{"both", "rules: [pss.hostNamespaces, pss.restrictedVolumes]", POD(HOST PATH), "alice", NULL, true},
	{"what an object says of itself is nothing", MINE "names: [nobody]",
	 "{'kind':'Pod'," TEMPLATE("'name':'connect-0','annotations':{'sparkgate.io/exemption':'inc-7'}", HOST, "") "}", "alice", NULL, false},
};

Test(exemption, holds_for_whom_it_names)
{
	for (size_t i = 0; i < COUNT(askers); i++) {
		struct situation s = {.a = ARENA_INIT};

		s.policy = exempting(&s.a, askers[i].fields, NULL);
		admit_by(&s, ENFORCE, askers[i].object, askers[i].user, askers[i].groups);
		cr_expect_eq(s.sim.allowed, askers[i].allowed, "%s: %s", askers[i].name, s.sim.message ? s.sim.message : "allowed");
		cr_expect_eq(s.sim.exemptions.count > 0, askers[i].allowed || strstr(askers[i].name, "one of two"), "%s", askers[i].name);
		policy_unref(s.policy);
		arena_release(&s.a);
	}
}

/* ---- hardening ---- */

static const struct {
	const char *name, *fields, *object, *more;
	bool allowed, hardened;
	const char *message; /* a part */
} hardenings[] = {
	{"nothing is exempt", "rules: [pss.hostPorts]", POD(HOST), "", false, false, "host namespaces"},
	{"all else is filled in", "rules: [pss.hostNamespaces]", POD(HOST), "", true, true, ""},
	{"also in force", "rules: [pss.hostNamespaces]", POD(HOST "'securityContext':{'runAsNonRoot':false},"),
	 ",'sparkgate.io/hardening':'force'", true, true, ""},
	{"what is left is told with its way out", "rules: [pss.hostNamespaces]", POD(HOST PATH), "", false, false,
	 "way out: spec.volumes[0]"},
	{"hardening off fills nothing in", "rules: [pss.hostNamespaces]", POD(HOST), ",'sparkgate.io/hardening':'off'", false, false,
	 "allowPrivilegeEscalation != false"},
	{"a privileged container can be kept from nothing", "rules: [pss.privileged]", POD_OF("'privileged':true"), "", false, false,
	 "or exempt it too where the container is privileged"},
	{"unless that is exempt as well", "rules: [pss.privileged, pss.allowPrivilegeEscalation]", POD_OF("'privileged':true"), "", true,
	 false, ""},
	{"nor one with CAP_SYS_ADMIN", "rules: [pss.capabilities_restricted]", POD_OF("'capabilities':{'add':['CAP_SYS_ADMIN']}"), "",
	 false, false, "or exempt it too"},
};

Test(exemption, leaves_hardening_the_rest)
{
	for (size_t i = 0; i < COUNT(hardenings); i++) {
		struct situation s = {.a = ARENA_INIT};

		s.policy = exempting(&s.a, hardenings[i].fields, NULL);
		admit_by(&s,
			 arena_printf(&s.a,
				      "{'kind':'Namespace','metadata':{'name':'team','labels':{'sparkgate.io/mode':'enforce'},"
				      "'annotations':{'sparkgate.io/backendMode':'k8s'%s}}}",
				      hardenings[i].more),
			 hardenings[i].object, "alice", NULL);
		const char *message = s.sim.message ? s.sim.message : "";
		cr_expect_eq(s.sim.allowed, hardenings[i].allowed, "%s: %s", hardenings[i].name, message);
		cr_expect_eq(is_hardened(&s), hardenings[i].hardened, "%s", hardenings[i].name);
		cr_expect(strstr(message, hardenings[i].message), "%s: %s", hardenings[i].name, message);
		policy_unref(s.policy);
		arena_release(&s.a);
	}
}

/* Whose fields are exempt stay as they were written: a pod exempt from runAsNonRoot runs as root. */
Test(exemption, touches_no_field_that_is_exempt)
{
	struct situation s = {.a = ARENA_INIT};

	s.policy = exempting(&s.a, "rules: [pss.runAsNonRoot]", NULL);
	admit_by(&s, ENFORCE, POD(""), "alice", NULL);
	const struct json *context = json_get(json_get(s.sim.result, "spec"), "securityContext");
	cr_expect(s.sim.allowed && is_hardened(&s), "%s", s.sim.message);
	cr_expect_null(json_get(context, "runAsNonRoot"));
	cr_expect_null(json_get(json_get(result_container(&s), "securityContext"), "runAsUser"));
	policy_unref(s.policy);
	arena_release(&s.a);
}

/* ---- told ---- */

static const char *audit_value(const struct answer *answer, const char *key)
{
	for (size_t i = 0; i < answer->audit_count; i++)
		if (strcmp(answer->audit[i][0], key) == 0)
			return answer->audit[i][1];
	return "";
}

static const struct {
	const char *name, *namespace, *object;
	bool warned;
	const char *audit;
} told[] = {
	{"enforce", ENFORCE, POD(HOST), true, "inc-7 (ops, until 2027-03-31): pss.hostNamespaces"},
	{"warn", NAMESPACE("warn", ""), POD(HOST), true, "inc-7 (ops, until 2027-03-31): pss.hostNamespaces"},
	{"audit says nothing to the client", NAMESPACE("audit", ""), POD(HOST), false, "inc-7 (ops, until 2027-03-31): pss.hostNamespaces"},
	{"nor its half alone", NAMESPACE("enforce", ",'sparkgate.io/pssMode':'audit'"), POD(HOST), false,
	 "inc-7 (ops, until 2027-03-31): pss.hostNamespaces"},
	{"not used", ENFORCE, POD(""), false, ""},
	{"a controller", ENFORCE, DEPLOYMENT(HOST), true, "inc-7 (ops, until 2027-03-31): pss.hostNamespaces"},
};

Test(exemption, is_told_where_it_was_used)
{
	for (size_t i = 0; i < COUNT(told); i++) {
		struct situation s = {.a = ARENA_INIT};

		s.policy = exempting(&s.a, "rules: [\"pss.host*\"]", NULL);
		admit_by(&s, told[i].namespace, told[i].object, "alice", NULL);
		const struct decision *d = &s.sim.validate;
		cr_expect_eq(has_text(s.sim.warnings, s.sim.warning_count, "exempted by inc-7 until 2027-03-31: pss.hostNamespaces"), told[i].warned,
			     "%s", told[i].name);
		cr_expect_str_eq(audit_value(&d->answer, "exemptions"), told[i].audit, "%s", told[i].name);
		cr_expect_eq(s.sim.exemptions.count, *told[i].audit ? 1 : 0, "%s", told[i].name);
		cr_expect(s.sim.verdict, "%s: what is exempt refuses nothing under enforce", told[i].name);
		policy_unref(s.policy);
		arena_release(&s.a);
	}
}

/* ---- controllers ---- */

static const struct {
	const char *name, *bounds, *fields, *groups;
	bool admitted, pods_allowed;
	const char *warning; /* a part; NULL = no matter */
} controllers[] = {
	{"warn, which is shipped", NULL, "rules: [pss.hostPorts]", NULL, true, false, "would violate PodSecurity"},
	{"deny", "controllers: deny", "rules: [pss.hostPorts]", NULL, false, false, NULL},
	{"deny, its pods are exempt", "controllers: deny", "rules: [pss.hostNamespaces], names: [connect-*]", NULL, true, true, "exempted by inc-7"},
	{"deny, its author is", "controllers: deny", "rules: [pss.hostNamespaces], groups: [breakglass]", GROUP, true, false,
	 "would violate PodSecurity"},
	{"deny, its author is, and hears so", "controllers: deny", "rules: [pss.hostNamespaces], groups: [breakglass]", GROUP, true, false,
	 "exempted by inc-7 until 2027-03-31: pss.hostNamespaces"},
	{"deny, another author", "controllers: deny", "rules: [pss.hostNamespaces], groups: [breakglass]", "['people']", false, false, NULL},
};

Test(exemption, of_a_controller_and_of_its_pods)
{
	for (size_t i = 0; i < COUNT(controllers); i++) {
		struct situation s = {.a = ARENA_INIT};

		s.policy = exempting(&s.a, controllers[i].fields, controllers[i].bounds);
		admit_by(&s, ENFORCE, DEPLOYMENT(HOST), "alice", controllers[i].groups);
		cr_expect_eq(s.sim.validate.allowed, controllers[i].admitted, "%s", controllers[i].name);
		cr_expect_eq(s.sim.allowed, controllers[i].pods_allowed, "%s: %s", controllers[i].name, s.sim.message ? s.sim.message : "");
		cr_expect(!controllers[i].warning || has_text(s.sim.warnings, s.sim.warning_count, controllers[i].warning), "%s: %s", controllers[i].name,
			  s.sim.warning_count ? s.sim.warnings[0] : "no warning");
		policy_unref(s.policy);
		arena_release(&s.a);
	}
}

/* ---- the helper that audit counts with ---- */

Test(exemption, covers_and_expires)
{
	struct arena a = ARENA_INIT;
	struct policy *p = exempting(&a, "rules: [pss.hostPorts], namespaces: [team], names: [connect-*]", NULL);
	const struct exemption *e = &p->exemptions[0];
	const struct exemption_asker pods = {"team", "connect-0", "", NULL}, others = {"other", "connect-0", "", NULL};

	cr_expect(exemption_covers(e, &pods, NOW));
	cr_expect(exemption_covers(e, &pods, e->expires_unix - 1));
	cr_expect_not(exemption_covers(e, &pods, e->expires_unix));
	cr_expect_not(exemption_covers(e, &others, NOW));
	cr_expect_eq(exemption_rules(p, &pods, NOW, &a).count, 1);
	cr_expect_eq(exemption_rules(p, &others, NOW, &a).count, 0);
	policy_unref(p);
	arena_release(&a);
}
