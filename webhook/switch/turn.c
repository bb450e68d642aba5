/* The record in the cluster, and what all steps share. */
#include "switch/steps.h"

#include "admission/simulate.h"
#include "audit/audit.h"
#include "audit/cluster.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define HOST_MAX 256

static const char *record_path(const struct switch_turn *turn)
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
	if (switch_send(turn, turn->a, KUBE_GET, record_path(turn), SLICE_NONE, &status, &object, &failure) < 0)
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

/* A time in the future does not count: it would hold the namespace for ever. */
static bool is_alive(const struct switch_turn *turn, const struct switch_record *r, const char *host)
{
	int64_t age = switch_now(turn) - r->renewed;

	if (age > SWITCH_STALE_SECONDS || age < -SWITCH_STALE_SECONDS)
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

static int record_failed(const struct switch_turn *turn, const struct err *why, struct err *err)
{
	return err_set(err, "%s: %s", turn->lost ? "another process has taken this switch over, this one stops"
						 : "the record of the switch, ConfigMap " SWITCH_RECORD_NAME, why->text);
}

static int send_record(struct switch_turn *turn, struct arena *a, bool new, struct err *err)
{
	struct switch_record *r = turn->record;
	const char *path = new ? arena_join(a, "/api/v1/namespaces/", turn->namespace, "/configmaps") : record_path(turn);
	struct slice text = switch_record_print(a, turn->namespace, r);
	const struct json *object;
	struct err why = {""};
	int status;

	if (switch_send(turn, a, new ? KUBE_POST : KUBE_PUT, path, text, &status, &object, &why) == 0) {
		if (!turn->dry_run)
			r->version = arena_dup(turn->a, json_slice(json_get(json_get(object, "metadata"), "resourceVersion")));
		return 0;
	}
	if (status == 409 && !turn->dry_run && is_ours(turn))
		return 0; /* it was stored, and the answer was lost */
	turn->lost = !new && (status == 409 || status == 404);
	return record_failed(turn, &why, err);
}

int switch_record_store(struct switch_turn *turn, struct err *err)
{
	struct arena a = ARENA_INIT;

	turn->record->renewed = switch_now(turn);
	turn->renewed = clock_mono_ns();
	int rc = send_record(turn, &a, !turn->record->version, err);
	if (rc < 0)
		turn->renewed = INT64_MIN / 2; /* so that switch_hold() renews it before anything else is sent */
	if (turn->lost)
		turn->held = false;
	arena_release(&a);
	return rc;
}

int switch_turn_take(struct switch_turn *turn, struct switch_record *record, struct err *err)
{
	const char *host = own_host(turn->a);
	char when[CLOCK_TEXT_SIZE];

	if (record->version && is_alive(turn, record, host)) {
		clock_print(record->renewed, when);
		return err_set(err, "a switch to %s is under way, by process %lld on %s, last heard of at %s; one that is not heard of for "
				    "%d s can be taken over", record->after.mode, (long long)record->pid, record->host, when,
			       SWITCH_STALE_SECONDS);
	}
	record->host = host;
	record->pid = getpid();
	turn->record = record;
	turn->deadline = clock_mono_ns() + turn->timeout;
	if (switch_record_store(turn, err) < 0)
		return -1;
	turn->held = !turn->dry_run;
	return 0;
}

/* For a record that was written: delete only the version that we wrote last. */
static struct slice precondition(struct switch_turn *turn)
{
	struct buf out = buf_in(turn->a);
	struct json_writer w = json_writer(&out);

	if (turn->dry_run)
		return SLICE_NONE;
	json_write_open(&w, '{');
	json_write_member(&w, "apiVersion", "v1");
	json_write_member(&w, "kind", "DeleteOptions");
	json_write_member_open(&w, "preconditions", '{');
	json_write_member(&w, "resourceVersion", turn->record->version);
	json_write_close(&w, '}');
	json_write_close(&w, '}');
	return buf_slice(&out);
}

int switch_record_delete(struct switch_turn *turn, struct err *err)
{
	const struct json *object;
	struct err why = {""};
	int status;

	/* Not renewed between tries: that would make another version than the one named. */
	if (switch_hold(turn, err) < 0)
		return -1;
	if (switch_send(turn, turn->a, KUBE_DELETE, record_path(turn), precondition(turn), &status, &object, &why) < 0 && status != 404) {
		turn->lost = status == 409;
		return record_failed(turn, &why, err);
	}
	turn->held = false;
	return 0;
}

int switch_turn_forget(struct switch_turn *turn, struct switch_record *record, struct err *err)
{
	return switch_turn_take(turn, record, err) < 0 ? -1 : switch_record_delete(turn, err);
}

int switch_turn_get(struct switch_turn *turn, const char *path, const struct json **ret, struct err *err)
{
	int status;

	return switch_ask(turn, turn->a, KUBE_GET, path, SLICE_NONE, &status, ret, err);
}

/* ---- does admission know? ---- */

/* What needs names, read afresh: nothing is kept from the last time. */
static int fetch(struct switch_turn *turn, struct arena *a, const struct needs *needs, struct facts *ret, struct err *err)
{
	const struct slice nothing = SLICE_NONE;
	int status;

	*ret = (struct facts){.now = clock_unix(), .namespace_state = NAMESPACE_KNOWN, .lookups = needs->lookups};
	const char *path = arena_join(a, "/api/v1/namespaces/", turn->namespace);
	if (switch_ask(turn, a, KUBE_GET, path, nothing, &status, &ret->namespace, err) < 0)
		return -1;
	for (size_t i = 0; i < ret->lookups.count; i++) {
		struct lookup *lookup = &ret->lookups.items[i];
		struct err why = {""};
		path = kube_name_ok(lookup->name) ? switch_path(a, turn->namespace, "ConfigMap", lookup->name) : NULL;
		bool found = path && switch_ask(turn, a, KUBE_GET, path, nothing, &status, &lookup->object, &why) == 0;
		if (path && !found && status != 404)
			return err_set(err, "ConfigMap %s: %s", lookup->name, why.text);
		lookup->state = found ? LOOKUP_FOUND : LOOKUP_MISSING;
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
	/* Whatever else is refused in the namespace (a master, a worker) is not being switched. */
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

static int hold(void *closure, struct err *err)
{
	return switch_hold(closure, err);
}

int switch_turn_verify(struct switch_turn *turn, struct err *err)
{
	const struct audit_cluster_options options = {
		.policy = turn->policy, .namespaces = &turn->namespace, .namespace_count = 1, .by_namespace = true, .say = say_of_audit,
		.before = hold, .closure = turn};
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
