#include "spark/connect_checks.h"

#include "base/number.h"
#include "spark/env_text.h"
#include "spark/java_options.h"
#include "spark/rule_match.h"
#include "spark/shell_names.h"

#include <stdint.h>

struct judging {
	const struct connect_input *in;
	struct arena *a;
	struct findings *findings;
	struct env_texts *texts; /* of the container's variables */
	bool on_k8s;             /* Spark asks Kubernetes for executors */
};

static void report(const struct judging *c, const char *rule, const char *message, struct place place)
{
	enum action action = policy_action(c->in->policy, rule);

	if (action != ACTION_OFF)
		findings_add(c->findings, c->a, (struct finding){rule, action, message, place});
}

static struct place in_container(const struct judging *c, const char *key)
{
	return (struct place){.pointer = c->in->server->pointer, .container = c->in->server->name, .key = key};
}

static const struct setting *winner(const struct judging *c, const char *key)
{
	return view_winner(c->in->view, slice_of(key));
}

/* Where to look for it: "ConfigMap 'x' line 3" or "container 'server'". A value of a file is never shown. */
static const char *where(const struct judging *c, const struct setting *s)
{
	if (s->config_map)
		return arena_printf(c->a, "ConfigMap '%s' line %u", s->config_map, s->place.line);
	return arena_printf(c->a, "container '%s'", c->in->server->name);
}

/* SparkSubmit.scala: "Cluster deploy mode is not applicable to Spark Connect server." */
static void check_deploy_mode(const struct judging *c)
{
	const struct setting *s = winner(c, "spark.submit.deployMode");

	if (s && slice_is(s->value, "cluster"))
		report(c, "connect.deployMode",
		       arena_printf(c->a, "deploy mode is cluster (%s), a Connect server starts in client mode only: remove it",
				    where(c, s)),
		       setting_place(c->a, s));
}

/* SparkSubmitArguments.scala: remote = --remote, spark.remote, SPARK_REMOTE (the last: environment.h). */
static void check_remote(const struct judging *c)
{
	const struct setting *s = winner(c, "spark.remote");

	if (s && s->source != SOURCE_ENVIRONMENT)
		report(c, "connect.remote",
		       arena_printf(c->a, "spark.remote (%s) is for clients, Spark refuses it beside a master: remove it",
				    where(c, s)),
		       setting_place(c->a, s));
}

/* 4.x AbstractCommandBuilder drops the server's own jars in connect mode. */
static void check_api_mode(const struct judging *c)
{
	const struct setting *s = winner(c, "spark.api.mode");

	if (c->in->version && c->in->version < 400)
		return;
	if (s && setting_says(s, "connect"))
		report(c, "connect.apiMode",
		       arena_printf(c->a, "spark.api.mode=connect (%s) takes the server's jars off its class path: remove it",
				    where(c, s)),
		       setting_place(c->a, s));
}

/* As Java's Integer.parseInt() reads it, which takes a sign and no blank. What the kubelet fills in is known to it alone. */
static bool is_positive(struct slice value)
{
	int64_t n;

	if (slice_has(value, "$("))
		return true;
	if (slice_starts(value, "+"))
		value = (struct slice){value.ptr + 1, value.len - 1};
	return number_parse(value, INT32_MAX, &n) == 0 && n > 0;
}

/* SparkSubmitArguments.scala: "Number of executors must be a positive number", in any mode; it asks of the text as it is written. */
static void check_instances(const struct judging *c)
{
	const struct setting *s = winner(c, "spark.executor.instances"), *dynamic = winner(c, "spark.dynamicAllocation.enabled");

	if (!s || !s->literal || (dynamic && (!dynamic->literal || setting_says(dynamic, "true"))))
		return;
	if (!is_positive(s->value))
		report(c, "connect.executorInstances",
		       arena_printf(c->a, "spark.executor.instances (%s) must be positive, or Spark does not start: remove it",
				    where(c, s)),
		       setting_place(c->a, s));
}

/* The number that key is certainly set to; -1 where the shell decides. */
static int number_of(const struct judging *c, const char *key, int64_t *ret)
{
	const struct setting *s = winner(c, key);

	if (!s || !s->literal || (c->in->line && cmdline_uncertain(c->in->line, slice_of(key))))
		return -1;
	return number_parse(s->value, INT32_MAX, ret);
}

/* Master.scala, scheduleExecutorsOnWorkers: an executor starts only while coresToAssign >= minCoresPerExecutor, and an
 * application has no more than spark.cores.max to assign. */
static void check_cores_max(const struct judging *c)
{
	const struct setting *master = winner(c, "spark.master"), *max = winner(c, "spark.cores.max");
	int64_t total, each;

	if (!master || !slice_starts(master->value, "spark://") || number_of(c, "spark.cores.max", &total) < 0 ||
	    number_of(c, "spark.executor.cores", &each) < 0 || total >= each)
		return;
	report(c, "connect.coresMax",
	       arena_printf(c->a, "spark.cores.max (%s) is less than spark.executor.cores (%s), so no executor ever starts: "
			    "make it a multiple of those", where(c, max), where(c, winner(c, "spark.executor.cores"))),
	       setting_place(c->a, max));
}

/* ---- variables that Spark or its scripts would stumble over ---- */

/* The value of a variable of the container; NULL where there is none, or its beginning is known to the kubelet alone. */
static const char *env(const struct judging *c, const char *name)
{
	const struct env_item *item = environment_find(c->in->environment, name);
	size_t known = 0;
	struct slice value = item ? env_text(c->texts, item, &known) : (struct slice){NULL, 0};

	return known > 0 ? arena_dup(c->a, value) : NULL;
}

static struct place env_place(const struct judging *c, const char *name)
{
	const struct env_item *item = environment_find(c->in->environment, name);
	struct place place = in_container(c, NULL);

	if (item->index != SIZE_MAX)
		place.pointer = arena_printf(c->a, "%s/env/%zu", c->in->server->pointer, item->index);
	return place;
}

static void report_env(const struct judging *c, const char *rule, const char *name, const char *message)
{
	report(c, rule, message, env_place(c, name));
}

static void check_remote_env(const struct judging *c)
{
	if (env(c, "SPARK_REMOTE"))
		report_env(c, "connect.remote", "SPARK_REMOTE",
			   arena_printf(c->a, "env SPARK_REMOTE (container '%s') is for clients, Spark refuses it beside a "
					"master: remove it", c->in->server->name));
}

/* start-connect-server.sh and spark-daemon.sh export SPARK_CONNECT_MODE=0 themselves. */
static void check_connect_mode(const struct judging *c)
{
	const char *mode = env(c, "SPARK_CONNECT_MODE");
	bool script = c->in->line && cmdline_program(c->in->line) == PROGRAM_START_CONNECT_SERVER;

	if (mode && strcmp(mode, "1") == 0 && !script && c->in->version >= 400)
		report_env(c, "connect.apiMode", "SPARK_CONNECT_MODE",
			   arena_printf(c->a, "env SPARK_CONNECT_MODE=1 (container '%s') takes the server's jars off its class "
					"path: remove it", c->in->server->name));
}

/* spark-daemon.sh: if SPARK_MASTER is not empty, rsync runs from it. */
static void check_spark_master(const struct judging *c)
{
	if (env(c, "SPARK_MASTER"))
		report_env(c, "connect.sparkMaster", "SPARK_MASTER",
			   arena_printf(c->a, "env SPARK_MASTER (container '%s') makes spark-daemon.sh run rsync from it: "
					"remove it", c->in->server->name));
}

/* ---- options of the JVM, in which -Dkey=value is the weakest place of a setting ---- */

/* Of the keys that rules take away: these have no place on a command line of ours, so nothing there overrules an option. */
static const char *const backend_keys[] = {"spark.kubernetes.driver.master", "spark.kubernetes.submitInDriver"};
#define BACKEND_KEYS (sizeof(backend_keys) / sizeof(*backend_keys))

struct java_options {
	struct slice text;  /* ptr NULL: only the running pod knows it */
	enum java_reader reader;
	bool by_shell;      /* what is left of $X in it is a shell's to put in, not the kubelet's alone */
	const char *holder; /* "env X (container 'c')", as people find it */
	struct place place;
};

/* Does -Dkey=value take the server off its backend, or may it? Then that is said. */
static bool leaves_backend(const struct judging *c, const struct java_options *o, struct slice key, struct slice value)
{
	struct setting s = {.key = key, .value = value, .literal = !o->by_shell || value.len == 0 || !memchr(value.ptr, '$', value.len)};
	const struct rule *rule = NULL;

	for (size_t i = 0; i < BACKEND_KEYS && c->on_k8s; i++)
		if (slice_is(key, backend_keys[i]))
			rule = rule_broken_by(c->in->policy, BACKEND_K8S, c->in->version, &s);
	if (!rule)
		return false;
	report(c, rule->id,
	       arena_printf(c->a, rule_matches(rule, value) ? "%s sets %.*s, which breaks the k8s backend: remove it"
							    : "%s sets %.*s, which may be what breaks the k8s backend: write the value out",
			    o->holder, SLICE_ARG(key)),
	       o->place);
	return true;
}

/* The reference at the start of rest is left: may an option come of it? Not of the pod's own name or address, of what the kubelet
 * leaves as it is, nor, in the midst of a word, of what a shell has from an image or from its text (which is judged, too). */
static bool may_become_option(const struct judging *c, const struct java_options *o, struct slice rest, bool leads)
{
	bool by_kubelet = slice_starts(rest, "$(");
	struct slice name;

	if (!shell_skip_variable(&rest, &name))
		return o->by_shell && leads;
	const struct env_item *item = environment_find(c->in->environment, arena_dup(c->a, name));
	if (item && (o->by_shell || by_kubelet))
		return leads || (item->kind != ENV_POD_IP && item->kind != ENV_POD_NAME);
	return (by_kubelet && c->in->environment->unseen) || (o->by_shell && leads);
}

/* Is there something in word that only the running pod knows, and that may be an option, or several? */
static bool is_open(const struct judging *c, const struct java_options *o, struct slice word)
{
	const char *equals = word.len ? memchr(word.ptr, '=', word.len) : NULL;
	bool property = slice_starts(word, "-D");

	for (size_t i = 0; i < word.len; i++) {
		bool leads = i == 0 || (property && (!equals || word.ptr + i < equals));

		if (word.ptr[i] == '`' && o->by_shell && leads)
			return true;
		if (word.ptr[i] == '$' && may_become_option(c, o, (struct slice){word.ptr + i, word.len - i}, leads))
			return true;
	}
	return false;
}

/* true: it has been said that they take the server off its backend. */
static bool judge_java_options(const struct judging *c, const struct java_options *o)
{
	struct slice words = o->text.ptr ? java_words(c->a, o->text, o->reader) : SLICE_LIT(""), key, value;
	bool spark = false, open = !o->text.ptr;

	while (words.len > 0) {
		struct slice word = slice_cut(&words, '\0');

		if (java_property(word, &key, &value) && leaves_backend(c, o, key, value))
			return true;
		spark |= slice_starts(word, "-Dspark.");
		open |= !open && is_open(c, o, word);
	}
	if (spark)
		report(c, "connect.javaOptions", arena_printf(c->a, "%s sets spark.* unseen by files: use --conf instead", o->holder),
		       o->place);
	else if (open && c->on_k8s)
		report(c, "connect.javaOptions",
		       arena_printf(c->a, "cannot tell: %s holds what only the running pod knows, perhaps %s: write it out", o->holder,
				    backend_keys[0]),
		       o->place);
	return false;
}

static void check_java_variables(const struct judging *c)
{
	static const struct {
		const char *name;
		enum java_reader reader;
	} variables[] = {{"SPARK_SUBMIT_OPTS", JAVA_LAUNCHER},
			 {"SPARK_DAEMON_JAVA_OPTS", JAVA_LAUNCHER},
			 {"JAVA_TOOL_OPTIONS", JAVA_MACHINE},
			 {"JDK_JAVA_OPTIONS", JAVA_MACHINE},
			 {"_JAVA_OPTIONS", JAVA_MACHINE}};

	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++) {
		const struct env_item *item = environment_find(c->in->environment, variables[i].name);
		size_t known = 0;

		if (!item)
			continue;
		struct java_options o = {.text = env_text(c->texts, item, &known), .reader = variables[i].reader,
					 .holder = arena_printf(c->a, "env %s (container '%s')", variables[i].name, c->in->server->name),
					 .place = env_place(c, variables[i].name)};
		(void)judge_java_options(c, &o);
	}
}

/* The launcher gives them to the server's own JVM (SparkSubmitCommandBuilder.buildSparkSubmitCommand). */
static bool check_java_settings(const struct judging *c)
{
	static const char *const keys[] = {"spark.driver.extraJavaOptions", "spark.driver.defaultJavaOptions"};
	bool leaves = false;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const struct setting *s = winner(c, keys[i]);

		if (!s)
			continue;
		struct java_options o = {.text = s->literal ? s->value : env_put_in(c->texts, s->value), .reader = JAVA_LAUNCHER,
					 .by_shell = !s->literal, .holder = arena_printf(c->a, "%s (%s)", keys[i], where(c, s)),
					 .place = setting_place(c->a, s)};
		leaves |= judge_java_options(c, &o);
	}
	return leaves;
}

static bool judge_java_text(const struct judging *c, struct slice text)
{
	struct java_options o = {.by_shell = true, .place = in_container(c, NULL),
				 .holder = arena_printf(c->a, "the command of container '%s'", c->in->server->name)};
	struct slice source = shell_without_quotes(c->a, env_put_in(c->texts, text)), value;

	for (size_t i = 0; i < BACKEND_KEYS; i++)
		for (struct slice rest = source; java_property_next(&rest, slice_of(backend_keys[i]), &value);)
			if (leaves_backend(c, &o, slice_of(backend_keys[i]), value))
				return true;
	return false;
}

/* A command that sets variables may set those above, by whatever name: asked once of all lines that it holds. */
static void check_java_texts(const struct judging *c)
{
	static const char *const lists[] = {"command", "args"};

	if (!c->on_k8s || (c->in->line && c->in->line != cmdlines_at(&c->in->server->lines, 0)))
		return;
	for (size_t l = 0; l < sizeof(lists) / sizeof(*lists); l++)
		JSON_EACH(word, json_get(c->in->server->container, lists[l]))
			if (shell_may_set(json_slice(word)) && judge_java_text(c, json_slice(word)))
				return;
}

/* What was not put in was not judged. */
static void check_budget(const struct judging *c)
{
	if (c->on_k8s && c->texts->budget == 0)
		report(c, "backend.cannotTell",
		       arena_printf(c->a, "cannot tell: the variables of container '%s' are put into one another more than sparkgate reads",
				    c->in->server->name),
		       in_container(c, NULL));
}

/* ---- how it is started ---- */

/* Any word of command or args that holds text. */
static bool words_have(const struct json *container, const char *text)
{
	static const char *const lists[] = {"command", "args"};

	for (size_t l = 0; l < sizeof(lists) / sizeof(*lists); l++)
		JSON_EACH(w, json_get(container, lists[l]))
			if (strstr(json_text(w, ""), text))
				return true;
	return false;
}

/* spark-daemon.sh: any SPARK_NO_DAEMONIZE, even an empty one, keeps it in the foreground; so does --wait (4.x), and
 * so does a container that waits for something else. */
static void check_foreground(const struct judging *c)
{
	const struct json *container = c->in->server->container;

	if (!c->in->line || cmdline_program(c->in->line) != PROGRAM_START_CONNECT_SERVER)
		return;
	if (environment_find(c->in->environment, "SPARK_NO_DAEMONIZE") || c->in->environment->unseen)
		return;
	if (words_have(container, "SPARK_NO_DAEMONIZE") || words_have(container, "--wait") ||
	    words_have(container, "tail") || words_have(container, "sleep") || words_have(container, "wait"))
		return;
	report(c, "connect.foreground",
	       arena_printf(c->a, "container '%s' ends when start-connect-server.sh goes to the background: set env "
			    "SPARK_NO_DAEMONIZE=1", c->in->server->name),
	       in_container(c, NULL));
}

static void check_spark_class(const struct judging *c)
{
	if (c->in->line && cmdline_program(c->in->line) == PROGRAM_SPARK_CLASS)
		report(c, "connect.sparkClass",
		       arena_printf(c->a, "spark-class (container '%s') reads no properties file: use start-connect-server.sh",
				    c->in->server->name),
		       in_container(c, NULL));
}

/* Keys that read like Spark's and do nothing. The list is short, the settings may be many. */
static void check_unknown_keys(const struct judging *c)
{
	for (size_t i = 0; i < c->in->view->settings.count; i++) {
		const struct setting *s = &c->in->view->settings.items[i];
		const char *why = policy_wrong_key(c->in->policy, s->key, c->in->version);
		if (why)
			report(c, "connect.unknownKey", arena_printf(c->a, "%.*s: %s", SLICE_ARG(s->key), why), setting_place(c->a, s));
	}
}

void connect_check(const struct connect_input *input, struct arena *a, struct findings *findings)
{
	struct env_texts texts = env_texts_of(a, input->environment);
	const struct setting *master = view_winner(input->view, SLICE_LIT("spark.master"));
	struct judging c = {input, a, findings, &texts, master && slice_starts(master->value, "k8s://")};

	check_deploy_mode(&c);
	check_remote(&c);
	check_api_mode(&c);
	check_instances(&c);
	check_cores_max(&c);
	check_remote_env(&c);
	check_connect_mode(&c);
	check_spark_master(&c);
	check_java_variables(&c);
	if (!check_java_settings(&c))
		check_java_texts(&c);
	check_budget(&c);
	check_foreground(&c);
	check_spark_class(&c);
	check_unknown_keys(&c);
}
