/*
 * Putting a Connect pod on its namespace's backend.
 *
 * The command line beats every file (SparkSubmitArguments), so everything that must hold
 * is written there, and the pod alone ends up on the right backend whatever its files
 * say or become. Files are read as their user wrote them: raw and rewritten ConfigMaps give
 * the same pod.
 */
#include <ctype.h>

#include "policy/template.h"
#include "spark/environment.h"
#include "spark/k8s_master.h"
#include "spark/rules.h"
#include "spark/server.h"

struct rewrite {
	const struct policy *policy;
	struct arena *a;
	const struct spark_pod *pod;
	struct json_patch *patch;
	struct spark_result *result;

	/* Of the line at hand. */
	const struct sizes *sizes; /* NULL: no text names one, or none that does can reach the line */
	struct buf forced;         /* sizes that win over what an expansion holds, for a warning: "spark.cores.max=2" */

	struct err err; /* why the edit at hand cannot be made */
};

/* Rewriting never refuses: the check of the result does. */
static void warn(const struct rewrite *r, const char *rule, const char *message, const struct server *server)
{
	struct place place = {.pointer = server->pointer, .container = server->name};

	policy_say(r->policy, r->a, &r->result->findings, rule, ACTION_WARN, message, place);
}

/* ---- which master ---- */

/* Does every spark.master on the command line, losing ones included, name this cluster? */
static bool line_is_ours(const struct policy *p, const struct view *view)
{
	bool any = false;

	for (size_t i = 0; i < view->settings.count; i++) {
		const struct setting *s = &view->settings.items[i];
		if (!slice_is(s->key, "spark.master") || !setting_is_on_line(s))
			continue;
		if (!k8s_master_is_ours(p, s, view->host_is_set))
			return false;
		any = true;
	}
	return any;
}

/* {master} of the k8s backend: what is there stays if it is this cluster's own. ptr NULL: leave the line alone. */
static struct slice k8s_master(const struct rewrite *r, const struct cmdline *line, const struct view *view)
{
	struct slice key = SLICE_LIT("spark.master");
	const struct setting *s = view_winner(view, key);

	if (line_is_ours(r->policy, view))
		return cmdline_uncertain(line, key) ? slice_of(r->policy->k8s_master) : SLICE_NONE;
	bool in_file = s && s->literal && !setting_is_on_line(s);
	return in_file && k8s_master_is_named(r->policy, s->value) ? s->value : slice_of(r->policy->k8s_master);
}

static struct slice master_for(const struct rewrite *r, const struct cmdline *line, const struct view *view)
{
	const struct namespace *ns = r->pod->ns;

	if (ns->backend == BACKEND_K8S)
		return k8s_master(r, line, view);
	return ns->standalone_master ? slice_of(ns->standalone_master) : SLICE_NONE;
}

/* ---- values that come from the pod ---- */

/* A pod has one or two, and their names are those of objects. */
#define PULL_SECRETS_MAX 16

static bool is_object_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '-' && name.ptr[i] != '.')
			return false;
	return name.len > 0;
}

/* "a,b", with which the kubelet pulls the pod's images; ptr NULL: nothing, or nothing that can be handed on. */
static struct slice pull_secrets(const struct rewrite *r)
{
	const struct json *list = json_get(r->pod->spec, "imagePullSecrets");
	struct buf names = buf_in(r->a);

	if (json_count(list) > PULL_SECRETS_MAX)
		return SLICE_NONE;
	JSON_EACH(secret, list) {
		struct slice name = slice_of(json_text(json_get(secret, "name"), ""));
		if (is_object_name(name))
			buf_printf(&names, "%s%.*s", names.len ? "," : "", SLICE_ARG(name));
	}
	return names.len ? buf_slice(&names) : SLICE_NONE;
}

static struct slice reference(struct arena *a, const char *variable)
{
	return slice_of(arena_join(a, "$(", variable, ")"));
}

/* The value to write. A variable that holds something of the pod is asked for only here: it may have to be added. */
static struct slice value_of(const struct rewrite *r, struct environment *env, const struct rule_input *in, const struct rule_edit *edit)
{
	struct rule_input full = *in;

	if (!edit->of_variable)
		return edit->value;
	if (edit->rule->asks & 1u << PLACEHOLDER_POD_IP)
		full.values.pod_ip = reference(r->a, environment_pod_ip(env));
	if (edit->rule->asks & 1u << PLACEHOLDER_POD_NAME)
		full.values.pod_name = reference(r->a, environment_pod_name(env));
	return rules_fill(&full, r->a, edit->rule->value);
}

/* ---- edits ---- */

static bool on_line(const struct view *view, struct slice key)
{
	return settings_last(&view->settings, SOURCE_OPTION, key) || settings_last(&view->settings, SOURCE_CONF, key);
}

/* spark.cores.max and spark.executor.cores of a standalone application: one whose executors need more cores than it may have
 * never gets one. */
static bool is_of_pair(const struct rewrite *r, const struct rule *rule)
{
	return r->pod->ns->backend == BACKEND_STANDALONE && (rule->size == SIZE_KEY_CORES || rule->size == SIZE_KEY_CORES_MAX);
}

/* What is only filled in leaves the last word to "$EXTRA_OPTS". Not so the pair, unless a text of the container
 * (EXTRA_OPTS in env, an array in the script) names a size: its author has thought of it. */
static bool only_fills(const struct rewrite *r, const struct rule *rule)
{
	if (rule->verb != VERB_DEFAULT && rule->verb != VERB_DERIVE)
		return false;
	return !is_of_pair(r, rule) || r->sizes;
}

static void set(struct rewrite *r, const struct server *server, struct cmdline *line, const struct rule_edit *edit,
		struct slice key, struct slice value)
{
	bool fills = only_fills(r, edit->rule);
	if (!fills && is_of_pair(r, edit->rule) && cmdline_uncertain(line, key))
		buf_printf(&r->forced, "%s%.*s=%.*s", r->forced.len ? ", " : "", SLICE_ARG(key), SLICE_ARG(value));
	struct changes *changes = &r->result->changes;

	int (*write)(struct cmdline *, struct slice, struct slice, const char *, struct changes *, struct err *) =
		!fills ? cmdline_set : edit->rule->needed ? cmdline_need : cmdline_default;

	if (write(line, key, value, edit->rule->id, changes, &r->err) < 0)
		warn(r, edit->rule->id, arena_printf(r->a, "cannot write %.*s: %s", SLICE_ARG(key), r->err.text), server);
}

static void rename_key(struct rewrite *r, const struct server *server, struct cmdline *line, const struct rule_edit *edit)
{
	if (cmdline_rename(line, edit->key, edit->new_key, edit->rule->id, &r->result->changes, &r->err) < 0)
		warn(r, edit->rule->id, arena_printf(r->a, "cannot rename %.*s: %s", SLICE_ARG(edit->key), r->err.text), server);
}

/* Nobody's command line is longer by more; each costs a look at all of it. */
#define OVERRIDES_MAX 256

static void override_files(struct rewrite *r, const struct server *server, struct cmdline *line, const struct rule_edit *edits, size_t count)
{
	size_t written = 0;

	for (size_t i = 0; i < count && edits->rule->value; i++) {
		if (!edits[i].now.file)
			continue;
		if (written++ == OVERRIDES_MAX) {
			warn(r, edits->rule->id,
			     arena_printf(r->a, "more than %d keys of %s in files: the rest stays, remove it there", OVERRIDES_MAX, edits->rule->key),
			     server);
			return;
		}
		set(r, server, line, &edits[i], edits[i].key, slice_of(edits->rule->value));
	}
}

/* Keys of one rule that break the backend: removed from the command line; where a file that is not ours to write has one,
 * it is overridden with a harmless value if the rule has one. */
static void disable(struct rewrite *r, const struct server *server, struct cmdline *line, const struct rule_edit *edits, size_t count)
{
	struct slice *keys = ARENA_ARRAY(r->a, count, struct slice);
	size_t on_line = 0;

	for (size_t i = 0; i < count; i++)
		if (edits[i].now.on_line)
			keys[on_line++] = edits[i].key;
	if (on_line > 0)
		cmdline_disable(line, keys, on_line, edits->rule->id, &r->result->changes);
	override_files(r, server, line, edits, count);
}

static void apply(struct rewrite *r, const struct server *server, struct cmdline *line,
		  struct environment *env, const struct rule_edit *edit, const struct rule_input *in)
{
	if (edit->new_key.ptr) {
		if (on_line(in->view, edit->key))
			rename_key(r, server, line, edit);
		else
			set(r, server, line, edit, edit->new_key, edit->value);
		return;
	}
	struct slice value = value_of(r, env, in, edit);
	set(r, server, line, edit, edit->key, value);
	environment_set(env, edit->key, value, edit->rule->id, &r->result->changes);
}

/* The index after the keys that one rule disables; i where none does. */
static size_t end_of_disabled(const struct rule_edits *edits, size_t i)
{
	const struct rule *rule = edits->items[i].rule;

	while (rule->verb == VERB_DISABLE && i < edits->count && edits->items[i].rule == rule)
		i++;
	return i;
}

/* ---- what could not be seen ---- */

static bool was_unseen(const struct rule_edit *edit)
{
	return edit->from_unseen;
}

/* Left out although it is needed: a text of the container names it, and nobody can read what it says. */
static bool is_needed(const struct rule_edit *edit)
{
	return edit->rule->needed;
}

static bool is_not_needed(const struct rule_edit *edit)
{
	return !edit->rule->needed;
}

static void name_keys(struct buf *out, const struct rule_edit *edits, size_t count, bool (*counts)(const struct rule_edit *edit))
{
	for (size_t i = 0; i < count; i++)
		if (counts(&edits[i]))
			buf_printf(out, "%s%.*s", out->len ? ", " : "", SLICE_ARG(edits[i].key));
}

/* One warning for what was written all the same, one for what was left alone; each names the file first, since the list
 * of keys may be cut off. */
static void warn_unseen(const struct rewrite *r, const struct server *server, const struct rule_edits *edits,
			const struct view *view)
{
	struct buf written = buf_in(r->a), skipped = buf_in(r->a), theirs = buf_in(r->a);

	name_keys(&written, edits->items, edits->count, was_unseen);
	name_keys(&skipped, edits->skipped, edits->skipped_count, is_not_needed);
	name_keys(&theirs, edits->skipped, edits->skipped_count, is_needed);
	if (written.len > 0)
		warn(r, "backend.fileNotSeen",
		     arena_printf(r->a, "%s; written all the same: %s", view->unseen, buf_slice(&written).ptr),
		     server);
	if (skipped.len > 0)
		warn(r, "backend.fileNotSeen",
		     arena_printf(r->a, "%s; left alone: %s", view->unseen, buf_slice(&skipped).ptr), server);
	if (theirs.len > 0)
		warn(r, "backend.coresMax",
		     arena_printf(r->a, RULES_LEFT_TO_SCRIPT, buf_slice(&theirs).ptr), server);
}

static void warn_forced(const struct rewrite *r, const struct server *server)
{
	if (r->forced.len > 0)
		warn(r, "backend.coresMax",
		     arena_printf(r->a, "%s: win over any expansion; write spark.cores.max to choose", buf_slice(&r->forced).ptr), server);
}

/* ---- lines and servers ---- */

static void rewrite_line(struct rewrite *r, const struct server *server, struct cmdline *line, struct environment *env)
{
	struct view view = server_view(r->a, r->pod, server, env, line, READING_AS_USER_WROTE);
	struct slice image = json_slice(json_get(server->container, "image"));
	struct rule_input input = {
		.policy = r->policy, .backend = r->pod->ns->backend, .version = r->pod->version, .view = &view,
		.values = {.master = master_for(r, line, &view), .namespace = slice_of(r->pod->ns->name),
			   .pod_ip = SLICE_LIT("$(POD_IP)"), .pod_name = SLICE_LIT("$(POD_NAME)"),
			   .image = image.len > 0 ? image : SLICE_NONE, .pull_secrets = pull_secrets(r)},
		.sizes = server_sizes(r->pod, server, env, line, &view),
	};
	struct rule_edits edits;

	if (r->pod->version < CMDLINE_WAIT_SINCE)
		cmdline_without_wait(line);
	r->sizes = input.sizes;
	r->forced = buf_in(r->a);

	rules_evaluate(&input, r->a, &edits);
	for (size_t i = 0, end; i < edits.count; i = end) {
		end = end_of_disabled(&edits, i);
		if (end > i)
			disable(r, server, line, &edits.items[i], end - i);
		else
			apply(r, server, line, env, &edits.items[end++], &input);
	}
	warn_unseen(r, server, &edits, &view);
	warn_forced(r, server);
}

static void rewrite_server(struct rewrite *r, const struct server *server)
{
	struct environment env;

	environment_read(r->a, server->container, server->pointer, r->pod->lookups, &env);
	for (size_t i = 0; i < server->lines.count; i++)
		if (cmdline_class(cmdlines_at(&server->lines, i)) != CLASS_UNKNOWN)
			rewrite_line(r, server, cmdlines_at(&server->lines, i), &env);
	environment_patch(&env, r->patch);
	cmdlines_patch(&server->lines, r->patch);
}

void spark_rewrite_pod(const struct policy *p, struct arena *a, const struct spark_pod *pod, struct json_patch *patch,
		       struct spark_result *result)
{
	struct rewrite r = {.policy = p, .a = a, .pod = pod, .patch = patch, .result = result};

	if (pod->ns->backend == BACKEND_NONE || (pod->ns->backend == BACKEND_STANDALONE && !pod->ns->standalone_master))
		return;
	for (size_t i = 0; i < pod->servers->count; i++)
		rewrite_server(&r, &pod->servers->items[i]);
}
