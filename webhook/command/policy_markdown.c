/* The rule reference of docs/policies.md: what each rule does, why, from which source, for which versions. */
#include "command/policy.h"

#include "pss/pss.h"

/* ---- cells ---- */

/* A cell holds no '|', and no '<' that would be markup. */
static void print_cell(FILE *out, struct slice text)
{
	fputc(' ', out);
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '|')
			fputs("\\|", out);
		else if (text.ptr[i] == '<')
			fputs("&lt;", out);
		else
			fputc(text.ptr[i], out);
	}
	fputs(" |", out);
}

static void print_text(FILE *out, const char *text)
{
	print_cell(out, slice_of(text));
}

static void print_code(FILE *out, struct arena *a, const char *text)
{
	print_text(out, *text ? arena_join(a, "`", text, "`") : "");
}

/* ---- the source of a rule ---- */

/* Files and pages by which a `why` names where it is from. */
static bool names_a_source(struct slice text)
{
	static const char *const marks[] = {".scala", ".java", ".sh", "docs/", "k8s.io", "java.util."};

	for (size_t i = 0; i < COUNT_OF(marks); i++)
		if (slice_has(text, marks[i]))
			return true;
	return false;
}

/* Split "text (A.scala), more (B.java)" into the text and its sources. */
static void split_sources(struct arena *a, const char *why, struct buf *text, struct buf *sources)
{
	struct slice rest = slice_of(why);

	*text = buf_in(a);
	*sources = buf_in(a);
	while (rest.len > 0) {
		bool opens = slice_has(rest, "(");
		struct slice before = slice_cut(&rest, '(');
		buf_add(text, before);
		if (!opens)
			return;
		struct slice inside = slice_cut(&rest, ')');
		if (!names_a_source(inside)) {
			buf_printf(text, "(%.*s)", SLICE_ARG(inside));
			continue;
		}
		while (text->len > 0 && text->ptr[text->len - 1] == ' ')
			text->ptr[--text->len] = '\0';
		buf_printf(sources, "%s%.*s", sources->len ? "; " : "", SLICE_ARG(inside));
	}
}

static void print_why(FILE *out, struct arena *a, const char *why)
{
	struct buf text, sources;

	split_sources(a, why, &text, &sources);
	print_cell(out, buf_slice(&text));
	print_cell(out, buf_slice(&sources));
}

/* ---- tables ---- */

static void print_rules(FILE *out, const struct policy *p, struct arena *a, enum backend backend)
{
	fprintf(out,
		"\n### Rules of backend %s\n\n| id | verb | setting | Spark | violated | why | source "
		"|\n|---|---|---|---|---|---|---|\n",
		backend_name(backend));
	for (size_t i = 0; i < p->rule_count; i++) {
		const struct rule *r = &p->rules[i];
		if (r->backend != backend)
			continue;
		fputc('|', out);
		print_code(out, a, r->id);
		print_text(out, verb_name(r->verb));
		print_text(out, policy_rule_text(a, r));
		print_text(out, policy_versions_text(a, r->versions));
		print_text(out, action_name(r->action));
		print_why(out, a, r->why);
		fputc('\n', out);
	}
}

static const char *check_action(struct arena *a, const struct check *check)
{
	if (!policy_is_judged(check->id))
		return "not judged in this release";
	return policy_is_fixed(check->id) ? arena_join(a, action_name(check->action), ", always") : action_name(check->action);
}

static void print_checks(FILE *out, const struct policy *p, struct arena *a)
{
	fputs("\n### Checks\n\n| id | violated | why | source |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < p->check_count; i++) {
		fputc('|', out);
		print_code(out, a, p->checks[i].id);
		print_text(out, check_action(a, &p->checks[i]));
		print_why(out, a, p->checks[i].why);
		fputc('\n', out);
	}
}

static void print_wrong_keys(FILE *out, const struct policy *p, struct arena *a)
{
	fputs("\n### Keys that do nothing (`connect.unknownKey`)\n\n| key | Spark | what is true instead "
	      "|\n|---|---|---|\n",
	      out);
	for (size_t i = 0; i < p->wrong_key_count; i++) {
		fputc('|', out);
		print_code(out, a, p->wrong_keys[i].key);
		print_text(out, policy_versions_text(a, p->wrong_keys[i].versions));
		print_text(out, p->wrong_keys[i].why);
		fputc('\n', out);
	}
}

/* One row a form: a check's rule changes with the version of Kubernetes. */
static void print_pss(FILE *out, struct arena *a)
{
	const struct pss_form *form;

	fputs("\n### Pod Security\n\n"
	      "Upstream's checks, word for word (k8s.io/pod-security-admission); a row a form, which counts from its "
	      "version on.\n"
	      "Violated: deny, of executors warn (`executorPodSecurity`).\n\n"
	      "| id | level | since |\n|---|---|---|\n",
	      out);
	for (size_t i = 0; (form = pss_form_at(i)); i++) {
		fputc('|', out);
		print_code(out, a, form->rule);
		print_text(out, pss_level_name(form->level));
		print_text(out, arena_printf(a, "v1.%u", form->since));
		fputc('\n', out);
	}
}

void policy_print_markdown(FILE *out, const struct policy *p, struct arena *a)
{
	fputs("## Rule reference\n", out);
	print_rules(out, p, a, BACKEND_K8S);
	print_rules(out, p, a, BACKEND_STANDALONE);
	print_checks(out, p, a);
	print_wrong_keys(out, p, a);
	print_pss(out, a);
}
