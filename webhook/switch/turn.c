/* The record in the cluster, and what all steps share. */
#include "switch/turn.h"

#include "admission/simulate.h"
#include "audit/audit.h"
#include "audit/cluster.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define PAUSE_NS CLOCK_SECOND
#define RENEW_SECONDS 10
#define TRIES 3
#define HOST_MAX 256

void switch_say(struct switch_turn *turn, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	turn->say(turn->closure, text);
}

/* ---- requests ---- */

static const char *dry_path(struct arena *a, const struct switch_turn *turn, enum kube_method method, const char *path)
{
	if (!turn->dry_run || method == KUBE_GET || strchr(path, '?'))
		return path;
	return arena_join(a, path, "?dryRun=All");
}

/* Worth another try: no answer, an API server that is overloaded or starting. */
static bool is_passing(int status)
{
	return status == 0 || status == 429 || status >= 500;
}

/* A moment between two tries. */
static void rest(struct switch_turn *turn)
{
	int64_t until = clock_mono_ns() + PAUSE_NS;

	while (!*turn->stop && clock_mono_ns() < until)
		kube_client_poll(turn->client, until);
}

/* What got no answer, or that of an API server in trouble, is sent again: all of our writes say what they expect. */
int switch_ask(struct switch_turn *turn, struct arena *a, enum kube_method method, const char *path, struct slice send, int *status,
	       const struct json **ret, struct err *err)
{
	struct slice text = {"", 0};
	int rc = -1;

	path = dry_path(a, turn, method, path);
	*status = 0;
	for (int i = 0; i < TRIES && rc < 0 && is_passing(*status) && !(i > 0 && *turn->stop); i++) {
		if (i > 0)
			rest(turn);
		rc = kube_once(turn->client, a, method, path, send, status, &text, err);
	}
	if (rc < 0 && *status == 403 && slice_has(slice_of(err->text), " cannot "))
		return err_wrap(err, "no permission, ClusterRole sparkgate-switch of manifests/rbac-switch.yaml grants it");
	if (rc < 0)
		return -1;
	err->text[0] = '\0';
	return json_parse(a, text, ret, err);
}

static const char *record_path(struct switch_turn *turn)
{
	return switch_path(turn->a, turn->namespace, "ConfigMap", SWITCH_RECORD_NAME);
}

/* ---- the record ---- */

int switch_turn_find(struct switch_turn *turn, struct switch_record **ret, struct err *err)
{
	const struct json *object;
	struct err failure = {""};
	int status;

	*ret = NULL;
	if (switch_ask(turn, turn->a, KUBE_GET, record_path(turn), (struct slice){NULL, 0}, &status, &object, &failure) < 0)
		return status == 404 ? 0 : err_set(err, "%s", failure.text);
	*ret = ARENA_NEW(turn->a, struct switch_record);
	return switch_record_parse(turn->a, object, *ret, err);
}

static const char *own_host(struct arena *a)
{
	char name[HOST_MAX] = "";

	if (gethostname(name, sizeof(name) - 1) < 0 || !*name)
		return "unknown";
	return arena_dup(a, slice_of(name));
}

static bool is_alive(const struct switch_record *r, const char *host)
{
	if (clock_unix() - r->renewed > SWITCH_STALE_SECONDS)
		return false;
	if (strcmp(r->host, host) != 0)
		return true;
	return r->pid > 0 && r->pid != getpid() && (kill((pid_t)r->pid, 0) == 0 || errno == EPERM);
}

/* Is the record that is there the one that we have just sent? Takes its version then. */
static bool is_ours(struct switch_turn *turn)
{
	struct switch_record *r = turn->record, *there = NULL;
	struct err ignored = {""};

	if (switch_turn_find(turn, &there, &ignored) < 0 || !there)
		return false;
	if (there->pid != r->pid || there->renewed != r->renewed || strcmp(there->host, r->host) != 0 || strcmp(there->stamp, r->stamp) != 0)
		return false;
	r->version = there->version;
	return true;
}

static int store(struct switch_turn *turn, struct err *err)
{
	struct switch_record *r = turn->record;
	bool new = !r->version;
	const char *path = new ? arena_join(turn->a, "/api/v1/namespaces/", turn->namespace, "/configmaps") : record_path(turn);
	const struct json *object;
	int status;

	r->renewed = clock_unix();
	struct slice text = switch_record_print(turn->a, turn->namespace, r);
	if (switch_ask(turn, turn->a, new ? KUBE_POST : KUBE_PUT, path, text, &status, &object, err) < 0) {
		if (status == 409 && !turn->dry_run && is_ours(turn))
			return 0; /* it was stored, and the answer was lost */
		turn->lost = !new && (status == 409 || status == 404);
		return err_wrap(err, turn->lost ? "another process has taken this switch over, this one stops"
					       : "the record of the switch, ConfigMap " SWITCH_RECORD_NAME);
	}
	if (!turn->dry_run)
		r->version = arena_dup(turn->a, json_slice(json_get(json_get(object, "metadata"), "resourceVersion")));
	return 0;
}

int switch_turn_take(struct switch_turn *turn, struct switch_record *record, struct err *err)
{
	const char *host = own_host(turn->a);
	char when[CLOCK_TEXT_SIZE];

	if (record->version && is_alive(record, host)) {
		clock_print(record->renewed, when);
		return err_set(err, "a switch to %s is under way, by process %lld on %s, last heard of at %s; one that is not heard of for "
				    "%d s can be taken over", record->after.mode, (long long)record->pid, record->host, when,
			       SWITCH_STALE_SECONDS);
	}
	record->host = host;
	record->pid = getpid();
	turn->record = record;
	turn->deadline = clock_mono_ns() + turn->timeout;
	return store(turn, err);
}

int switch_turn_end(struct switch_turn *turn, struct err *err)
{
	const struct json *object;
	int status;

	if (switch_ask(turn, turn->a, KUBE_DELETE, record_path(turn), (struct slice){NULL, 0}, &status, &object, err) < 0 && status != 404)
		return err_wrap(err, "the record of the switch, ConfigMap " SWITCH_RECORD_NAME);
	err->text[0] = '\0';
	return 0;
}

/* ---- waiting ---- */

int switch_pause(struct switch_turn *turn, const char *what, struct err *err)
{
	int64_t until = clock_mono_ns() + PAUSE_NS;

	if (clock_unix() - turn->record->renewed >= RENEW_SECONDS && store(turn, err) < 0)
		return -1;
	while (!*turn->stop && clock_mono_ns() < until)
		kube_client_poll(turn->client, until);
	if (*turn->stop)
		return err_set(err, "stopped by a signal");
	if (clock_mono_ns() > turn->deadline)
		return err_set(err, "%s: not so within --timeout", what);
	return 0;
}

/* ---- does admission know? ---- */

/* What needs names as it is at this moment: nothing is kept of the last time. */
static int fetch(struct switch_turn *turn, struct arena *a, const struct needs *needs, struct facts *ret, struct err *err)
{
	const struct slice nothing = {NULL, 0};
	int status;

	*ret = (struct facts){.now = clock_unix(), .namespace_state = NAMESPACE_KNOWN, .lookups = needs->lookups};
	const char *path = arena_join(a, "/api/v1/namespaces/", turn->namespace);
	if (switch_ask(turn, a, KUBE_GET, path, nothing, &status, &ret->namespace, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->lookups.count; i++) {
		struct lookup *lookup = &ret->lookups.items[i];
		path = kube_name_ok(lookup->name) ? switch_path(a, turn->namespace, "ConfigMap", lookup->name) : NULL;
		bool found = path && switch_ask(turn, a, KUBE_GET, path, nothing, &status, &lookup->object, err) == 0;
		if (path && !found && status != 404)
			return err_wrap(err, "ConfigMap %s", lookup->name);
		lookup->state = found ? LOOKUP_FOUND : LOOKUP_MISSING;
		err->text[0] = '\0';
	}
	return 0;
}

int switch_settled(struct switch_turn *turn, struct arena *a, const struct json *object, const struct switch_words *words, bool *ret,
		   struct err *err)
{
	struct simulation after;
	struct review review;
	struct needs needs;
	struct facts facts;

	simulate_create(a, object, turn->namespace, &review);
	simulate_needs(&review, turn->policy, a, &needs);
	if (fetch(turn, a, &needs, &facts, err) < 0)
		return -1;
	facts.namespace = switch_namespace(a, facts.namespace, words);
	if (simulate(&review, &facts, turn->policy, a, &after, err) < 0)
		return -1;
	*ret = after.changes.count == 0 && after.verdict;
	return 0;
}

/* ---- verify ---- */

struct verified {
	char text[ERR_TEXT_MAX]; /* what is not as it should be first; "" = nothing */
};

static int note_line(void *closure, const struct audit_line *line, struct arena *a, struct err *err)
{
	struct verified *v = closure;
	const struct findings *findings = &line->report.simulation->findings;
	/* What else is refused in the namespace (a master, a worker) was so before, and is not what is switched. */
	bool server = line->report.simulation->validate.role == ROLE_CONNECT_SERVER;

	(void)a;
	(void)err;
	for (size_t i = 0; i < findings->count && !v->text[0]; i++) {
		const struct finding *f = &findings->items[i];
		if ((server && f->action == ACTION_DENY) || strcmp(f->rule, "backend.drift") == 0)
			snprintf(v->text, sizeof(v->text), "%s %s: %s: %s", line->report.review->kind, line->report.review->name, f->rule,
				 f->message);
	}
	return 0;
}

static void note_failed(void *closure, const struct err *why)
{
	struct verified *v = closure;

	snprintf(v->text, sizeof(v->text), "%s", why->text);
}

static void say_of_audit(void *closure, const char *text)
{
	(void)closure;
	(void)text;
}

int switch_turn_verify(struct switch_turn *turn, struct err *err)
{
	const struct audit_cluster_options options = {
		.policy = turn->policy, .namespaces = &turn->namespace, .namespace_count = 1, .by_namespace = true, .say = say_of_audit};
	struct verified verified = {""};
	struct audit audit = {
		.policy = turn->policy, .now = clock_unix(), .emit = note_line, .failed = note_failed, .closure = &verified};

	if (audit_cluster_open(turn->client, &options, &audit.source, err) < 0)
		return -1;
	int rc = audit_run(&audit, err);
	audit_cluster_close(audit.source);
	if (rc == 0 && verified.text[0])
		rc = err_set(err, "audit: %s", verified.text);
	return rc;
}
