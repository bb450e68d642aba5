/*
 * Is a Connect pod, as it is, on the backend of its namespace? Looks only at the
 * effective settings; what rewriting did or would have done does not matter.
 */
#include "spark/connect_checks.h"
#include "spark/k8s_master.h"
#include "spark/master.h"
#include "spark/pasted.h"
#include "spark/shell.h"
#include "spark/rules.h"
#include "spark/server.h"

#include "policy/master_url.h"

struct pod_judging {
	const struct policy *policy;
	struct arena *a;
	const struct spark_pod *pod;
	struct findings *findings;
};

static void report(const struct pod_judging *c, const char *rule, const char *message, struct place place)
{
	policy_say(c->policy, c->a, c->findings, rule, ACTION_DENY, message, place);
}

static struct place place_of(const struct server *s)
{
	return (struct place){.pointer = s->pointer, .container = s->name, .key = "spark.master"};
}

static const char *source_name(const struct setting *s, struct arena *a)
{
	switch (s->source) {
	case SOURCE_OPTION:
		return "--master";
	case SOURCE_CONF:
		return "--conf";
	case SOURCE_PROPERTIES_FILE:
	case SOURCE_DEFAULTS_FILE:
		return s->config_map ? setting_line(a, s) : "a file";
	case SOURCE_ENVIRONMENT:
		break;
	}
	return "env MASTER";
}

/* A value read from a looked-up object is never shown: not everybody who may create a pod may read every ConfigMap. */
static const char *shown(const struct setting *s, struct arena *a)
{
	if (s->config_map)
		return arena_printf(a, "spark.master in %s", source_name(s, a));
	return arena_printf(a, "spark.master is '%s' (%s)", setting_show(a, s->key, s->value), source_name(s, a));
}

/* Helm gives every pod of a chart its labels, so a label alone may be wrong. */
static const char *if_none(const struct pod_judging *c)
{
	return c->pod->match.by_label ? ", or label the pod sparkgate.io/role: none if it is no Connect server" : "";
}

/* Of a container whose image starts the server. */
static const char *nothing_plain(const struct server *server)
{
	return json_count(json_get(server->container, "args")) == 0 ? "no command, no args" : "no command, args of a program that is not known";
}

/* A container of which only the image knows what it starts has no command line to write to: say that its file is the place. */
static void wrong_backend(const struct pod_judging *c, const struct server *server, const struct cmdline *line, const struct setting *s,
			  const char *master)
{
	const char *backend = backend_name(c->pod->ns->backend), *file = "";

	if (s->config_map)
		file = line ? " there" : arena_printf(c->a, " there (%s: the file alone decides)", nothing_plain(server));
	report(c, "backend.master",
	       arena_printf(c->a, "%s, the namespace's backend is %s: write %s%s", shown(s, c->a), backend, master, file),
	       setting_place(c->a, s));
}

static void check_literal_master(const struct pod_judging *c, const struct server *server, const struct cmdline *line,
				 const struct view *view, const struct setting *s)
{
	const struct namespace *ns = c->pod->ns;
	struct master_url url;
	struct err err = {""};

	if (master_url_parse(s->value, &url, &err) < 0) {
		const char *why = s->config_map ? "Spark cannot read it" : err.text;
		report(c, "connect.masterUrl", arena_printf(c->a, "%s: %s", shown(s, c->a), why), setting_place(c->a, s));
		return;
	}
	if (ns->backend == BACKEND_K8S && !k8s_master_is_ours(c->policy, s, view->host_is_set))
		wrong_backend(c, server, line, s, c->policy->k8s_master);
	if (ns->backend == BACKEND_STANDALONE && ns->standalone_master && !master_fits(c->policy, ns, s->value))
		wrong_backend(c, server, line, s, ns->standalone_master);
}

/* A master that the kubelet, the shell or envsubst fills in. */
static void refuse_variable_master(const struct pod_judging *c, const struct setting *s)
{
	report(c, "backend.cannotTell",
	       arena_printf(c->a, "cannot tell: %s, which is known at run time only: write it out", shown(s, c->a)),
	       setting_place(c->a, s));
}

/* Nothing that was read sets it. unseen: what may, and was not; NULL: nothing. */
static void refuse_without_master(const struct pod_judging *c, const struct server *server, const struct cmdline *line, const char *unseen)
{
	if (unseen)
		report(c, "backend.cannotTell",
		       arena_printf(c->a, "cannot tell: %s not readable: write --master into args%s", unseen, line ? "" : if_none(c)),
		       place_of(server));
	else if (!line)
		report(c, "backend.cannotTell",
		       arena_printf(c->a,
				    "cannot tell what the image of container '%s' starts (%s): %s, "
				    "no ConfigMap with spark.master: write its command out%s",
				    server->name, c->pod->match.reason, nothing_plain(server), if_none(c)),
		       place_of(server));
	else if (cmdline_program(line) == PROGRAM_SPARK_CLASS)
		report(c, "backend.master",
		       arena_printf(c->a, "java or spark-class (container '%s') takes spark.master as -D, which sparkgate does not read: start it by "
					  "start-connect-server.sh or spark-submit", server->name),
		       place_of(server));
	else
		report(c, "backend.master",
		       arena_printf(c->a, "spark.master is set nowhere (container '%s'), the namespace's backend is %s",
				    server->name, backend_name(c->pod->ns->backend)),
		       place_of(server));
}

static void check_master(const struct pod_judging *c, const struct server *server, const struct cmdline *line,
			 const struct view *view)
{
	struct slice key = SLICE_LIT("spark.master");
	const struct setting *s = view_winner(view, key);
	const char *unseen = view->unseen ? view->unseen : view->covered;

	/* What Spark reads there could not be seen, and only a command line is stronger: other settings prove nothing. */
	if (s && view->covered && !setting_is_on_line(s)) {
		unseen = view->covered;
		s = NULL;
	}
	const struct setting *other = s && view_is_guess(view, s) ? view_file_unlike(view, key, s->value) : NULL;
	if (other) {
		report(c, "backend.cannotTell",
		       arena_printf(c->a, "cannot tell: %s and in %s differ, either may be the one that Spark reads: write --master into args",
				    shown(s, c->a), source_name(other, c->a)),
		       setting_place(c->a, s));
		return;
	}
	if (s && s->literal && !(line && cmdline_uncertain(line, key))) {
		check_literal_master(c, server, line, view, s);
		return;
	}
	if (s && !s->literal) {
		refuse_variable_master(c, s);
		return;
	}
	if (s)
		report(c, "backend.cannotTell",
		       "cannot tell: an expansion after spark.master on the command line may set another one", setting_place(c->a, s));
	else
		refuse_without_master(c, server, line, unseen);
}

/* Is a namespace without a master refused for that? */
static bool master_is_demanded(const struct pod_judging *c)
{
	return policy_action(c->policy, "scope.noMaster") == ACTION_DENY;
}

static void check_backend(const struct pod_judging *c, const struct server *server, const struct cmdline *line,
			  const struct environment *env, const struct view *view)
{
	const struct namespace *ns = c->pod->ns;
	struct rule_input input = {.policy = c->policy, .backend = ns->backend, .version = c->pod->version, .view = view,
				   .values = {.namespace = slice_of(ns->name), .master = SLICE_LIT("")},
				   .sizes = server_sizes(c->pod, server, env, line, view)};

	bool unknown = line && cmdline_class(line) == CLASS_UNKNOWN;
	bool masterless = ns->backend == BACKEND_STANDALONE && !ns->standalone_master;
	bool opaque = !line && !view_winner(view, SLICE_LIT("spark.master"));

	if (unknown)
		report(c, "backend.cannotTell",
		       arena_printf(c->a, "cannot tell: --class of container '%s' is known at run time only, write it out",
				    server->name),
		       place_of(server));
	if (view_winner(view, SLICE_LIT("spark.master")) || (!unknown && !(masterless && master_is_demanded(c))))
		check_master(c, server, line, view);
	if (!unknown && !masterless && !opaque)
		rules_check(&input, c->a, c->findings); /* else nothing was rewritten, and the reason has been given */
}

/* For people: how to let a shell expand the value as one word. */
static const char *by_shell(struct arena *a, struct slice name)
{
	if (shell_name_length(name) < name.len)
		return "give the variable a name of letters, digits and '_', and write \"$NAME\"";
	return arena_printf(a, "write \"$%.*s\"", SLICE_ARG(name));
}

/* If a Secret holds what it should, the text is what it seems to be: reported, not refused. */
static void check_pasted(const struct pod_judging *c, const struct server *server, const struct cmdline *line, const struct environment *env)
{
	struct env_texts texts = env_texts_of(c->a, env);
	struct pasted pasted = pasted_values(line, &texts);

	if (pasted.grammar)
		report(c, "backend.cannotTell",
		       arena_printf(c->a,
				    "cannot tell: Kubernetes puts the value of %.*s into the shell text of container '%s', quotes and "
				    "all: %s instead of $(%.*s), outside of single quotes",
				    SLICE_ARG(pasted.grammar->name), server->name, by_shell(c->a, pasted.grammar->name),
				    SLICE_ARG(pasted.grammar->name)),
		       place_of(server));
	else if (pasted.unseen)
		report(c, "backend.valueNotSeen",
		       arena_printf(c->a, "a quote in $(%.*s) is read as one of the script (container '%s'): %s",
				    SLICE_ARG(pasted.unseen->name), server->name, by_shell(c->a, pasted.unseen->name)),
		       place_of(server));
}

/* What is mounted decides, where no SPARK_CONF_DIR says another folder. A Secret for credentials is common: warned of, not refused. */
static void check_folder(const struct pod_judging *c, const struct server *server, const struct environment *env, const struct view *view)
{
	if (!env->unseen || environment_find(env, SLICE_LIT("SPARK_CONF_DIR")) || !view_winner(view, SLICE_LIT("spark.master")))
		return;
	report(c, "backend.fileNotSeen",
	       arena_printf(c->a, "envFrom %s may name another folder: set env SPARK_CONF_DIR (container '%s')", env->unseen, server->name),
	       place_of(server));
}

static void check_line(const struct pod_judging *c, const struct server *server, const struct cmdline *line)
{
	struct environment env;
	environment_read(c->a, server->container, server->pointer, c->pod->lookups, &env);
	struct view view = server_view(c->a, c->pod, server, &env, line, READING_AS_IT_IS);
	struct connect_input input = {.policy = c->policy, .version = c->pod->version, .server = server, .line = line,
				      .view = &view, .environment = &env};

	if (c->pod->ns->backend != BACKEND_NONE) {
		check_backend(c, server, line, &env, &view);
		if (line && line == cmdlines_at(&server->lines, 0)) /* once for all texts of the container */
			check_pasted(c, server, line, &env);
		if (!line)
			check_folder(c, server, &env, &view);
	}
	connect_check(&input, c->a, c->findings);
}

static const char *or_label(const struct cmdlines *lines)
{
	return lines->suspected ? ", or label the pod sparkgate.io/role: none if it starts none" : "";
}

static void check_server(const struct pod_judging *c, const struct server *server)
{
	if (server->lines.why_unlocated && c->pod->ns->backend != BACKEND_NONE)
		report(c, "backend.cannotTell",
		       arena_printf(c->a, "cannot tell: the command of container '%s' names a Connect server, but %s; start it plainly, by "
				    "start-connect-server.sh or spark-submit%s",
				    server->name, server->lines.why_unlocated, or_label(&server->lines)),
		       place_of(server));
	for (size_t i = 0; i < server_invocations(server); i++)
		check_line(c, server, server_line(server, i));
}

/* A master that is given but not permitted has been refused as such. */
static bool master_is_refused(const struct namespace *ns)
{
	for (size_t i = 0; i < ns->problem_count; i++)
		if (strcmp(ns->problems[i].rule, "scope.standaloneMaster") == 0)
			return true;
	return false;
}

/* What to do about a script that nobody can read: its text written out tells only where nothing else is in doubt. */
static const char *way_out(const struct pod_judging *c, bool alone)
{
	if (alone)
		return arena_join(c->a, "write its text into args of `sh -c`", if_none(c));
	if (!c->pod->match.by_label)
		return "start the server plainly, by start-connect-server.sh or spark-submit";
	return "label the pod sparkgate.io/role: none if it starts no Connect server, or start that by start-connect-server.sh or spark-submit";
}

/* Known by a label, and something in it could start Spark, but there is no telling what (a script in the image, or mounted). */
static void check_unlocated(const struct pod_judging *c)
{
	const struct servers *servers = c->pod->servers;

	if (servers->count > 0 || servers->trouble || c->pod->ns->backend == BACKEND_NONE ||
	    !role_is_labelled(c->policy, &c->pod->match, c->pod->metadata))
		return;
	const char *what = "cannot tell: no start of a Connect server found in the commands (",
		   *way = arena_join(c->a, "use start-connect-server.sh or spark-submit plainly", if_none(c));
	JSON_EACH(container, json_get(c->pod->spec, "containers")) {
		bool alone;
		struct slice script = role_unknown_script(c->policy, container, &alone);
		if (!script.ptr)
			continue;
		what = arena_join(c->a, "cannot tell: container '", json_text(json_get(container, "name"), ""), "' runs ",
				  arena_dup(c->a, script), alone ? ", which cannot be rewritten (" : ", which cannot be read here (");
		way = way_out(c, alone);
		break;
	}
	report(c, "backend.cannotTell", arena_printf(c->a, "%s%s): %s", what, c->pod->match.reason, way),
	       (struct place){.pointer = arena_printf(c->a, "%s/spec/containers", c->pod->pointer)});
}

/* Words of its commands make it a server's, no start is found in them, nor what may be one: it is hardened all the same. What to do stands
 * first: a warning is cut. */
static void check_suspected(const struct pod_judging *c)
{
	const struct spark_pod *pod = c->pod;

	if (pod->servers->count > 0 || pod->servers->trouble || pod->ephemeral || role_is_labelled(c->policy, &pod->match, pod->metadata))
		return;
	policy_say(c->policy, c->a, c->findings, "connect.suspected", ACTION_WARN,
		   arena_printf(c->a, "taken for a Connect server: label the pod sparkgate.io/role: none if it is none (%s)", pod->match.reason),
		   (struct place){.pointer = arena_join(c->a, pod->pointer, "/spec/containers")});
}

void spark_check_pod(const struct policy *p, struct arena *a, const struct spark_pod *pod, struct findings *findings)
{
	struct pod_judging c = {p, a, pod, findings};
	const struct servers *servers = pod->servers;

	if (pod->ns->backend == BACKEND_STANDALONE && !pod->ns->standalone_master && !master_is_refused(pod->ns))
		report(&c, "scope.noMaster",
		       "backendMode standalone needs a master: set sparkgate.io/standaloneMaster: spark://host:7077 "
		       "on the namespace",
		       (struct place){.pointer = NULL});
	if (servers->trouble)
		report(&c, "backend.cannotTell", arena_printf(a, "cannot tell: %s", servers->trouble),
		       (struct place){.pointer = NULL});
	if (pod->match.label_only)
		return; /* nothing in it could start a Connect server */
	check_unlocated(&c);
	check_suspected(&c);
	for (size_t i = 0; i < servers->count; i++)
		check_server(&c, &servers->items[i]);
}
