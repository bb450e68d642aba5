/*
 * From findings to the answer: one refusal that says everything, warnings that
 * fit where kubectl shows them, audit annotations that are a function of the object.
 */
#include "admission/judge.h"

#include "admission/annotation.h"
#include "admission/warnings.h"
#include "base/field_path.h"
#include "base/limits.h"
#include "base/plural.h"
#include "base/utf8.h"

/* The mode in which a finding counts: the Pod Security half has its own. */
static enum mode finding_mode(const struct judge *j, const struct finding *f)
{
	if (strcmp(f->rule, "scope.editor") == 0)
		return j->guarded;
	return engine_rule_mode(&j->d->ns, f->rule);
}

/* What becomes of a finding in that mode. */
static enum action action_in(enum mode mode, const struct finding *f)
{
	switch (mode) {
	case MODE_ENFORCE:
		return f->action;
	case MODE_WARN:
		return f->action == ACTION_DENY ? ACTION_WARN : f->action;
	case MODE_AUDIT:
	case MODE_NONE:
		break;
	}
	return f->action == ACTION_OFF ? ACTION_OFF : ACTION_AUDIT;
}

enum action finding_in_force(const struct decision *d, const struct finding *f)
{
	return action_in(engine_rule_mode(&d->ns, f->rule), f);
}

static bool is_authors_own(const struct judge *j, const struct finding *f)
{
	return texts_has(&j->own_rules, slice_of(f->rule)) || (j->author_passes && f->upstream);
}

/* A controller's own refusal is the policy's choice; its pods are judged when they come. An author who is exempted
 * may write it, and still has to hear what becomes of them. */
static enum action action_for(const struct judge *j, const struct finding *f)
{
	enum action action = action_in(finding_mode(j, f), f);

	if (j->kind == SUBJECT_CONTROLLER && !j->for_pods && action == ACTION_DENY)
		return is_authors_own(j, f) ? ACTION_WARN : j->policy->controllers;
	return action;
}

static void add_to_list(struct buf *list, const char *separator, const char *text)
{
	buf_adds(list, list->len ? separator : "");
	buf_adds(list, text);
}

/* Upstream's text of all failed checks with this action, in one piece; NULL if there is none. */
static const char *pss_text(const struct judge *j, enum action action)
{
	struct buf b = buf_in(j->a);

	for (size_t i = 0; i < j->d->findings.count; i++) {
		const struct finding *f = &j->d->findings.items[i];
		if (f->upstream && action_for(j, f) == action)
			add_to_list(&b, ", ", f->message);
	}
	if (b.len == 0)
		return NULL;
	return arena_printf(j->a, "violates PodSecurity \"%s:%s\": %s", pss_level_name(j->d->ns.pss_level),
			    j->d->ns.pss_version, buf_slice(&b).ptr);
}

/* ---- the refusal ---- */

static bool denies_backend(const struct judge *j)
{
	for (size_t i = 0; i < j->d->findings.count; i++) {
		const struct finding *f = &j->d->findings.items[i];
		if (f->action == ACTION_DENY && rule_is_of_backend(f->rule))
			return true;
	}
	return false;
}

/* Would hardening have mended all of it? Then nothing is left to do for the pod's author. */
static bool lacks_hardening(const struct judge *j)
{
	return j->pss_refusals > 0 && !j->way_out && j->d->ns.hardening != HARDENING_OFF &&
	       j->d->ns.pss_mode == MODE_ENFORCE;
}

/* Is it a pod that should have been rewritten and was not? Then say where to look. */
static bool was_not_rewritten(const struct judge *j)
{
	return j->missed && (denies_backend(j) || lacks_hardening(j)) &&
	       !annotation_is_there(json_get(j->review->object, "metadata"));
}

static void add_denied(const struct judge *j, struct buf *out)
{
	for (size_t i = 0; i < j->d->findings.count; i++) {
		const struct finding *f = &j->d->findings.items[i];
		if (action_for(j, f) == ACTION_DENY && !f->upstream)
			add_to_list(out, "; ", arena_join(j->a, f->rule, ": ", f->message));
	}
	const char *pss = pss_text(j, ACTION_DENY);
	if (pss)
		add_to_list(out, "; ", pss);
	if (pss && j->way_out)
		buf_printf(out, "; way out: %s", j->way_out);
}

static const char *where(const struct judge *j)
{
	const struct namespace *ns = &j->d->ns;
	const char *backend = backend_name(j->d->backend);

	if (j->kind == SUBJECT_NAMESPACE)
		return arena_printf(j->a, "Namespace \"%s\"", j->review->name);
	return arena_printf(j->a, "%s \"%s\" in namespace \"%s\" (%s%s, %s)", j->review->kind, j->review->name,
			    j->review->namespace, backend ? "backendMode " : "no backendMode", backend ? backend : "",
			    mode_name(ns->mode) ? mode_name(ns->mode) : "not opted in");
}

/* What is violated, without whose object it is. */
static const char *violated(const struct judge *j)
{
	struct buf list = buf_in(j->a);

	add_denied(j, &list);
	buf_adds(&list, was_not_rewritten(j) ? "; it was not rewritten: is pods.mutate.sparkgate.io reachable?" : "");
	return buf_slice(&list).ptr;
}

static const char *refusal(const struct judge *j, const char *what)
{
	return utf8_one_line(arena_printf(j->a, "sparkgate: %s: %s", where(j), what));
}

/* ---- details.causes ---- */

/* An aid to programs besides the message, which says everything; a pod of 10,000 bad containers would fill 15 MiB. */
#define CAUSES_MAX 64

struct causes {
	struct cause *items;
	size_t count, cap;
};

static void add_cause(const struct judge *j, struct causes *causes, const char *message, const char *pointer)
{
	if (causes->count == CAUSES_MAX)
		return;
	causes->items = arena_grow(j->a, causes->items, &causes->cap, causes->count + 1, sizeof(*causes->items));
	causes->items[causes->count++] =
		(struct cause){utf8_one_line(arena_dup(j->a, slice_of(message))), pointer ? field_path(j->a, pointer) : NULL};
}

/* One cause per field at fault: a Pod Security check may name several. */
static void add_pss_causes(const struct judge *j, struct causes *causes, const struct finding *f)
{
	for (size_t i = 0; i < j->pss.count; i++) {
		const struct pss_violation *v = &j->pss.items[i];
		for (size_t k = 0; strcmp(v->rule, f->rule) == 0 && k < v->pointer_count && causes->count < CAUSES_MAX; k++)
			add_cause(j, causes, arena_join(j->a, f->rule, ": ", v->reason), v->pointers[k]);
	}
}

static struct causes causes_of(const struct judge *j)
{
	struct causes causes = {NULL, 0, 0};

	for (size_t i = 0; i < j->d->findings.count; i++) {
		const struct finding *f = &j->d->findings.items[i];
		if (action_for(j, f) != ACTION_DENY)
			continue;
		if (f->upstream)
			add_pss_causes(j, &causes, f);
		else
			add_cause(j, &causes, arena_join(j->a, f->rule, ": ", f->message), f->place.pointer);
	}
	return causes;
}

/* ---- warnings ---- */

/* Upstream's warning is its refusal in the conditional: "would violate PodSecurity ...". */
static const char *would_violate(struct arena *a, const char *violates)
{
	return arena_printf(a, "would violate%s", violates + strlen("violates"));
}

static void warn_pod_security(const struct judge *j, struct warnings *list)
{
	const char *pss = pss_text(j, ACTION_WARN);

	if (pss)
		warnings_add_whole(list, would_violate(j->a, pss));
}

static void warn_findings(const struct judge *j, struct warnings *list)
{
	for (size_t i = 0; i < j->d->findings.count; i++) {
		const struct finding *f = &j->d->findings.items[i];
		if (action_for(j, f) != ACTION_WARN || f->upstream)
			continue;
		if (strcmp(f->rule, "scope.existingPods") == 0)
			warnings_add_whole(list, f->message); /* upstream's words, unsplit */
		else
			warnings_add(list, arena_join(j->a, f->rule, ": ", f->message));
	}
}

/* In warn mode nothing is changed: say what would be. */
static void warn_changes(const struct judge *j, struct warnings *list)
{
	const struct decision *d = j->d;

	for (size_t i = 0; i < d->changes.count; i++) {
		const struct change *c = &d->changes.items[i];
		if (engine_rule_mode(&d->ns, c->rule) != MODE_WARN)
			continue;
		const char *what = c->place.key ? c->place.key : c->place.pointer ? field_path(j->a, c->place.pointer) : "";
		warnings_add(list, arena_printf(j->a, "%s: would change %s from %s to %s", c->rule, what,
						c->from ? c->from : "absent", c->to ? c->to : "absent"));
	}
}

/* The rules of one exemption that would have been reported otherwise; "" = none. */
static const char *exempted_rules(const struct judge *j, const struct exemption_use *use)
{
	struct buf b = buf_in(j->a);

	for (size_t i = 0; i < use->rules.count; i++)
		if (engine_rule_mode(&j->d->ns, use->rules.items[i]) != MODE_AUDIT)
			add_to_list(&b, ", ", use->rules.items[i]);
	return b.len > 0 ? buf_slice(&b).ptr : "";
}

/* Nobody should rely on an exemption without knowing that it ends. */
static void warn_exemptions(const struct judge *j, struct warnings *list)
{
	for (size_t i = 0; i < j->d->exemptions.count; i++) {
		const struct exemption_use *use = &j->d->exemptions.items[i];
		const char *rules = exempted_rules(j, use);
		if (*rules)
			warnings_add(list, arena_printf(j->a, "exempted by %s %s: %s", use->exemption->id,
							exemption_until(j->a, use->exemption), rules));
	}
}

/* Pods and ConfigMaps meet both endpoints, and the API server adds up what they say. */
static size_t warnings_share(const struct judge *j)
{
	if (j->kind != SUBJECT_POD && j->kind != SUBJECT_CONFIG_MAP)
		return LIMIT_WARNINGS_CHARS;
	return j->request->endpoint == ENDPOINT_MUTATE ? LIMIT_WARNINGS_CHARS * 2 / 5 : LIMIT_WARNINGS_CHARS * 3 / 5;
}

/* Names of a usual length stay whole, with all else, within LIMIT_WARNING_CHARS. */
#define HEAD_NAME_MAX 40

static size_t changes_in_warn(const struct judge *j)
{
	size_t count = 0;

	for (size_t i = 0; i < j->d->changes.count; i++)
		count += engine_rule_mode(&j->d->ns, j->d->changes.items[i].rule) == MODE_WARN;
	return count;
}

/* Of the half that is in warn: what the other refuses has its own mode, and is not said here. */
static bool refuses_in_warn(const struct judge *j)
{
	for (size_t i = 0; i < j->d->findings.count; i++) {
		const struct finding *f = &j->d->findings.items[i];
		if (f->action == ACTION_DENY && engine_rule_mode(&j->d->ns, f->rule) == MODE_WARN)
			return true;
	}
	return false;
}

/* Whose warnings these are: kubectl prints equal texts of several objects once. Of a pod /mutate knows what would be changed, and
 * /validate what would be refused. */
static void warn_head(const struct judge *j, bool changes, bool refusals, struct warnings *list)
{
	size_t n = changes ? changes_in_warn(j) : 0;
	const char *name = *j->review->name ? j->review->name : "without a name yet";
	const char *change = changes ? arena_printf(j->a, "change %zu field%s", n, plural(n)) : "";
	const char *whom = j->kind == SUBJECT_CONTROLLER ? "its pods" : "it";
	const char *refuse = refusals ? arena_join(j->a, "refuse ", refuses_in_warn(j) ? whom : "nothing") : "";

	warnings_add(list, arena_join(j->a, "sparkgate (warn): ", j->review->kind, " ", text_cut(j->a, name, HEAD_NAME_MAX),
				      ": enforce would ", change, *change && *refuse ? " and " : "", refuse));
}

static void compose_warnings(struct judge *j)
{
	struct warnings list = warnings_in(j->a, warnings_share(j));
	bool validate = j->request->endpoint == ENDPOINT_VALIDATE;
	bool changes = !validate || j->kind == SUBJECT_CONTROLLER;
	bool headed = j->d->ns.mode == MODE_WARN && j->kind != SUBJECT_NAMESPACE && j->review->object; /* one that was read */

	if (headed)
		warn_head(j, changes, validate, &list);
	warn_pod_security(j, &list);
	if (changes)
		warn_changes(j, &list);
	warn_findings(j, &list);
	warn_exemptions(j, &list);
	if (headed && list.count == 1) /* of nothing */
		list.count = 0;
	j->d->answer.warnings = warnings_done(&list, &j->d->answer.warning_count);
}

/* ---- audit annotations ---- */

/* Values stay readable in a log line; longer ones are cut, with a mark. */
#define AUDIT_VALUE_MAX 4000

struct audit {
	const char *(*items)[2];
	size_t count, cap;
};

static void audit_add(const struct judge *j, struct audit *audit, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	struct slice text = slice_of(value);
	if (text.len > AUDIT_VALUE_MAX || !utf8_is_printable(text)) /* few are */
		value = utf8_one_line(text_cut(j->a, value, AUDIT_VALUE_MAX));
	audit->items = arena_grow(j->a, audit->items, &audit->cap, audit->count + 1, sizeof(*audit->items));
	audit->items[audit->count][0] = key;
	audit->items[audit->count++][1] = value;
}

static const char *changes_text(const struct judge *j)
{
	struct buf b = buf_in(j->a);

	buf_reserve(&b, AUDIT_VALUE_MAX / 4); /* most fit */
	for (size_t i = 0; i < j->d->changes.count && b.len <= AUDIT_VALUE_MAX; i++) {
		const struct change *c = &j->d->changes.items[i];
		const char *what = c->place.key ? c->place.key : c->place.pointer ? c->place.pointer : "";
		if (i > 0)
			buf_adds(&b, "; ");
		buf_adds(&b, c->rule);
		buf_adds(&b, ": ");
		buf_adds(&b, what);
		buf_adds(&b, ": ");
		buf_adds(&b, c->from ? c->from : "(absent)");
		buf_adds(&b, " -> ");
		buf_adds(&b, c->to ? c->to : "(absent)");
	}
	return buf_slice(&b).ptr;
}

static const char *violations_text(const struct judge *j)
{
	struct buf b = buf_in(j->a);

	for (size_t i = 0; i < j->d->findings.count && b.len <= AUDIT_VALUE_MAX; i++) {
		const struct finding *f = &j->d->findings.items[i];
		if (f->action != ACTION_OFF)
			add_to_list(&b, "; ", arena_join(j->a, action_name(f->action), " ", f->rule, ": ", f->message));
	}
	return buf_slice(&b).ptr;
}

/* What /mutate adds in a reinvocation has keys of its own: the API server keeps the first value of a key
 * and logs an error about the second (k8s.io/apiserver pkg/audit, LogAnnotation). */
static void compose_audit(struct judge *j)
{
	struct audit audit = {NULL, 0, 0};
	bool validate = j->request->endpoint == ENDPOINT_VALIDATE;
	const struct json *metadata = json_get(j->review->object, "metadata");
	/* If nothing is rewritten the mark is no sign of a first round: somebody copied the object. */
	bool again = !validate && j->d->ns.mode == MODE_ENFORCE &&
		     annotation_is_right(j->a, metadata, j->d->backend, j->d->role);

	audit_add(j, &audit, "backend", backend_name(j->d->backend));
	audit_add(j, &audit, "role", role_name(j->d->role));
	audit_add(j, &audit, "mode", mode_name(j->d->ns.mode));
	if (j->d->ns.pss_mode != j->d->ns.mode && j->kind != SUBJECT_NAMESPACE)
		audit_add(j, &audit, "pssMode", mode_name(j->d->ns.pss_mode));
	if (!validate || j->kind == SUBJECT_CONTROLLER)
		audit_add(j, &audit, again ? "changes.again" : "changes", changes_text(j));
	audit_add(j, &audit, again ? "violations.again" : "violations", violations_text(j));
	audit_add(j, &audit, again ? "exemptions.again" : "exemptions", exemption_uses_text(j->a, &j->d->exemptions));
	audit_add(j, &audit, "policy", j->policy->hash);
	j->d->answer.audit = (const char *const(*)[2])audit.items;
	j->d->answer.audit_count = audit.count;
}

/* ---- all together ---- */

static bool denied_in_force(const struct judge *j)
{
	for (size_t i = 0; i < j->d->findings.count; i++)
		if (action_for(j, &j->d->findings.items[i]) == ACTION_DENY)
			return true;
	return false;
}

/* What a controller's pods will hear, whatever the controller itself is told. */
static void compose_pods(struct judge *j)
{
	j->for_pods = true;
	j->d->pods_allowed = !denied_in_force(j);
	j->d->pods_message = j->d->pods_allowed ? NULL : refusal(j, violated(j));
	j->for_pods = false;
}

/* If the policy refuses controllers, the author of one may be exempted from that; its pods are another matter. */
static void exempt_author(struct judge *j)
{
	const struct exemption_asker author = exemption_asker_of(j->review);
	const struct findings *found = &j->d->findings;
	struct findings copy = {0};

	if (j->own_rules.count == 0 || j->d->ns.mode != MODE_ENFORCE)
		return;
	for (size_t i = 0; i < found->count; i++)
		if (found->items[i].action == ACTION_DENY)
			findings_add(&copy, j->a, found->items[i]);
	exempt(j->policy, &author, j->facts->now, j->a, &copy, &j->d->exemptions);
}

void compose_answer(struct judge *j)
{
	struct decision *d = j->d;
	bool mutate = j->request->endpoint == ENDPOINT_MUTATE;

	exempt(j->policy, &j->who, j->facts->now, j->a, &d->findings, &d->exemptions);
	exempt_author(j);
	d->way_out = j->way_out;
	d->verdict = !findings_deny(&d->findings);
	/* /mutate never refuses: an Ignore entry that says no refuses all the same. */
	d->allowed = mutate || !denied_in_force(j);
	d->answer.allowed = d->allowed;
	d->answer.patch = &d->patch;
	compose_warnings(j);
	compose_audit(j);
	if (j->kind == SUBJECT_CONTROLLER)
		compose_pods(j);
	if (d->allowed)
		return;
	struct causes causes = causes_of(j);
	d->answer.code = 403;
	d->answer.reason = "Forbidden";
	d->violated = violated(j);
	d->answer.message = refusal(j, d->violated);
	d->answer.kind = j->review->resource;
	d->answer.name = j->review->name;
	d->answer.causes = causes.items;
	d->answer.cause_count = causes.count;
}

void compose_pass(struct judge *j)
{
	j->d->allowed = j->d->verdict = j->d->pods_allowed = j->d->answer.allowed = true;
	j->d->answer.patch = &j->d->patch;
}
