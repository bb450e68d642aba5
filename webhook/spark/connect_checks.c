#include "spark/connect_judging.h"

#include "base/number.h"
#include "spark/mounts.h"
#include "spark/rule_match.h"

#include <stdint.h>

/* SparkSubmit.scala: "Cluster deploy mode is not applicable to Spark Connect server." */
static void check_deploy_mode(const struct connect_judging *c)
{
	const struct setting *s = judging_winner(c, "spark.submit.deployMode");

	if (s && slice_is(s->value, "cluster"))
		judging_report(
			c, "connect.deployMode",
			arena_printf(
				c->a,
				"deploy mode is cluster (%s), a Connect server starts in client mode only: remove it",
				judging_where(c, s)),
			setting_place(c->a, s));
}

/* SparkSubmitArguments.scala: remote = --remote, spark.remote, SPARK_REMOTE (the last: check_remote_env()). */
static void check_remote(const struct connect_judging *c)
{
	const struct setting *s = judging_winner(c, "spark.remote");

	if (s && s->source != SOURCE_ENVIRONMENT)
		judging_report(
			c, "connect.remote",
			arena_printf(c->a,
				     "spark.remote (%s) is for clients, Spark refuses it beside a master: remove it",
				     judging_where(c, s)),
			setting_place(c->a, s));
}

/* 4.x AbstractCommandBuilder drops the server's own jars in connect mode. */
static void check_api_mode(const struct connect_judging *c)
{
	const struct setting *s = judging_winner(c, "spark.api.mode");

	if (c->in->version < SPARK_4_0)
		return;
	if (s && setting_says(s, "connect"))
		judging_report(
			c, "connect.apiMode",
			arena_printf(
				c->a,
				"spark.api.mode=connect (%s) takes the server's jars off its class path: remove it",
				judging_where(c, s)),
			setting_place(c->a, s));
}

/* As Java's Integer.parseInt() reads it: a sign is accepted, a blank is not. What the kubelet expands, only the kubelet knows. */
static bool is_positive(struct slice value)
{
	int64_t n;

	if (slice_has(value, "$("))
		return true;
	if (slice_starts(value, "+"))
		value = (struct slice){value.ptr + 1, value.len - 1};
	return number_parse(value, INT32_MAX, &n) == 0 && n > 0;
}

/* SparkSubmitArguments.scala: "Number of executors must be a positive number", in any mode; it checks the text as written. */
static void check_instances(const struct connect_judging *c)
{
	const struct setting *s = judging_winner(c, "spark.executor.instances"),
			     *dynamic = judging_winner(c, "spark.dynamicAllocation.enabled");

	if (!s || !s->literal || (dynamic && (!dynamic->literal || setting_says(dynamic, "true"))))
		return;
	if (!is_positive(s->value))
		judging_report(
			c, "connect.executorInstances",
			arena_printf(
				c->a,
				"spark.executor.instances (%s) must be positive, or Spark does not start: remove it",
				judging_where(c, s)),
			setting_place(c->a, s));
}

/* The number that key is certainly set to; -1 where there is none, or the shell decides. */
static int number_of(const struct connect_judging *c, const char *key, int64_t *ret)
{
	const struct setting *s = judging_winner(c, key);

	if (!s || !s->literal || (c->in->line && cmdline_uncertain(c->in->line, slice_of(key))))
		return -1;
	return setting_number(s->value, INT32_MAX, ret);
}

/* Master.scala, scheduleExecutorsOnWorkers: an executor starts only while coresToAssign >= minCoresPerExecutor, and an
 * application has no more than spark.cores.max to assign. */
static void check_cores_max(const struct connect_judging *c)
{
	const struct setting *master = judging_winner(c, "spark.master"), *max = judging_winner(c, "spark.cores.max");
	int64_t total, each;

	if (!master || !slice_starts(master->value, "spark://") || number_of(c, "spark.cores.max", &total) < 0 ||
	    number_of(c, "spark.executor.cores", &each) < 0 || total >= each)
		return;
	judging_report(
		c, "connect.coresMax",
		arena_printf(c->a,
			     "spark.cores.max (%s) is less than spark.executor.cores (%s), so no executor ever starts: "
			     "make it a multiple of those",
			     judging_where(c, max), judging_where(c, judging_winner(c, "spark.executor.cores"))),
		setting_place(c->a, max));
}

/* SecurityManager.scala, initializeAuth: any master but YARN's, Kubernetes' and local ones requires the key itself, of which a
 * file or env _SPARK_AUTH_SECRET is none. Where a file is not seen, it may well stand there. */
static void check_auth_secret(const struct connect_judging *c)
{
	const struct setting *master = judging_winner(c, "spark.master"), *on = judging_winner(c, "spark.authenticate");
	struct slice key = SLICE_LIT("spark.authenticate.secret");

	if (!master || !slice_starts(master->value, "spark://") || !on || !on->literal || !setting_says(on, "true") ||
	    c->in->view->unseen || c->in->view->covered || view_winner(c->in->view, key) || (c->in->line && cmdline_uncertain(c->in->line, key)))
		return;
	judging_report(
		c, "connect.authSecret",
		arena_printf(c->a,
			     "set spark.authenticate.secret (${env:_SPARK_AUTH_SECRET}, from a Secret): no standalone server starts with "
			     "spark.authenticate (%s) alone",
			     judging_where(c, on)),
		setting_place(c->a, on));
}

/* ---- variables that Spark or its scripts would stumble over ---- */

/* The value of a variable of the container; NULL where there is none, or only the kubelet knows how it begins. */
static const char *env(const struct connect_judging *c, const char *name)
{
	const struct env_item *item = environment_find(c->in->environment, slice_of(name));
	size_t known = 0;
	struct slice value = item ? env_text(c->texts, item, &known) : SLICE_NONE;

	return known > 0 ? arena_dup(c->a, value) : NULL;
}

static void report_env(const struct connect_judging *c, const char *rule, const char *name, const char *message)
{
	judging_report(c, rule, message, judging_env_place(c, name));
}

static void check_remote_env(const struct connect_judging *c)
{
	if (env(c, "SPARK_REMOTE"))
		report_env(c, "connect.remote", "SPARK_REMOTE",
			   arena_printf(c->a, "env SPARK_REMOTE (container '%s') is for clients, Spark refuses it beside a "
					      "master: remove it", c->in->server->name));
}

/* start-connect-server.sh and spark-daemon.sh export SPARK_CONNECT_MODE=0 themselves. */
static void check_connect_mode(const struct connect_judging *c)
{
	const char *mode = env(c, "SPARK_CONNECT_MODE");
	bool script = c->in->line && cmdline_program(c->in->line) == PROGRAM_START_CONNECT_SERVER;

	if (mode && strcmp(mode, "1") == 0 && !script && c->in->version >= SPARK_4_0)
		report_env(c, "connect.apiMode", "SPARK_CONNECT_MODE",
			   arena_printf(c->a, "env SPARK_CONNECT_MODE=1 (container '%s') takes the server's jars off its class "
					      "path: remove it", c->in->server->name));
}

/* spark-daemon.sh: if SPARK_MASTER is not empty, rsync runs from it. */
static void check_spark_master(const struct connect_judging *c)
{
	if (env(c, "SPARK_MASTER"))
		report_env(c, "connect.sparkMaster", "SPARK_MASTER",
			   arena_printf(c->a, "env SPARK_MASTER (container '%s') makes spark-daemon.sh run rsync from it: "
					      "remove it", c->in->server->name));
}

/* ---- may it ask for executors? ---- */

#define TOKEN "/var/run/secrets/kubernetes.io/serviceaccount/token"

/* Of a kubeconfig, or of options (k8s/Config.scala, KUBERNETES_AUTH_CLIENT_MODE_PREFIX). */
static bool has_credentials(const struct connect_judging *c)
{
	static const char *const keys[] = {"spark.kubernetes.authenticate.oauthToken", "spark.kubernetes.authenticate.oauthTokenFile",
					   "spark.kubernetes.authenticate.clientKeyFile"};

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (judging_winner(c, keys[i]))
			return true;
	return environment_find(c->in->environment, SLICE_LIT("KUBECONFIG")) || c->in->environment->unseen || c->in->view->unseen;
}

/* The API server mounts no token then (plugin/pkg/admission/serviceaccount); a volume of the pod's own may hold one. */
static void check_account_token(const struct connect_judging *c)
{
	const struct server *server = c->in->server;
	bool mounts = json_bool(json_get(server->files.spec, "automountServiceAccountToken"), true);

	if (!c->on_k8s || mounts || mount_of(server->container, SLICE_LIT(TOKEN)) || has_credentials(c))
		return;
	judging_report(c, "connect.accountToken",
		       arena_printf(c->a, "container '%s' has no token to ask for executors: set automountServiceAccountToken: true", server->name),
		       judging_place(c, NULL));
}

/* ---- how it is started ---- */

/* spark-daemon.sh: SPARK_NO_DAEMONIZE, even if empty, keeps it in the foreground; so does --wait in front (4.x; 3.5 hands it to
 * spark-submit), and a container that waits for something else, or goes on to another program, stays up as well. */
static void check_foreground(const struct connect_judging *c)
{
	if (!c->in->line || cmdline_program(c->in->line) != PROGRAM_START_CONNECT_SERVER)
		return;
	if (environment_find(c->in->environment, SLICE_LIT("SPARK_NO_DAEMONIZE")) || c->in->environment->unseen)
		return;
	if (cmdline_stays_up(c->in->line) || (cmdline_waits(c->in->line) && c->in->version >= CMDLINE_WAIT_SINCE))
		return;
	judging_report(c, "connect.foreground",
		       arena_printf(c->a,
				    "container '%s' ends when start-connect-server.sh goes to the background: set env "
				    "SPARK_NO_DAEMONIZE=1",
				    c->in->server->name),
		       judging_place(c, NULL));
}

static void check_spark_class(const struct connect_judging *c)
{
	if (c->in->line && cmdline_program(c->in->line) == PROGRAM_SPARK_CLASS)
		judging_report(
			c, "connect.sparkClass",
			arena_printf(
				c->a,
				"java or spark-class (container '%s') reads no properties file: use start-connect-server.sh",
				c->in->server->name),
			judging_place(c, NULL));
}

/* Keys that look like Spark's and do nothing. The list is short; the settings may be many. */
static void check_unknown_keys(const struct connect_judging *c)
{
	if (!wrong_keys_possible(c->in->policy, &c->in->view->settings))
		return;
	for (size_t i = 0; i < c->in->view->settings.count; i++) {
		const struct setting *s = &c->in->view->settings.items[i];
		const char *why = policy_wrong_key(c->in->policy, s->key, c->in->version);
		if (why)
			judging_report(c, "connect.unknownKey", arena_printf(c->a, "%.*s: %s", SLICE_ARG(s->key), why),
				       setting_place(c->a, s));
	}
}

void connect_check(const struct connect_input *input, struct arena *a, struct findings *findings)
{
	struct env_texts texts = env_texts_of(a, input->environment);
	const struct setting *master = view_winner(input->view, SLICE_LIT("spark.master"));
	struct connect_judging c = {input, a, findings, &texts, master && slice_starts(master->value, "k8s://")};

	check_deploy_mode(&c);
	check_remote(&c);
	check_api_mode(&c);
	check_instances(&c);
	check_cores_max(&c);
	check_auth_secret(&c);
	check_remote_env(&c);
	check_connect_mode(&c);
	check_spark_master(&c);
	backend_check(&c);
	java_check(&c);
	bash_check(&c);
	spark_env_check(&c);
	return_check(&c);
	check_account_token(&c);
	check_foreground(&c);
	check_spark_class(&c);
	check_unknown_keys(&c);
}
