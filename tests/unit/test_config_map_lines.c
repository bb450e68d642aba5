/* ConfigMaps as whole decisions see them: a patch that does not apply, and the lines that their authors have. */
#include "engine_testing.h"

#define LABELLED "'metadata':{'name':'conf','labels':{'sparkgate.io/role':'connect-config'}}"
#define MOUNTS ",'volumeMounts':[{'name':'v','mountPath':'/opt/spark/conf'}]"
#define POD(rest) \
	"{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'volumes':[{'name':'v','configMap':{'name':'conf'}}]," \
	"'containers':[{'name':'c','image':'apache/spark:4.1.0'" rest MOUNTS "}]}}"

static bool reports(const struct decision *d, const char *rule)
{
	for (size_t i = 0; i < d->findings.count; i++)
		if (strcmp(d->findings.items[i].rule, rule) == 0 && d->findings.items[i].action == ACTION_DENY)
			return true;
	return false;
}

/* What enforce would make of it is judged. Where that cannot be made, as of a list for a map, nobody may take it for good. */
Test(config_map_lines, are_judged_as_enforce_would_leave_them)
{
	static const struct {
		const char *data;
		bool applies;
	} cases[] = {
		{"{'spark-defaults.conf':'spark.connect.grpc.binding.port 1\\nspark.master yarn'}", true},
		{"['spark.connect.grpc.binding.port 1\\nspark.master yarn']", false},
	};
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct review review = review_of(&w.a, arena_printf(&w.a, "{'kind':'ConfigMap'," LABELLED ",'data':%s}", cases[i].data));

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "audit", STANDALONE)};
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		cr_expect_eq(reports(&d, "scope.patch"), !cases[i].applies, "%s", cases[i].data);
		cr_expect_eq(d.verdict, cases[i].applies, "%s", cases[i].data);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* As the API server keeps it in a namespace with this backend. */
static const struct json *stored(struct world *w, const char *backend, const char *text)
{
	struct review review = review_of(&w->a, arena_printf(&w->a, "{'kind':'ConfigMap'," LABELLED ",'data':{'spark-defaults.conf':'%s'}}", text));
	const struct json *object = NULL;
	struct err err = {""};

	w->facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w->a, "enforce", backend)};
	cr_assert_eq(simulate_stored(&review, &w->facts, w->policy, &w->a, &object, &err), 0, "%s", err.text);
	return object;
}

static const char *refusal_of(struct world *w, const char *pod, const struct json *config_map)
{
	struct review review = review_of(&w->a, pod);
	struct err err = {""};

	w->facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w->a, "enforce", STANDALONE)};
	w->facts.lookups = (struct lookups){.count = 1};
	w->facts.lookups.items[0] = (struct lookup){"conf", LOOKUP_FOUND, config_map};
	cr_assert_eq(simulate(&review, &w->facts, w->policy, &w->a, &w->sim, &err), 0, "%s", err.text);
	return w->sim.message ? w->sim.message : "";
}

/* Their authors have them without the lines that sparkgate writes in front; those have no number. */
Test(config_map_lines, are_those_of_their_authors)
{
	static const struct {
		const char *backend, *text, *pod, *said;
	} cases[] = {
		{STANDALONE, "spark.remote=sc://x", POD(",'command':[" START "]" FOREGROUND), "spark.remote (ConfigMap 'conf' line 1)"},
		{STANDALONE, "# mine\\nspark.remote=sc://x", POD(",'command':[" START "]" FOREGROUND), "spark.remote (ConfigMap 'conf' line 2)"},
		{K8S, "spark.connect.grpc.binding.port=1", POD(""), "spark.master in sparkgate's own lines of ConfigMap 'conf', the namespace's"},
	};
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *said = refusal_of(&w, cases[i].pod, stored(&w, cases[i].backend, cases[i].text));

		cr_expect(strstr(said, cases[i].said), "%s: %s", cases[i].said, said);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}
