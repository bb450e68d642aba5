#include "modes.h"

#include "admission/entry.h"
#include "admission/subject.h"
#include "base/limits.h"
#include "pss/pss.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- the namespace ---- */

static const char *const modes[] = {"enforce", "warn", "audit"};
static const char *const hardenings[] = {"fill", "force", "off"};
static const char *const config_maps[] = {"rewrite", "check", "off"};
static const char *const backends[] = {"", "\"sparkgate.io/backendMode\":\"k8s\",",
				       "\"sparkgate.io/backendMode\":\"standalone\",\"sparkgate.io/standaloneMaster\":\"spark://m:7077\",",
				       "\"sparkgate.io/backendMode\":\"k9s\",\"sparkgate.io/allowOverride\":\"true\","};

struct combination {
	unsigned mode, pss_mode, hardening, config_maps, backend, policy;
};

/* What the keys say beside the modes is the same for all combinations that are compared. */
static const struct json *namespace_of(struct arena *a, const struct combination *c)
{
	const char *text = arena_printf(a,
					"{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"team\",\"labels\":{"
					"\"sparkgate.io/mode\":\"%s\"},\"annotations\":{%s\"sparkgate.io/pssMode\":\"%s\","
					"\"sparkgate.io/hardening\":\"%s\",\"sparkgate.io/configMaps\":\"%s\"}}}",
					modes[c->mode], backends[c->backend], modes[c->pss_mode], hardenings[c->hardening],
					config_maps[c->config_maps]);
	const struct json *object;
	struct err err = {""};

	if (json_parse(a, slice_of(text), &object, &err) < 0)
		abort();
	return object;
}

/* ---- one simulation ---- */

struct trial {
	struct arena *a;
	struct tally *tally;
	const struct sample *sample;
	struct combination c;
	struct facts facts;
	struct simulation sim;
	bool silent; /* audit */
	bool bad;
};

static void complain(struct trial *t, const char *fmt, ...)
{
	va_list args;

	if (!t->bad) {
		printf("%s %s %s '%s' (mode %s, pssMode %s, hardening %s, configMaps %s, backend %u, policy %u):\n", t->sample->origin,
		       operation_name(t->sample->review.operation), t->sample->review.subresource, t->sample->review.name,
		       modes[t->c.mode], modes[t->c.pss_mode], hardenings[t->c.hardening], config_maps[t->c.config_maps], t->c.backend,
		       t->c.policy);
		printf("\t%.3000s\n", json_print(t->a, t->sample->review.object).ptr);
	}
	t->bad = true;
	printf("\t");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static void run(struct trial *t)
{
	const struct policy *policy = t->tally->policies[t->c.policy];
	struct needs needs;
	struct err err = {""};

	t->facts = (struct facts){.now = 1};
	simulate_needs(&t->sample->review, policy, t->a, &needs);
	facts_index_fill(t->tally->facts, &needs, LOOKUP_MISSING, &t->facts);
	t->facts.namespace_state = NAMESPACE_KNOWN;
	t->facts.namespace = namespace_of(t->a, &t->c);
	if (simulate(&t->sample->review, &t->facts, policy, t->a, &t->sim, &err) < 0)
		complain(t, "our patch does not apply: %s", err.text);
}

/* ---- nothing is changed, nothing refused ---- */

static void passes(struct trial *t)
{
	const struct simulation *s = &t->sim;

	if (s->mutate.patch.count + s->validate.patch.count + s->validate.pod_patch.count > 0 ||
	    (s->patch && s->patch->count > 0) || s->result != t->sample->review.object)
		complain(t, "it is changed");
	if (!s->allowed || !s->validate.allowed || !s->validate.answer.allowed || s->message || s->validate.answer.message)
		complain(t, "it is refused: %s", s->message ? s->message : "without a word");
	if (review_subject_kind(&t->sample->review) != SUBJECT_CONTROLLER && (!s->mutate.allowed || !s->mutate.answer.allowed))
		complain(t, "/mutate refuses it");
	if (t->silent && s->warning_count > 0)
		complain(t, "audit warns: %s", s->warnings[0]);
}

/* ---- warnings reach the user ---- */

/* What net/http's Go and k8s.io/apimachinery/pkg/util/net NewWarningHeader() take: no control character, C1 included. */
static bool has_control(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		if (*p < 0x20 || *p == 0x7f || (*p == 0xC2 && p[1] >= 0x80 && p[1] <= 0x9F))
			return true;
	return false;
}

static bool is_upstreams(const char *warning)
{
	return strncmp(warning, "would violate PodSecurity", 25) == 0;
}

static size_t warnings_are_shown(struct trial *t, const struct answer *answer)
{
	size_t sum = 0;

	for (size_t i = 0; i < answer->warning_count; i++) {
		const char *w = answer->warnings[i];
		size_t n = strlen(w);
		if (has_control(w))
			complain(t, "a warning with a control character: %s", w);
		if (n > LIMIT_WARNING_CHARS && !is_upstreams(w))
			complain(t, "a warning of %zu bytes: %s", n, w);
		if (!*w)
			complain(t, "an empty warning");
		sum += n;
	}
	return sum;
}

static void warnings_fit(struct trial *t)
{
	size_t sum = warnings_are_shown(t, &t->sim.mutate.answer) + warnings_are_shown(t, &t->sim.validate.answer);

	if (sum > LIMIT_WARNINGS_CHARS)
		complain(t, "%zu bytes of warnings", sum);
}

/* ---- what enforce would do is said ---- */

static bool has_finding(const struct findings *list, const struct finding *f)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].rule, f->rule) == 0 && list->items[i].action == f->action)
			return true;
	return false;
}

static void covers_findings(struct trial *t, const struct findings *one, const struct findings *other, const char *who)
{
	for (size_t i = 0; i < one->count; i++)
		if (!has_finding(other, &one->items[i]))
			complain(t, "only %s finds %s %s: %s", who, action_name(one->items[i].action), one->items[i].rule,
				 one->items[i].message);
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0 && !a == !b;
}

static bool has_change(const struct changes *list, const struct change *c)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct change *o = &list->items[i];
		if (same(o->rule, c->rule) && same(o->place.key, c->place.key) && same(o->place.pointer, c->place.pointer) &&
		    same(o->from, c->from) && same(o->to, c->to))
			return true;
	}
	return false;
}

static void covers_changes(struct trial *t, const struct changes *one, const struct changes *other, const char *who)
{
	for (size_t i = 0; i < one->count; i++)
		if (!has_change(other, &one->items[i]))
			complain(t, "only %s changes %s %s", who, one->items[i].rule, one->items[i].place.key ? one->items[i].place.key : "");
}

/* By contract: what is not of a pod's shape is not hardened, and API servers, which decode before they call anybody, send no such
 * thing. Where rewriting replaces the field at fault, what comes out could be hardened, but was not, since one patch does both. */
static bool is_mended_by_rewriting(const struct trial *t)
{
	struct pss_verdict verdict;
	struct subject s;

	if (t->c.mode != 0 || subject_of(t->sample->review.object, t->sample->review.kind, &s) < 0)
		return false;
	pss_evaluate(t->a, PSS_RESTRICTED, "latest", s.metadata, s.spec, "", &verdict);
	return verdict.count > 0 && strstr(verdict.reason, "malformed pod");
}

static void equals_enforce(struct trial *t, const struct trial *enforce)
{
	covers_findings(t, &t->sim.findings, &enforce->sim.findings, "this mode");
	covers_findings(t, &enforce->sim.findings, &t->sim.findings, "enforce");
	covers_changes(t, &t->sim.changes, &enforce->sim.changes, "this mode");
	covers_changes(t, &enforce->sim.changes, &t->sim.changes, "enforce");
	if (t->sim.verdict != enforce->sim.verdict)
		complain(t, "the verdict under enforce is another");
}

/* ---- and stands in the audit annotations ---- */

static const char *audit_value(const struct answer *answer, const char *key)
{
	for (size_t i = 0; i < answer->audit_count; i++)
		if (strcmp(answer->audit[i][0], key) == 0)
			return answer->audit[i][1];
	return NULL;
}

/* In enforce a mark that is right tells of a first round, whose values stand under the plain key. */
static const char *audit_text(const struct trial *t, const struct answer *answer, const char *key)
{
	const char *value = audit_value(answer, key);

	if (!value && t->c.mode == 0)
		value = audit_value(answer, arena_join(t->a, key, ".again"));
	return value ? value : "";
}

#define CUT 3990 /* bytes: a value as long as this was cut (compose.c) */

static void audit_has(struct trial *t, const char *value, const char *what)
{
	if (strlen(value) < CUT && !strstr(value, what))
		complain(t, "the audit annotations lack '%s'", what);
}

static void audit_says(struct trial *t, const struct decision *d)
{
	const char *violations = audit_text(t, &d->answer, "violations"), *changes = audit_text(t, &d->answer, "changes");

	for (size_t i = 0; i < d->findings.count; i++)
		if (d->findings.items[i].action != ACTION_OFF)
			audit_has(t, violations, arena_printf(t->a, "%s %s: ", action_name(d->findings.items[i].action), d->findings.items[i].rule));
	if (d != &t->sim.mutate && review_subject_kind(&t->sample->review) != SUBJECT_CONTROLLER)
		return; /* /mutate says it */
	for (size_t i = 0; i < d->changes.count; i++)
		audit_has(t, changes, arena_printf(t->a, "%s: ", d->changes.items[i].rule));
	if (d->judged && strcmp(audit_text(t, &d->answer, "mode"), modes[t->c.mode]) != 0)
		complain(t, "the audit annotations name another mode");
}

/* ---- only the weaker half is silent ---- */

static bool is_security(const char *rule)
{
	return strncmp(rule, "pss.", 4) == 0 || strncmp(rule, "config.podTemplate", 18) == 0;
}

static void security_is_silent(struct trial *t)
{
	for (size_t i = 0; i < t->sim.warning_count; i++)
		if (is_security(t->sim.warnings[i]) || strstr(t->sim.warnings[i], "PodSecurity"))
			complain(t, "pssMode audit warns: %s", t->sim.warnings[i]);
}

static void security_refuses_nothing(struct trial *t)
{
	for (size_t i = 0; t->sim.patch && i < t->sim.patch->count; i++)
		if (strstr(t->sim.patch->ops[i].pointer, "securityContext"))
			complain(t, "it is hardened: %s", t->sim.patch->ops[i].pointer);
	if (t->sim.message && strstr(t->sim.message, "violates PodSecurity"))
		complain(t, "refused: %s", t->sim.message);
}

static bool denies_backend_half(const struct findings *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].action == ACTION_DENY && !is_security(list->items[i].rule))
			return true;
	return false;
}

/* The stronger half: as loud as with the same pssMode. */
static void other_half_speaks(struct trial *t)
{
	if (t->c.mode == 0 && review_subject_kind(&t->sample->review) != SUBJECT_NAMESPACE &&
	    t->sim.allowed == denies_backend_half(&t->sim.validate.findings))
		complain(t, "the backend half is %s", t->sim.allowed ? "not refused" : "refused without a reason");
	if (t->c.mode != 1 || t->sim.warning_count > 0)
		return;
	for (size_t i = 0; i < t->sim.findings.count; i++)
		if (!is_security(t->sim.findings.items[i].rule) && t->sim.findings.items[i].action <= ACTION_WARN)
			complain(t, "warn does not warn of %s", t->sim.findings.items[i].rule);
	for (size_t i = 0; i < t->sim.changes.count; i++)
		if (!is_security(t->sim.changes.items[i].rule))
			complain(t, "warn does not warn of the change %s", t->sim.changes.items[i].rule);
}

/* ---- the same bytes twice ---- */

static struct slice answered(struct trial *t, struct arena *a, enum endpoint endpoint)
{
	struct engine_request request = {endpoint, &t->sample->review};
	struct decision *d = ARENA_NEW(a, struct decision);

	engine_decide(&request, &t->facts, t->tally->policies[t->c.policy], a, d);
	return answer_print(a, "u", &d->answer);
}

static void is_deterministic(struct trial *t)
{
	struct arena other = ARENA_INIT;

	for (enum endpoint e = ENDPOINT_MUTATE; e <= ENDPOINT_VALIDATE; e++)
		if (!slice_eq(answered(t, t->a, e), answered(t, &other, e)))
			complain(t, "another answer the second time");
	arena_release(&other);
}

/* ---- combinations ---- */

static void count(struct tally *tally, const struct trial *t)
{
	if (t->bad)
		tally->failed++;
	else
		tally->passed++;
	tally->judged += t->sim.findings.count + t->sim.changes.count > 0;
}

static void compare(struct trial *t, const struct trial *enforce)
{
	unsigned weaker = t->c.pss_mode > t->c.mode ? t->c.pss_mode : t->c.mode;

	run(t);
	if (t->c.mode > 0)
		passes(t);
	warnings_fit(t);
	if (!is_mended_by_rewriting(t))
		equals_enforce(t, enforce);
	audit_says(t, &t->sim.mutate);
	audit_says(t, &t->sim.validate);
	if (weaker == 2)
		security_is_silent(t);
	if (weaker > 0)
		security_refuses_nothing(t);
	other_half_speaks(t);
	is_deterministic(t);
	count(t->tally, t);
}

static struct trial trial_of(struct arena *a, struct tally *tally, const struct sample *sample, struct combination c)
{
	return (struct trial){.a = a, .tally = tally, .sample = sample, .c = c, .silent = c.mode == 2};
}

/* One set of the other keys, in every pair of modes, against enforce. */
static void in_all_modes(struct tally *tally, const struct sample *sample, struct combination c)
{
	struct arena a = ARENA_INIT;

	c.mode = c.pss_mode = 0;
	struct trial enforce = trial_of(&a, tally, sample, c);
	run(&enforce);
	warnings_fit(&enforce);
	is_deterministic(&enforce);
	count(tally, &enforce);
	for (c.mode = 0; c.mode < 3; c.mode++)
		for (c.pss_mode = c.mode == 0; c.pss_mode < 3; c.pss_mode++) {
			struct trial t = trial_of(&a, tally, sample, c);
			compare(&t, &enforce);
		}
	arena_release(&a);
}

static void in_all_combinations(struct tally *tally, const struct sample *sample)
{
	bool config_map = review_subject_kind(&sample->review) == SUBJECT_CONFIG_MAP;
	struct combination c = {0};

	for (c.policy = 0; c.policy < 2; c.policy++)
		for (c.backend = 0; c.backend < 4; c.backend++)
			for (c.hardening = 0; c.hardening < 3; c.hardening++)
				for (c.config_maps = 0; c.config_maps < (config_map ? 3 : 1); c.config_maps++)
					in_all_modes(tally, sample, c);
}

void laws_hold(struct tally *tally, const struct sample *sample, bool thorough, struct dice *d)
{
	struct combination c = {.hardening = dice_below(d, 3), .config_maps = dice_below(d, 5) / 2, .backend = dice_below(d, 4),
				.policy = dice_below(d, 2)};

	if (thorough)
		in_all_combinations(tally, sample);
	else
		in_all_modes(tally, sample, c);
}

/* ---- the guard of a namespace's keys ---- */

/* Values that refuse under enforce, and some that do not. */
static const char *const keys[] = {
	"\"sparkgate.io/backendMode\":\"k9s\"",    "\"sparkgate.io/standaloneMaster\":\"x\"", "\"sparkgate.io/allowOverride\":\"maybe\"",
	"\"sparkgate.io/pssLevel\":\"baselin\\u0085e\"", "\"sparkgate.io/pssMode\":\"enforce\"",    "\"sparkgate.io/pssVersion\":\"v1.99\"",
	"\"sparkgate.io/what\":\"\\n\"",           "\"sparkgate.io/backendMode\":\"k8s\"",    "\"sparkgate.io/backendMode\":\"standalone\"",
};

static const struct json *random_namespace(struct arena *a, struct dice *d, const char *mode)
{
	const char *one = keys[dice_below(d, 9)], *two = keys[dice_below(d, 9)];
	const char *text = arena_printf(a,
					"{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"team\",\"labels\":{"
					"\"sparkgate.io/mode\":\"%s\"},\"annotations\":{%s%s%s}}}",
					mode, one, one == two ? "" : ",", one == two ? "" : two);
	const struct json *object = NULL;
	struct err err = {""};

	/* Two values of one key are no object: then it has one. */
	if (json_parse(a, slice_of(text), &object, &err) < 0)
		return random_namespace(a, d, mode);
	return object;
}

/* Pods of all kinds, as if they ran there. */
static const struct json *pods_of(struct arena *a, struct dice *d, const struct samples *samples)
{
	struct buf list = buf_in(a);
	const struct json *pods = NULL;
	struct err err = {""};

	buf_addc(&list, '[');
	for (unsigned i = 0; i < 8; i++) {
		const struct review *r = &samples->items[dice_below(d, (unsigned)samples->count)].review;
		if (review_subject_kind(r) != SUBJECT_POD || !r->object)
			continue;
		buf_adds(&list, list.len > 1 ? "," : "");
		buf_add(&list, json_print(a, r->object));
	}
	buf_addc(&list, ']');
	return json_parse(a, buf_slice(&list), &pods, &err) == 0 ? pods : NULL;
}

void laws_hold_for_namespaces(struct tally *tally, struct dice *d, const struct samples *samples)
{
	struct arena a = ARENA_INIT;
	unsigned old = 1 + dice_below(d, 2), now = 1 + dice_below(d, 2);
	struct sample sample = {"a Namespace",
				{.uid = "u", .operation = OP_UPDATE, .group = "", .version = "v1", .kind = "Namespace",
				 .resource = "namespaces", .subresource = "", .namespace = "team", .name = "team", .user = "alice",
				 .object = random_namespace(&a, d, modes[now]), .old_object = random_namespace(&a, d, modes[old])}};
	struct trial t = trial_of(&a, tally, &sample, (struct combination){.mode = now, .pss_mode = now, .policy = dice_below(d, 2)});

	if (dice_below(d, 3) == 0) {
		sample.review.operation = OP_CREATE;
		sample.review.old_object = NULL;
	}
	struct pods_seen pods = {.asked = true, .known = dice_below(d, 8) > 0, .list = pods_of(&a, d, samples), .looked_at = 8, .total = 9};
	struct err err = {""};
	/* Who changes the keys of a namespace in warn hears of it, whatever he makes of it. */
	t.silent = now == 2 && (old == 2 || !sample.review.old_object);
	t.facts = (struct facts){.now = 1, .namespace_state = NAMESPACE_KNOWN, .namespace = sample.review.old_object, .pods = pods};
	if (simulate(&sample.review, &t.facts, tally->policies[t.c.policy], &a, &t.sim, &err) < 0)
		complain(&t, "%s", err.text);
	passes(&t);
	warnings_fit(&t);
	audit_says(&t, &t.sim.validate);
	is_deterministic(&t);
	count(tally, &t);
	arena_release(&a);
}
