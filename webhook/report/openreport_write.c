/* The parts of a Report, bounded. */
#include "report/openreport_write.h"

#include "base/digest.h"
#include "base/utf8.h"

#define PREFIX_CHARS 72 /* of "pods-of-replicationcontroller": kinds are chosen by whoever defines them */
#define NAME_CHARS 140
#define HASH_CHARS 10
_Static_assert(sizeof(OPENREPORT_SOURCE) + PREFIX_CHARS + 1 + NAME_CHARS + 1 + HASH_CHARS <= 253, "a name of Kubernetes'");

/* ---- names ---- */

/* text as a part of a name: lower case, digits and dashes. A dot could leave an empty label, so it goes too. */
static void add_part(struct buf *out, const char *text, size_t max)
{
	buf_addc(out, '-');
	for (size_t i = 0; i < max && text[i]; i++) {
		char c = text[i];
		bool upper = c >= 'A' && c <= 'Z';
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
		buf_addc(out, upper ? (char)(c - 'A' + 'a') : plain ? c : '-');
	}
}

const char *openreport_name(struct arena *a, const char *about, const struct openreport_subject *s)
{
	const char *group = s->api_version && strchr(s->api_version, '/') ? s->api_version : "";
	int group_len = (int)strcspn(group, "/"); /* v1 and v1beta1 of a group are the same object */
	const char *whole = arena_printf(a, "%.*s\n%s\n%s\n%s", group_len, group, about,
					 s->namespace ? s->namespace : "", s->name);
	struct buf out = buf_in(a);
	char hex[SHA256_HEX];

	sha256_hex(slice_of(whole), hex);
	buf_adds(&out, OPENREPORT_SOURCE);
	add_part(&out, about, PREFIX_CHARS);
	add_part(&out, s->name, NAME_CHARS);
	buf_printf(&out, "-%.*s", HASH_CHARS, hex);
	return buf_slice(&out).ptr;
}

const char *openreport_api_version(struct arena *a, const struct review *r)
{
	return *r->group ? arena_printf(a, "%s/%s", r->group, r->version) : r->version;
}

/* ---- texts ---- */

struct slice openreport_bounded(struct arena *a, const char *text, size_t max)
{
	struct slice tame = report_tame(a, text);
	size_t len = utf8_cut(tame, max);

	if (len == tame.len)
		return tame;
	return slice_of(arena_printf(a, "%.*s... (%zu bytes more)", (int)len, tame.ptr, tame.len - len));
}

static void member(struct openreport_writer *w, const char *key, const char *text, size_t max)
{
	if (!text || !*text)
		return;
	json_write_key(&w->json, slice_of(key));
	json_write_string(&w->json, openreport_bounded(w->arena, text, max));
}

static void number(struct openreport_writer *w, const char *key, size_t n)
{
	json_write_key(&w->json, slice_of(key));
	json_write_int(&w->json, (int64_t)n);
}

static void open(struct openreport_writer *w, const char *key, char bracket)
{
	json_write_key(&w->json, slice_of(key));
	json_write_open(&w->json, bracket);
}

/* ---- the head ---- */

struct openreport_writer openreport_writer(struct arena *a, const struct report *report, size_t total)
{
	return (struct openreport_writer){.arena = a, .report = report, .out = buf_in(a), .total = total};
}

/* No blockOwnerDeletion: it needs a right on the owner's finalizers, and nothing has to wait for a Report to go. */
static void write_owner(struct openreport_writer *w, const struct openreport_subject *owner)
{
	json_write_open(&w->json, '{');
	json_write_member(&w->json, "apiVersion", owner->api_version);
	json_write_member(&w->json, "kind", owner->kind);
	json_write_member(&w->json, "name", owner->name);
	json_write_member(&w->json, "uid", owner->uid);
	json_write_key(&w->json, SLICE_LIT("controller"));
	json_write_bool(&w->json, false);
	json_write_close(&w->json, '}');
}

static void write_metadata(struct openreport_writer *w, const char *name, const char *namespace,
			   const struct openreport_subject *owners, size_t owner_count)
{
	open(w, "metadata", '{');
	json_write_member(&w->json, "name", name);
	member(w, "namespace", namespace, OPENREPORT_VALUE_MAX);
	open(w, "labels", '{');
	json_write_member(&w->json, OPENREPORT_LABEL, OPENREPORT_SOURCE);
	json_write_close(&w->json, '}');
	if (owner_count > 0) {
		open(w, "ownerReferences", '[');
		for (size_t i = 0; i < owner_count; i++)
			write_owner(w, &owners[i]);
		json_write_close(&w->json, ']');
	}
	json_write_close(&w->json, '}');
}

static void write_scope(struct openreport_writer *w, const struct openreport_subject *s)
{
	open(w, "scope", '{');
	member(w, "apiVersion", s->api_version, OPENREPORT_VALUE_MAX);
	member(w, "kind", s->kind, OPENREPORT_VALUE_MAX);
	/* An object's reference to a Namespace has no namespace. */
	if (strcmp(s->kind, "Namespace") != 0)
		member(w, "namespace", s->namespace, OPENREPORT_VALUE_MAX);
	member(w, "name", s->name, OPENREPORT_VALUE_MAX);
	member(w, "uid", s->uid, OPENREPORT_VALUE_MAX);
	json_write_close(&w->json, '}');
}

void openreport_head(struct openreport_writer *w, const char *name, const struct openreport_subject *subject,
		     const struct openreport_subject *owners, size_t owner_count)
{
	w->namespace = subject->namespace;
	w->json = json_writer(&w->out);
	json_write_open(&w->json, '{');
	json_write_member(&w->json, "apiVersion", OPENREPORT_API_VERSION);
	json_write_member(&w->json, "kind", "Report");
	write_metadata(w, name, subject->namespace, owners, owner_count);
	json_write_member(&w->json, "source", OPENREPORT_SOURCE);
	write_scope(w, subject);
	open(w, "configuration", '{');
	open(w, "limits", '{');
	number(w, "maxResults", OPENREPORT_RESULTS_MAX);
	json_write_close(&w->json, '}');
	json_write_close(&w->json, '}');
	open(w, "results", '[');
}

/* ---- results ---- */

static const char *const outcome_words[] = {
	[OPENREPORT_PASS] = "pass", [OPENREPORT_FAIL] = "fail", [OPENREPORT_WARN] = "warn", [OPENREPORT_SKIP] = "skip"};

enum openreport_outcome openreport_outcome_of(enum action action)
{
	return action == ACTION_DENY ? OPENREPORT_FAIL : action == ACTION_WARN ? OPENREPORT_WARN : OPENREPORT_SKIP;
}

const char *openreport_severity_of(enum action action)
{
	return action == ACTION_DENY ? "high" : action == ACTION_WARN ? "medium" : "low";
}

const char *openreport_mode(const struct decision *d, const char *rule)
{
	return mode_name(engine_rule_mode(&d->ns, rule));
}

static void write_place(struct openreport_writer *w, const struct place *place)
{
	member(w, "pointer", place->pointer, OPENREPORT_VALUE_MAX);
	member(w, "container", place->container, OPENREPORT_VALUE_MAX);
	member(w, "key", place->key, OPENREPORT_VALUE_MAX);
	if (place->line)
		member(w, "line", arena_printf(w->arena, "%u", place->line), OPENREPORT_VALUE_MAX);
}

static void write_properties(struct openreport_writer *w, const struct openreport_result *r)
{
	open(w, "properties", '{');
	member(w, "mode", r->mode ? r->mode : "not opted in", OPENREPORT_VALUE_MAX);
	member(w, "backend", r->backend, OPENREPORT_VALUE_MAX);
	if (r->place)
		write_place(w, r->place);
	if (r->change) {
		member(w, "carrier", r->change->carrier, OPENREPORT_VALUE_MAX);
		member(w, "from", r->change->from, OPENREPORT_VALUE_MAX);
		member(w, "to", r->change->to, OPENREPORT_VALUE_MAX);
	}
	json_write_close(&w->json, '}');
}

static void write_timestamp(struct openreport_writer *w)
{
	open(w, "timestamp", '{');
	json_write_key(&w->json, SLICE_LIT("seconds"));
	json_write_int(&w->json, w->report->now);
	number(w, "nanos", 0);
	json_write_close(&w->json, '}');
}

static void write_result(struct openreport_writer *w, const struct openreport_result *r)
{
	json_write_open(&w->json, '{');
	member(w, "policy", r->rule, OPENREPORT_VALUE_MAX);
	member(w, "rule", r->rule, OPENREPORT_VALUE_MAX);
	member(w, "category", arena_dup(w->arena, (struct slice){r->rule, strcspn(r->rule, ".")}),
	       OPENREPORT_VALUE_MAX);
	member(w, "severity", r->severity, OPENREPORT_VALUE_MAX);
	member(w, "result", outcome_words[r->outcome], OPENREPORT_VALUE_MAX);
	member(w, "message", r->message, OPENREPORT_TEXT_MAX);
	write_properties(w, r);
	write_timestamp(w);
	json_write_close(&w->json, '}');
}

void openreport_result(struct openreport_writer *w, const struct openreport_result *r)
{
	size_t room = w->total > OPENREPORT_RESULTS_MAX ? OPENREPORT_RESULTS_MAX - 1 : OPENREPORT_RESULTS_MAX;

	w->sum[r->outcome]++;
	if (w->written == room)
		return;
	write_result(w, r);
	w->written++;
}

/* ---- the end ---- */

static void write_more(struct openreport_writer *w)
{
	const char *message = arena_printf(w->arena, "%zu more are not listed here: `sparkgate audit%s%s` lists all",
					   w->total - w->written, w->namespace ? " --namespace " : "",
					   w->namespace ? w->namespace : "");

	write_result(w, &(struct openreport_result){
				.rule = "sparkgate.more", .outcome = OPENREPORT_SKIP, .severity = "info", .message = message, .mode = ""});
}

struct slice openreport_end(struct openreport_writer *w)
{
	if (w->total > w->written)
		write_more(w);
	json_write_close(&w->json, ']');
	open(w, "summary", '{');
	for (size_t i = 0; i < OPENREPORT_OUTCOMES; i++)
		number(w, outcome_words[i], w->sum[i]);
	number(w, "error", 0);
	json_write_close(&w->json, '}');
	json_write_close(&w->json, '}');
	return buf_slice(&w->out);
}
