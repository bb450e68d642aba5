/*
 * Rules of a site's own, beside the shipped ones: what each verb makes of a server's command line where the setting stands on it, in a
 * ConfigMap ("conf"), or nowhere.
 */
#include "base/buf.h"
#include "engine_testing.h"

#include "policy/compile.h"

#define IN_VOLUME "'volumes':[{'name':'v','configMap':{'name':'conf'}}],"

static const char site[] = "apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: standalone\nrules:\n"
			   "- {id: backend.siterename, why: w, versions: all, rename: {key: spark.old, to: spark.new}}\n"
			   "- {id: backend.sitedisable, why: w, versions: all, disable: {key: spark.bad, value: harmless}}\n"
			   "- {id: backend.sitedrop, why: w, versions: all, disable: {key: \"spark.drop.*\"}}\n"
			   "- {id: backend.sitesoft, why: w, versions: all, disable: {key: \"spark.soft.*\", value: s}}\n"
			   "- {id: backend.sitedefault, why: w, versions: all, default: {key: spark.mine, value: filled}}\n"
			   "- {id: backend.sitecores, why: w, versions: all, default: {key: spark.task.cpus, value: \"{executorCores}\"}}\n"
			   "- {id: backend.siteips, why: w, versions: all, set: {key: spark.site.ips, value: \"-Da={podIP} -Db={podIP} -Dc={podName}\"}}\n"
			   "- {id: backend.sitepath, why: w, versions: all, set: {key: spark.site.path, value: \"a/${namespace}/b/{{namespace}}/{namespace}/{image}\"}}\n"
			   "- {id: backend.siteforbid, why: no plugins here, versions: all, forbid: {key: spark.plugins, match: Evil}}\n";

/* has and lacks: words of the command line after /mutate; said: a part of the refusal, "" = admitted. */
static const struct {
	const char *name, *words, *config, *has, *lacks, *said;
} cases[] = {
	{"renamed on the line", ",'--conf','spark.old=1'", NULL, "\"spark.new=1\"", "spark.old", ""},
	{"each that is there", ",'--conf','spark.old=1','--conf=spark.old=2'", NULL, "\"--conf=spark.new=2\"", "spark.old", ""},
	{"a file's value under the new name", "", "spark.old 3", "\"spark.new=3\"", "spark.old", ""},
	{"not where the new name is set", ",'--conf','spark.old=1','--conf','spark.new=2'", NULL, "\"spark.old=1\"", "spark.new=1", ""},
	{"taken off the line", ",'--conf','spark.bad=1'", NULL, "start-connect-server.sh", "spark.bad", ""},
	{"a file's is overruled", "", "spark.bad 1", "\"spark.bad=harmless\"", NULL, ""},
	{"both", ",'--conf','spark.bad=1'", "spark.bad 2", "\"spark.bad=harmless\"", "spark.bad=1", ""},
	{"all that begin so", ",'--conf','spark.drop.a=1','--conf','spark.drop.b=2','--conf','spark.dropped=3'", NULL, "\"spark.dropped=3\"", "spark.drop.", ""},
	{"all in a file, and on the line", ",'--conf','spark.soft.b=1','--conf=spark.soft.c=2'", "spark.soft.a 1\\nspark.soft.b 2",
	 "\"spark.soft.a=s\",\"--conf\",\"spark.soft.b=s\"", "spark.soft.c", ""},
	{"filled in", "", NULL, "\"spark.mine=filled\"", NULL, ""},
	{"not where it is there", ",'--conf','spark.mine=own'", NULL, "\"spark.mine=own\"", "filled", ""},
	{"not where a file has it", "", "spark.mine own", "start-connect-server.sh", "filled", ""},
	{"an executor's cores", ",'--conf','spark.executor.cores=3'", NULL, "\"spark.task.cpus=3\"", NULL, ""},
	{"not those that nobody knows", ",'--conf','spark.executor.cores=${env:CORES}'", NULL, "start-connect-server.sh", "spark.task.cpus", ""},
	{"each placeholder", "", NULL, "\"spark.site.ips=-Da=$(POD_IP) -Db=$(POD_IP) -Dc=$(POD_NAME)\"", "={pod", ""},
	{"braces of Spark's and of templates are no placeholders", "", NULL, "\"spark.site.path=a/${namespace}/b/{{namespace}}/team/", NULL, ""},
	{"nor are those of what is filled in", "", NULL, "/reg/{podIP}/spark:4.1.0\"", NULL, ""},
	{"numbers with a blank", ",'--conf','spark.executor.cores= 4','--conf','spark.executor.instances=3'", NULL, "\"spark.cores.max=12\"", NULL, ""},
	{"numbers with a sign", ",'--conf','spark.executor.cores=+4','--conf','spark.executor.instances=+3'", NULL, "\"spark.cores.max=12\"", NULL, ""},
	{"forbidden", ",'--conf','spark.plugins=EvilPlugin'", NULL, "EvilPlugin", NULL,
	 "backend.siteforbid: spark.plugins is 'EvilPlugin', which breaks the standalone backend: remove it (no plugins here)"},
	{"forbidden in a file, which is not shown", "", "spark.plugins EvilPlugin", "start-connect-server.sh", NULL, "backend.siteforbid: spark.plugins in ConfigMap 'conf' line 1"},
	{"another one is not", ",'--conf','spark.plugins=Good'", NULL, "Good", NULL, ""},
};

static struct policy *with_site_rules(struct arena *a)
{
	const struct policy_source source = {"site.yaml", slice_of(site)};
	const struct policy_layer layers[] = {policy_shipped(a), {.sources = &source, .count = 1}};
	struct policy_problems problems = {0};

	json_setup();
	struct policy *p = policy_compile(layers, 2, NULL, a, &problems);
	cr_assert_not_null(p, "%s", problems.count ? problems.items[0].message : "");
	return p;
}

static void admit_with(struct world *w, const char *command, const char *config)
{
	const char *pod = arena_printf(&w->a,
				       "{'kind':'Pod','metadata':{'name':'p'},'spec':{" IN_VOLUME
				       "'containers':[{'name':'c','image':'reg/{podIP}/spark:4.1.0','command':[%s]" FOREGROUND
				       ",'volumeMounts':[{'name':'v','mountPath':'/opt/spark/conf'}]}]}}",
				       command);
	struct review review = review_of(&w->a, pod);
	struct needs needs;
	struct err err = {""};

	w->facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w->a, "enforce", STANDALONE)};
	simulate_needs(&review, w->policy, &w->a, &needs);
	cr_assert_eq(needs.lookups.count, 1);
	w->facts.lookups = needs.lookups;
	w->facts.lookups.items[0].state = LOOKUP_FOUND;
	w->facts.lookups.items[0].object =
		parsed(&w->a, arena_printf(&w->a, "{'data':{'spark-defaults.conf':'%s'}}", config ? config : "spark.ui.port 4040"));
	cr_assert_eq(simulate(&review, &w->facts, w->policy, &w->a, &w->sim, &err), 0, "%s", err.text);
}

Test(site_rules, make_of_a_command_line_what_they_say)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct world w = {.a = ARENA_INIT};

		w.policy = with_site_rules(&w.a);
		admit_with(&w, arena_printf(&w.a, START "%s", cases[i].words), cases[i].config);
		const struct json *c = json_at(json_get(json_get(w.sim.result, "spec"), "containers"), 0);
		const char *line = json_print(&w.a, json_get(c, "command")).ptr;
		cr_expect(strstr(line, cases[i].has), "%s: lacks %s: %s", cases[i].name, cases[i].has, line);
		cr_expect(!cases[i].lacks || !strstr(line, cases[i].lacks), "%s: %s", cases[i].name, line);
		cr_expect_eq(w.sim.allowed, !*cases[i].said, "%s: %s", cases[i].name, w.sim.message ? w.sim.message : "");
		cr_expect(!*cases[i].said || strstr(w.sim.message, cases[i].said), "%s: %s", cases[i].name, w.sim.message);
		policy_unref(w.policy);
		arena_release(&w.a);
	}
}

/* Each makes the line longer: of a file that is not ours and has thousands, some are, and it is said that the others stay. */
Test(site_rules, overrule_no_more_than_a_line_may_hold)
{
	struct world w = {.a = ARENA_INIT};
	struct buf config = buf_in(&w.a);

	for (int i = 0; i < 300; i++)
		buf_printf(&config, "spark.soft.k%d 1\\n", i);
	w.policy = with_site_rules(&w.a);
	admit_with(&w, START, buf_slice(&config).ptr);
	const struct json *c = json_at(json_get(json_get(w.sim.result, "spec"), "containers"), 0);
	size_t written = 0;
	JSON_EACH(word, json_get(c, "command"))
		written += slice_starts(json_slice(word), "spark.soft.");
	cr_expect_eq(written, 256, "%zu", written);
	cr_expect_not(w.sim.allowed);
	bool said = false;
	for (size_t i = 0; i < w.sim.findings.count; i++)
		said |= strstr(w.sim.findings.items[i].message, "more than 256 keys of spark.soft.* in files: the rest stays") != NULL;
	cr_expect(said);
	policy_unref(w.policy);
	arena_release(&w.a);
}

Test(site_rules, a_name_that_stays_is_told)
{
	struct world w = {.a = ARENA_INIT};
	bool told = false;

	w.policy = with_site_rules(&w.a);
	admit_with(&w, "'sh','-c','/opt/spark/sbin/start-connect-server.sh --conf \\\"spark.old\\\"=$X --conf spark.old=2'", NULL);
	for (size_t i = 0; i < w.sim.warning_count; i++)
		told |= strstr(w.sim.warnings[i], "cannot rename spark.old: ") != NULL;
	cr_expect(told);
	const struct json *c = json_at(json_get(json_get(w.sim.result, "spec"), "containers"), 0);
	const char *text = json_text(json_at(json_get(c, "command"), 2), "");
	cr_expect(strstr(text, "\"spark.old\"=$X") && strstr(text, "spark.new=2"), "%s", text);
	policy_unref(w.policy);
	arena_release(&w.a);
}
