#include "spark/rules.h"

#include <ctype.h>

#include "base/buf.h"
#include "base/number.h"
#include "policy/host.h"
#include "policy/template.h"
#include "policy/words.h"
#include "spark/executors.h"
#include "spark/ports.h"
#include "spark/rule_match.h"

/* ---- placeholders ---- */

static struct slice value_for(const struct rule_input *in, struct arena *a, enum placeholder what)
{
	switch (what) {
	case PLACEHOLDER_MASTER:
		return in->values.master;
	case PLACEHOLDER_NAMESPACE:
		return in->values.namespace;
	case PLACEHOLDER_EXECUTOR_CORES:
		return executors_cores(in->view, NULL, a);
	case PLACEHOLDER_POD_IP:
		return in->values.pod_ip;
	case PLACEHOLDER_POD_NAME:
		return in->values.pod_name;
	case PLACEHOLDER_IMAGE:
		return in->values.image;
	case PLACEHOLDER_PULL_SECRETS:
		return in->values.pull_secrets;
	case PLACEHOLDER_COUNT:
	case PLACEHOLDER_NONE:
		break;
	}
	return SLICE_LIT("");
}

struct slice rules_fill(const struct rule_input *in, struct arena *a, const char *template)
{
	struct slice rest = slice_of(template);
	struct buf out = buf_in(a);

	if (!strchr(template, '{'))
		return rest;
	for (struct template_part part; template_next(&rest, &part);) {
		struct slice value = value_for(in, a, part.what);

		if (!value.ptr || (out.len + part.plain.len + rest.len == 0)) /* most are one placeholder and nothing else */
			return value;
		buf_add(&out, part.plain);
		buf_add(&out, value);
	}
	return buf_slice(&out);
}

/* ---- what counts as absent ---- */

static bool is_local_address(struct slice s)
{
	bool brackets = s.len > 1 && s.ptr[0] == '[' && s.ptr[s.len - 1] == ']';

	bool ipv6 = s.len > 1 && memchr(s.ptr, ':', s.len) && !slice_has(s, "$");

	return slice_is(s, "localhost") || host_is_ipv4(s) || brackets || ipv6;
}

/* As pods find Services: of their own namespace; of any by NAME.NAMESPACE.svc…, since a name with other dots is a host outside. */
static bool is_service_name(struct slice s, struct slice namespace)
{
	const struct slice whole = s;

	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.ptr[i]) && s.ptr[i] != '-' && s.ptr[i] != '.')
			return false;
	slice_cut(&s, '.');
	slice_cut(&s, '.');
	return host_is_in_namespace(whole, namespace) || slice_is(slice_cut(&s, '.'), "svc");
}

/* Is the server told to prefer IPv6? A bare address would not let it start then (core/util/Utils.scala checkHost); whether the pod's
 * is one of IPv6 only a site's policy knows, which puts brackets around it. */
static bool wants_brackets(const struct view *view, const struct rule *rule)
{
	static const char *const keys[] = {"spark.driver.extraJavaOptions", "spark.driver.defaultJavaOptions"};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const struct setting *s = view_winner(view, slice_of(keys[i]));
		if (s && slice_has(s->value, "-Djava.net.preferIPv6Addresses=true"))
			return rule->value[0] != '[';
	}
	return false;
}

static bool counts_as_absent(const struct rule_input *in, const struct rule *rule, const struct setting *s)
{
	if (rule->absent & ABSENT_UNEXPANDED && (setting_is_of_file(s) || s->literal) && slice_has(s->value, "$("))
		return true; /* on a command line: Kubernetes leaves a name that it does not know as it is */
	if (!s->literal)
		return false;
	if (rule->absent & ABSENT_ZERO && slice_is(s->value, "0"))
		return true;
	if (rule->absent & ABSENT_SERVICE && is_service_name(s->value, in->values.namespace))
		return !wants_brackets(in->view, rule);
	return rule->absent & ABSENT_LOCAL && is_local_address(s->value);
}

/* What is known about a key. */
enum known {
	KNOWN_ABSENT, /* set nowhere, and every file could be read */
	KNOWN_UNSEEN, /* set nowhere, but some file could not be read */
	KNOWN_PRESENT
};

static enum known known_for(const struct rule_input *in, const struct rule *rule)
{
	const struct setting *s = view_winner(in->view, slice_of(rule->key));

	if (s && !counts_as_absent(in, rule, s))
		return KNOWN_PRESENT;
	return !s && in->view->unseen ? KNOWN_UNSEEN : KNOWN_ABSENT;
}

/* What is needed must not depend on a file that is perhaps not read. */
static bool is_doubtful(const struct rule *rule, const struct view *view, const struct setting *s)
{
	return rule->needed && view_is_guess(view, s);
}

/* "KEY", "KEY=VALUE" or "KEY!=VALUE", where a value that is known at run time only is another one. */
static bool excuses(const struct rule_input *in, const struct rule *rule, struct slice unless)
{
	struct slice value = unless, key = slice_cut(&value, '=');
	bool any = key.len == unless.len, other = !any && slice_ends(key, "!");

	key.len -= other;
	const struct setting *s = view_winner(in->view, key);
	if (!s || is_doubtful(rule, in->view, s))
		return false;
	return any || other != (s->literal && (setting_value_same(s->value, value) || glob_match(value.ptr, setting_trim(s->value))));
}

/* Does one of the settings stand that make the rule superfluous? */
static bool is_excused(const struct rule_input *in, const struct rule *rule)
{
	for (size_t i = 0; i < rule->unless.count; i++)
		if (excuses(in, rule, slice_of(rule->unless.items[i])))
			return true;
	return false;
}

/* Does the rule concern what is judged at all? */
static bool is_for(const struct rule_input *in, const struct rule *rule)
{
	return rule_applies(rule, in->backend, in->version) && !(in->in_file && rule->asks & PLACEHOLDERS_OF_POD) && !is_excused(in, rule);
}

/* ---- edits ---- */

static void add_edit(struct rule_edits *edits, struct arena *a, struct rule_edit edit)
{
	*ARENA_PUSH(a, edits->items, &edits->cap, edits->count) = edit;
}

static void add_skipped(struct rule_edits *edits, struct arena *a, struct rule_edit edit)
{
	*ARENA_PUSH(a, edits->skipped, &edits->skipped_cap, edits->skipped_count) = edit;
}

static void eval_set(const struct rule_input *in, const struct rule *rule, struct arena *a, struct rule_edits *edits)
{
	struct slice value = rules_fill(in, a, rule->value);

	if (value.ptr)
		add_edit(edits, a, (struct rule_edit){.rule = rule, .key = slice_of(rule->key), .value = value,
						  .of_variable = rule->asks & PLACEHOLDERS_OF_VARIABLES});
}

/* Whoever sends us a pod may not be allowed to read the ConfigMap: of its contents a number may go into the answer, as
 * does what is derived from one, but no text. */
static bool may_be_told(const struct setting *s)
{
	int64_t ignored;

	return !s->config_map || setting_number(s->value, INT32_MAX, &ignored) == 0;
}

/* A variable is weaker than any file, and the pod's ConfigMaps are rewritten without knowing about it: what it says
 * moves to the command line. So does what is needed and is set in one of several files. NULL: nothing has to move. */
static const struct setting *uncertain(const struct rule_input *in, const struct rule *rule)
{
	const struct setting *s = view_winner(in->view, slice_of(rule->key));
	bool weak = s && (s->source == SOURCE_ENVIRONMENT || is_doubtful(rule, in->view, s));

	return weak && s->literal ? s : NULL;
}

/* The size that the rule's key is; NULL where texts of the container say nothing of it. */
static const struct size *size_named(const struct rule_input *in, const struct rule *rule)
{
	const struct size *size = NULL;

	if (in->sizes && rule->size == SIZE_KEY_CORES)
		size = &in->sizes->cores;
	else if (in->sizes && rule->size == SIZE_KEY_CORES_MAX)
		size = &in->sizes->max;
	return size && size->named ? size : NULL;
}

/* Where a text of the container may be, or may write, the file that is not seen, a number beside the one that it names would
 * win over it; so would a product of what is not known. */
static bool is_left(const struct rule_input *in, const struct rule *rule, struct slice value)
{
	const struct size *size = size_named(in, rule);

	return in->view->unseen && ((size && size->value == 0) || (in->sizes && !value.ptr && rule->size == SIZE_KEY_CORES_MAX));
}

/* What default and derive write; ptr NULL where it cannot be told. */
static struct slice value_of(const struct rule_input *in, const struct rule *rule, const struct rule_edits *edits, struct arena *a)
{
	const struct size *size = size_named(in, rule);

	if (rule->verb == VERB_DEFAULT && port_is(slice_of(rule->key)))
		return port_free(in->view, edits, rules_fill(in, a, rule->value), a);
	if (rule->verb == VERB_DEFAULT)
		return size && size->value > 0 ? executors_cores(in->view, in->sizes, a) : rules_fill(in, a, rule->value);
	if (rule->size == SIZE_KEY_CORES_MAX)
		return executors_cores_max(in->view, in->sizes, in->policy->default_executors, a);
	return rule->size == SIZE_KEY_INSTANCES ? executors_instances(in->view, a) : SLICE_NONE;
}

/* default and derive: write what is absent; where a file could not be seen, or the value may not be revealed, only what is needed. */
static void eval_absent(const struct rule_input *in, const struct rule *rule, struct arena *a, struct rule_edits *edits)
{
	enum known known = known_for(in, rule);
	const struct setting *kept = known == KNOWN_PRESENT ? uncertain(in, rule) : NULL;

	if (known == KNOWN_PRESENT && !kept)
		return;
	struct slice value = value_of(in, rule, edits, a);
	bool left = known == KNOWN_UNSEEN && is_left(in, rule, value);
	struct rule_edit edit = {.rule = rule, .key = slice_of(rule->key), .value = value, .of_variable = rule->asks & PLACEHOLDERS_OF_VARIABLES,
			    .from_unseen = known == KNOWN_UNSEEN};

	if (kept && may_be_told(kept)) {
		edit.key = kept->key;
		edit.value = kept->value;
		edit.of_variable = false;
	} else if ((!value.ptr && !left) || (known == KNOWN_PRESENT && !rule->needed)) {
		return;
	}
	if (known == KNOWN_UNSEEN && (!rule->needed || left))
		add_skipped(edits, a, edit);
	else
		add_edit(edits, a, edit);
}

static void eval_disable(const struct rule *rule, struct rule_settings *found, struct arena *a,
			 struct rule_edits *edits)
{
	rule_settings_begin(found, a, rule);
	for (const struct setting *s; (s = rule_settings_next(found));)
		add_edit(edits, a, (struct rule_edit){.rule = rule, .key = s->key, .now = found->group});
}

static void eval_rename(const struct rule_input *in, const struct rule *rule, struct arena *a, struct rule_edits *edits)
{
	const struct setting *s = view_winner(in->view, slice_of(rule->key));
	struct slice to = slice_of(rule->value);

	if (s && !view_winner(in->view, to) && (in->in_file || may_be_told(s)))
		add_edit(edits, a, (struct rule_edit){.rule = rule, .key = s->key, .value = s->value, .new_key = to});
}

static void evaluate(const struct rule_input *in, const struct rule *rule, struct rule_settings *found, struct arena *a,
		     struct rule_edits *edits)
{
	switch (rule->verb) {
	case VERB_SET:
		eval_set(in, rule, a, edits);
		return;
	case VERB_DEFAULT:
	case VERB_DERIVE:
		eval_absent(in, rule, a, edits);
		return;
	case VERB_DISABLE:
		eval_disable(rule, found, a, edits);
		return;
	case VERB_RENAME:
		eval_rename(in, rule, a, edits);
		return;
	case VERB_REQUIRE:
	case VERB_FORBID:
		return;
	}
}

void rules_evaluate(const struct rule_input *in, struct arena *a, struct rule_edits *ret)
{
	struct rule_settings found = {.view = in->view};

	*ret = (struct rule_edits){0};
	for (size_t i = 0; i < in->policy->rule_count; i++) {
		const struct rule *rule = &in->policy->rules[i];
		if (is_for(in, rule))
			evaluate(in, rule, &found, a, ret);
	}
}

/* ---- checks ---- */

/* Spark's own default for a key that a `set` rule may name: an absent key has this value. */
static const char *spark_default(const char *key)
{
	if (strcmp(key, "spark.shuffle.service.enabled") == 0)
		return "false"; /* core/internal/config/package.scala SHUFFLE_SERVICE_ENABLED */
	if (strcmp(key, "spark.kubernetes.namespace") == 0)
		return "default"; /* k8s/Config.scala KUBERNETES_NAMESPACE */
	return NULL;
}

static void report(const struct rule *rule, enum action action, const struct setting *s, const char *message,
		   struct arena *a, struct findings *findings)
{
	struct place place = s ? setting_place(a, s) : (struct place){.key = rule->key};

	if (action != ACTION_OFF)
		findings_add(findings, a, (struct finding){.rule = rule->id, .action = action, .message = message, .place = place});
}

/* What is said about a setting: where it was found and what it says, unless that may not be revealed. */
static const char *describe(const struct setting *s, const char *key, struct arena *a)
{
	if (!s)
		return arena_printf(a, "%s is not set", key);
	if (s->config_map)
		return arena_printf(a, "%s in %s", key, setting_line(a, s));
	return arena_printf(a, "%s is '%s'", key, setting_show(a, s->key, s->value));
}

/* A `set` key must be what the rule says. spark.master has a check of its own: pod_check.c, config_map_check.c. */
static void check_set(const struct rule_input *in, const struct rule *rule, struct arena *a, struct findings *findings)
{
	const struct setting *s = view_winner(in->view, slice_of(rule->key));
	struct slice want = rules_fill(in, a, rule->value);
	const char *standard = spark_default(rule->key);

	if (strcmp(rule->key, "spark.master") == 0 || !want.ptr)
		return;
	const struct setting *unlike = s && view_is_guess(in->view, s) ? view_file_unlike(in->view, s->key, want) : NULL;
	s = unlike ? unlike : s;
	if (s && (!s->literal || setting_value_same(s->value, want)))
		return;
	if (!s && (in->view->unseen || (standard && slice_is(want, standard))))
		return;
	report(rule, rule->action, s,
	       arena_printf(a, "%s, the %s backend needs '%.*s'", describe(s, rule->key, a), backend_name(in->backend),
			    SLICE_ARG(want)),
	       a, findings);
}

/* What Spark does without it, and what to write: of what only the running pod knows, four cores are an example. */
static const char *lacks_cores_max(const struct rule_input *in, struct arena *a)
{
	long executors = (long)in->policy->default_executors;
	struct slice product = executors_cores_max(in->view, in->sizes, in->policy->default_executors, a),
		     cores = executors_cores(in->view, in->sizes, a);
	int64_t each;

	if (!cores.ptr || number_parse(cores, SIZES_MAX, &each) < 0)
		each = 4;
	const char *write = product.ptr ? arena_dup(a, product)
					: arena_printf(a, "e.g. %ld: %ld executors of %ld", (long)each * executors, executors, (long)each);
	return arena_printf(a, "spark.cores.max is not set, Spark takes all the cluster's cores: write it (%s)", write);
}

static void check_needed(const struct rule_input *in, const struct rule *rule, struct arena *a,
			 struct findings *findings)
{
	if (!rule->needed || known_for(in, rule) != KNOWN_ABSENT)
		return;
	const struct setting *s = view_winner(in->view, slice_of(rule->key));
	const struct size *size = size_named(in, rule);
	if (!s && size) {
		if (size->value == 0)
			report(rule, rule->action, s, arena_printf(a, RULES_LEFT_TO_SCRIPT, rule->key), a, findings);
		return;
	}
	if (!s && rule->size == SIZE_KEY_CORES_MAX) {
		report(rule, rule->action, s, lacks_cores_max(in, a), a, findings);
		return;
	}
	/* It is set but counts as absent: "10.1.2.3, the backend needs it" would puzzle. */
	const char *needs = s ? "the pod's own, which is not known when files are written" : "it";
	report(rule, rule->action, s,
	       arena_printf(a, "%s, the %s backend needs %s", describe(s, rule->key, a), backend_name(in->backend), needs),
	       a, findings);
}

/* What only may match is not called wrong. */
static const char *breaks(const struct rule_input *in, const struct rule *rule, const struct setting *s, const char *said,
			  struct arena *a)
{
	const char *backend = backend_name(in->backend);

	if (rule_matches(rule, s->value))
		return arena_printf(a, "%s, which breaks the %s backend: remove it (%s)", said, backend, rule->why);
	return arena_printf(a, "%s, which may be what breaks the %s backend: write the value out (%s)", said, backend, rule->why);
}

static void check_forbidden(const struct rule_input *in, const struct rule *rule, struct rule_settings *found, struct arena *a,
			    struct findings *findings)
{
	rule_settings_begin(found, a, rule);
	for (const struct setting *s; (s = rule_settings_next(found));)
		if (!rule_is_content(rule, s))
			report(rule, rule->action, s, breaks(in, rule, s, describe(s, arena_dup(a, s->key), a), a), a, findings);
}

/* For "spark.eventLog.*" one key is enough. */
static void check_required(const struct rule_input *in, const struct rule *rule, struct rule_settings *found, struct arena *a,
			   struct findings *findings)
{
	const struct setting *last = NULL;

	rule_settings_begin(found, a, rule);
	for (const struct setting *s; (s = rule_settings_winner(found)); last = s)
		if (!s->literal || rule_matches(rule, s->value))
			return;
	if (!last && in->view->unseen)
		return;
	report(rule, rule->action, last, arena_printf(a, "%s: %s", describe(last, rule->key, a), rule->why), a, findings);
}

static void check(const struct rule_input *in, const struct rule *rule, struct rule_settings *found, struct arena *a,
		  struct findings *findings)
{
	switch (rule->verb) {
	case VERB_SET:
		check_set(in, rule, a, findings);
		return;
	case VERB_DEFAULT:
	case VERB_DERIVE:
		check_needed(in, rule, a, findings);
		return;
	case VERB_DISABLE:
	case VERB_FORBID:
		check_forbidden(in, rule, found, a, findings);
		return;
	case VERB_REQUIRE:
		check_required(in, rule, found, a, findings);
		return;
	case VERB_RENAME:
		return;
	}
}

void rules_check(const struct rule_input *in, struct arena *a, struct findings *findings)
{
	struct rule_settings found = {.view = in->view};

	for (size_t i = 0; i < in->policy->rule_count; i++) {
		const struct rule *rule = &in->policy->rules[i];
		if (is_for(in, rule))
			check(in, rule, &found, a, findings);
	}
}
