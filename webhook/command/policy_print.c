/* A policy for people and for programs. */
#include "command/policy.h"

#include "base/json_write.h"
#include "base/wrap.h"
#include "policy/life.h"

/* Bits of enum absent that have a word. */
#define ABSENT_WORDS 4

/* ---- the table ---- */

const char *policy_versions_text(struct arena *a, struct version_range r)
{
	const char *first = spark_version_text(a, r.first);

	if (r.first == 0 && r.last == 0)
		return "all";
	if (r.last == 0)
		return arena_join(a, first, "+");
	return r.first == r.last ? first : arena_join(a, first, "-", spark_version_text(a, r.last));
}

const char *policy_join(struct arena *a, const struct texts *list, const char *separator)
{
	struct buf b = buf_in(a);

	for (size_t i = 0; i < list->count; i++)
		buf_printf(&b, "%s%s", i ? separator : "", list->items[i]);
	return buf_slice(&b).ptr;
}

/* "spark.driver.port = 7078, where absent or 0" */
const char *policy_rule_text(struct arena *a, const struct rule *r)
{
	static const char *const absent[] = {"0", "a local address", "an unexpanded $(...)", "a Service"};
	bool only_absent = r->verb == VERB_DEFAULT || r->verb == VERB_DERIVE;
	struct buf b = buf_in(a);

	buf_adds(&b, r->key);
	if (r->verb == VERB_RENAME)
		buf_printf(&b, " -> %s", r->value);
	else if (r->value && r->verb == VERB_DISABLE)
		buf_printf(&b, " (harmless: %s)", r->value);
	else if (r->value)
		buf_printf(&b, " = %s", r->value);
	if (r->match)
		buf_printf(&b, strchr(r->match, '*') ? ", where it is '%s'" : ", where it holds '%s'", r->match);
	buf_adds(&b, only_absent ? ", where absent" : "");
	for (unsigned i = 0; i < ABSENT_WORDS; i++)
		if (r->absent & (1u << i))
			buf_printf(&b, " or %s", absent[i]);
	if (r->unless.count)
		buf_printf(&b, ", unless %s", policy_join(a, &r->unless, ", "));
	if (r->needed)
		buf_adds(&b, ", also where a file is not seen");
	return buf_slice(&b).ptr;
}

static void print_rules(FILE *out, const struct policy *p, struct arena *a, enum backend backend)
{
	fprintf(out, "\nBackend %s\n", backend_name(backend));
	for (size_t i = 0; i < p->rule_count; i++) {
		const struct rule *r = &p->rules[i];
		if (r->backend != backend)
			continue;
		fprintf(out, "  %-32s %-8s %-5s %s\n", r->id, verb_name(r->verb), action_name(r->action),
			policy_versions_text(a, r->versions));
		wrap_print(out, policy_rule_text(a, r), 6, 0);
		wrap_print(out, arena_printf(a, "# %s", r->why), 6, 0);
	}
}

static const char *check_mark(const char *id)
{
	return policy_is_fixed(id) ? " (no layer changes it)" : policy_is_judged(id) ? "" : " (not judged in this release)";
}

static void print_checks(FILE *out, const struct policy *p, struct arena *a)
{
	fputs("\nChecks\n", out);
	for (size_t i = 0; i < p->check_count; i++) {
		fprintf(out, "  %-32s %s%s\n", p->checks[i].id, action_name(p->checks[i].action), check_mark(p->checks[i].id));
		wrap_print(out, arena_printf(a, "# %s", p->checks[i].why), 6, 0);
	}
}

static void print_bound(FILE *out, struct arena *a, const char *name, const char *value)
{
	wrap_print(out, arena_printf(a, "%s %s", name, *value ? value : "(none)"), 2, 0);
}

static void print_bounds(FILE *out, const struct policy *p, struct arena *a)
{
	fputs("\nBounds\n", out);
	print_bound(out, a, "k8sMaster", p->k8s_master);
	print_bound(out, a, "k8sMasterAliases", policy_join(a, &p->k8s_master_aliases, " "));
	print_bound(out, a, "defaultStandaloneMaster", p->default_standalone_master);
	print_bound(out, a, "allowedMasters",
		    p->allowed_masters.count ? policy_join(a, &p->allowed_masters, " ") : "Services of the same namespace");
	print_bound(out, a, "sparkVersions", policy_join(a, &p->spark_versions, " "));
	print_bound(out, a, "defaultSparkVersion",
		    policy_versions_text(a, (struct version_range){p->default_spark_version, p->default_spark_version}));
	print_bound(out, a, "defaultExecutors", arena_printf(a, "%u", p->default_executors));
	print_bound(out, a, "nonNumericImages", policy_join(a, &p->non_numeric_images, " "));
	print_bound(out, a, "nonNumericUid", arena_printf(a, "%lld", (long long)p->non_numeric_uid));
	print_bound(out, a, "controllers", action_name(p->controllers));
	print_bound(out, a, "executorPodSecurity", action_name(p->executor_pss));
	print_bound(out, a, "namespaceEditorUsers", policy_join(a, &p->editor_users, " "));
	print_bound(out, a, "namespaceEditorGroups", policy_join(a, &p->editor_groups, " "));
	print_bound(out, a, "dataKeys", policy_join(a, &p->data_keys, " "));
	print_bound(out, a, "neverRewrite", policy_join(a, &p->never_rewrite, " "));
}

/* "pss.hostPorts in etl, of etl-*, asked for by group admins" */
static const char *exemption_text(struct arena *a, const struct exemption *e)
{
	struct buf b = buf_in(a);
	const char *either = e->users.count && e->groups.count ? " or " : "";

	buf_printf(&b, "%s in %s", policy_join(a, &e->rules, ", "),
		   e->namespaces.count ? policy_join(a, &e->namespaces, ", ") : "every namespace");
	if (e->names.count)
		buf_printf(&b, ", of %s", policy_join(a, &e->names, ", "));
	if (e->users.count || e->groups.count)
		buf_printf(&b, ", asked for by %s%s%s%s", policy_join(a, &e->users, ", "), either, e->groups.count ? "group " : "",
			   policy_join(a, &e->groups, ", "));
	return buf_slice(&b).ptr;
}

static const char *life_mark(enum exemption_life life)
{
	static const char *const marks[] = {"", " (soon)", " (expired)"};

	return marks[life];
}

static void print_exemptions(FILE *out, const struct policy *p, struct arena *a, int64_t now)
{
	if (p->exemption_count)
		fputs("\nExemptions\n", out);
	for (size_t i = 0; i < p->exemption_count; i++) {
		const struct exemption *e = &p->exemptions[i];
		fprintf(out, "  %-32s until %s%s\n", e->id, e->expires, life_mark(exemption_life(e, now)));
		wrap_print(out, exemption_text(a, e), 6, 0);
		wrap_print(out, arena_printf(a, "# %s: %s", e->owner, e->reason), 6, 0);
	}
}

void policy_print_table(FILE *out, const struct policy *p, struct arena *a, int64_t now)
{
	fprintf(out, "Policy %s: %zu rules, %zu checks, %zu exemptions\n", p->hash, p->rule_count, p->check_count,
		p->exemption_count);
	print_rules(out, p, a, BACKEND_K8S);
	print_rules(out, p, a, BACKEND_STANDALONE);
	print_checks(out, p, a);
	print_bounds(out, p, a);
	print_exemptions(out, p, a, now);
}

/* ---- JSON ---- */

void policy_write_texts(struct json_writer *w, const char *key, const struct texts *list)
{
	json_write_member_open(w, key, '[');
	for (size_t i = 0; i < list->count; i++)
		json_write_string(w, slice_of(list->items[i]));
	json_write_close(w, ']');
}

static void write_rule(struct json_writer *w, const struct rule *r, struct arena *a)
{
	static const char *const words[] = {"zero", "local", "unexpanded", "service"};

	json_write_open(w, '{');
	json_write_member(w, "id", r->id);
	json_write_member(w, "backend", backend_name(r->backend));
	json_write_member(w, "verb", verb_name(r->verb));
	json_write_member(w, "key", r->key);
	json_write_member(w, "value", r->value);
	json_write_member(w, "match", r->match);
	json_write_member(w, "versions", policy_versions_text(a, r->versions));
	json_write_member(w, "action", action_name(r->action));
	policy_write_texts(w, "unless", &r->unless);
	json_write_member_open(w, "absent", '[');
	for (unsigned i = 0; i < ABSENT_WORDS; i++)
		if (r->absent & (1u << i))
			json_write_string(w, slice_of(words[i]));
	json_write_close(w, ']');
	json_write_member_bool(w, "needed", r->needed);
	json_write_member(w, "why", r->why);
	json_write_close(w, '}');
}

static void write_checks(struct json_writer *w, const struct policy *p)
{
	json_write_member_open(w, "checks", '[');
	for (size_t i = 0; i < p->check_count; i++) {
		json_write_open(w, '{');
		json_write_member(w, "id", p->checks[i].id);
		json_write_member(w, "action", action_name(p->checks[i].action));
		json_write_member_bool(w, "judged", policy_is_judged(p->checks[i].id));
		json_write_member_bool(w, "fixed", policy_is_fixed(p->checks[i].id));
		json_write_member(w, "why", p->checks[i].why);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
}

static void write_bounds(struct json_writer *w, const struct policy *p, struct arena *a)
{
	struct version_range version = {p->default_spark_version, p->default_spark_version};

	json_write_member_open(w, "bounds", '{');
	json_write_member(w, "k8sMaster", p->k8s_master);
	policy_write_texts(w, "k8sMasterAliases", &p->k8s_master_aliases);
	json_write_member(w, "defaultStandaloneMaster", p->default_standalone_master);
	policy_write_texts(w, "allowedMasters", &p->allowed_masters);
	policy_write_texts(w, "sparkVersions", &p->spark_versions);
	json_write_member(w, "defaultSparkVersion", policy_versions_text(a, version));
	json_write_member_int(w, "defaultExecutors", p->default_executors);
	policy_write_texts(w, "nonNumericImages", &p->non_numeric_images);
	json_write_member_int(w, "nonNumericUid", p->non_numeric_uid);
	json_write_member(w, "controllers", action_name(p->controllers));
	json_write_member(w, "executorPodSecurity", action_name(p->executor_pss));
	policy_write_texts(w, "namespaceEditorUsers", &p->editor_users);
	policy_write_texts(w, "namespaceEditorGroups", &p->editor_groups);
	json_write_close(w, '}');
	json_write_member_open(w, "configMaps", '{');
	policy_write_texts(w, "dataKeys", &p->data_keys);
	policy_write_texts(w, "neverRewrite", &p->never_rewrite);
	policy_write_texts(w, "labels", &p->config_map_labels);
	json_write_close(w, '}');
}

static void write_exemption(struct json_writer *w, const struct exemption *e)
{
	json_write_open(w, '{');
	json_write_member(w, "id", e->id);
	json_write_member(w, "owner", e->owner);
	json_write_member(w, "reason", e->reason);
	json_write_member(w, "expires", e->expires);
	policy_write_texts(w, "rules", &e->rules);
	policy_write_texts(w, "namespaces", &e->namespaces);
	policy_write_texts(w, "names", &e->names);
	policy_write_texts(w, "users", &e->users);
	policy_write_texts(w, "groups", &e->groups);
	json_write_close(w, '}');
}

struct slice policy_print_json(const struct policy *p, struct arena *a)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_writer(&b);

	json_write_open(&w, '{');
	json_write_member(&w, "hash", p->hash);
	json_write_member_open(&w, "rules", '[');
	for (size_t i = 0; i < p->rule_count; i++)
		write_rule(&w, &p->rules[i], a);
	json_write_close(&w, ']');
	write_checks(&w, p);
	write_bounds(&w, p, a);
	json_write_member_open(&w, "exemptions", '[');
	for (size_t i = 0; i < p->exemption_count; i++)
		write_exemption(&w, &p->exemptions[i]);
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	return buf_slice(&b);
}
