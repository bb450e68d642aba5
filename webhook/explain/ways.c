/*
 * What would change the verdict: the engine asked again with one thing changed. A line is only printed where the answer is
 * another one, so each of them holds.
 */
#include "base/buf.h"
#include "explain/part.h"

#define EDITS_MAX 3

/* A placeholder for the user's own master where the namespace names none. */
#define SOME_MASTER "spark://spark-master:7077"

/* One key of the namespace, as sparkgate.io/NAME: mode is a label, the others are annotations. */
struct edit {
	const char *name, *value;
};

struct candidate {
	struct edit edits[EDITS_MAX]; /* up to the first without a name */
	bool pair;                    /* asked only where nothing else keeps enforce and makes it pass */
};

static const struct candidate candidates[] = {
	{.edits = {{"hardening", "force"}}},
	{.edits = {{"hardening", "fill"}}},
	{.edits = {{"hardening", "off"}}},
	{.edits = {{"backendMode", "k8s"}}},
	{.edits = {{"backendMode", "standalone"}}},
	{.edits = {{"standaloneMaster", SOME_MASTER}}},
	{.edits = {{"allowOverride", "true"}}},
	{.edits = {{"allowOverride", "false"}}},
	{.edits = {{"configMaps", "rewrite"}}},
	{.edits = {{"pssLevel", "baseline"}}},
	{.edits = {{"pssLevel", "privileged"}}},
	{.edits = {{"pssMode", "warn"}}},
	{.edits = {{"mode", "enforce"}}},
	{.edits = {{"mode", "warn"}}},
	{.edits = {{"mode", "audit"}}},
	{.pair = true, .edits = {{"hardening", "force"}, {"pssLevel", "baseline"}}},
	{.pair = true, .edits = {{"hardening", "force"}, {"backendMode", "k8s"}}},
	{.pair = true, .edits = {{"hardening", "force"}, {"backendMode", "standalone"}}},
	{.pair = true, .edits = {{"hardening", "force"}, {"standaloneMaster", SOME_MASTER}}},
	{.pair = true, .edits = {{"backendMode", "k8s"}, {"pssMode", "warn"}}},
	{.pair = true, .edits = {{"backendMode", "standalone"}, {"pssMode", "warn"}}},
	{.pair = true, .edits = {{"standaloneMaster", SOME_MASTER}, {"pssMode", "warn"}}},
};

struct asking {
	struct explaining *x;
	struct arena scratch; /* of one run: what is said of it is copied */
	unsigned runs;
	bool found; /* a way that keeps enforce and makes it pass */
	bool always; /* say it, news or not */
};

/* ---- the namespace with keys changed ---- */

static bool is_label(const struct edit *e)
{
	return strcmp(e->name, "mode") == 0;
}

static const struct json *members(const struct json *ns, const struct edit *e)
{
	return json_get(json_get(ns, "metadata"), is_label(e) ? "labels" : "annotations");
}

static const char *current(const struct json *ns, const struct edit *e, struct arena *a)
{
	return json_text(json_get(members(ns, e), arena_join(a, KEY_PREFIX, e->name)), NULL);
}

static const struct json *parsed(struct arena *a, const char *literal)
{
	const struct json *v = NULL;
	struct err ignored;

	return json_parse(a, slice_of(literal), &v, &ignored) == 0 ? v : NULL; /* a literal parses */
}

static const struct json *edited(struct arena *a, const struct json *ns, const struct edit *e)
{
	const char *where = is_label(e) ? "/metadata/labels" : "/metadata/annotations";
	struct json_patch patch = json_patch_in(a);
	struct json *changed;
	struct err ignored;

	if (json_type(json_get(ns, "metadata")) != JSON_OBJECT)
		return ns;
	if (json_type(members(ns, e)) != JSON_OBJECT)
		json_patch_add(&patch, "add", where, SLICE_LIT("{}"));
	json_patch_add(&patch, "add", arena_join(a, where, "/sparkgate.io~1", e->name), json_patch_string(a, slice_of(e->value)));
	return json_patch_apply(a, ns, &patch, &changed, &ignored) < 0 ? ns : changed;
}

/* ---- what to say ---- */

static const char *denying_rules(const struct explaining *x, const struct simulation *s)
{
	struct explain_names names = {.count = 0};

	for (size_t i = 0; i < s->findings.count; i++)
		if (finding_in_force(&s->validate, &s->findings.items[i]) == ACTION_DENY)
			explain_name_rule(x, &names, s->findings.items[i].rule);
	return explain_names_text(x, &names, 3);
}

const char *explain_outcome(const struct explaining *x, enum explain_verdict verdict, const struct simulation *s)
{
	struct arena *a = x->a;
	const char *subject = x->kind == SUBJECT_CONTROLLER ? "its pods are" : "it is";
	const char *backend = backend_name(s->validate.backend);

	if (verdict == EXPLAIN_REFUSED)
		return arena_join(a, subject, " refused (", denying_rules(x, s), ")");
	if (verdict == EXPLAIN_CHANGED && backend && s->validate.backend != x->e->decision->backend)
		return arena_join(a, subject, " changed and allowed, on backend ", backend);
	if (verdict == EXPLAIN_ALLOWED && s->validate.ns.mode != MODE_ENFORCE)
		return arena_join(a, subject, " allowed as ", x->kind == SUBJECT_CONTROLLER ? "they are" : "it is", "; what is wrong is ",
				  s->validate.ns.mode == MODE_WARN ? "warned of" : "noted in the audit log");
	return arena_join(a, subject, " ", explain_verdict_words(verdict));
}

/* Can name stand in a command as it is? A file's namespace may be called anything. */
static bool is_plain_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '.'))
			return false;
	return *name && *name != '-';
}

static const char *command(const struct asking *q, const struct edit *edits, size_t count)
{
	const char *ns = q->x->in->review->namespace;
	struct buf b = buf_in(q->x->a);

	if (!is_plain_name(ns))
		return NULL;
	buf_printf(&b, "kubectl %s namespace %s", is_label(&edits[0]) ? "label" : "annotate", ns);
	for (size_t i = 0; i < count; i++)
		buf_printf(&b, " " KEY_PREFIX "%s=%s", edits[i].name, edits[i].value);
	buf_adds(&b, " --overwrite");
	return buf_slice(&b).ptr;
}

static const char *what_of(const struct asking *q, const struct edit *edits, size_t count)
{
	struct buf b = buf_in(q->x->a);

	for (size_t i = 0; i < count; i++)
		buf_printf(&b, "%s" KEY_PREFIX "%s: %s", i ? ", " : "", edits[i].name, edits[i].value);
	return buf_slice(&b).ptr;
}

void explain_add_way(struct explaining *x, struct explain_way way)
{
	struct explanation *e = x->e;

	*ARENA_PUSH(x->a, e->ways, &e->way_cap, e->way_count) = way;
}

/* ---- asking ---- */

/* The verdict with other facts; false: it could not be had. */
static bool ask(struct asking *q, const struct facts *facts, struct simulation *s, enum explain_verdict *ret)
{
	const struct explain_input *in = q->x->in;
	struct err ignored;

	if (q->runs == EXPLAIN_RUNS_MAX)
		return false;
	q->runs++;
	if (simulate(in->review, facts, in->policy, &q->scratch, s, &ignored) < 0)
		return false;
	*ret = explain_verdict_of(in->review, facts, s);
	return true;
}

static bool same_object(struct asking *q, const struct simulation *s)
{
	return slice_eq(json_print(&q->scratch, s->result), json_print(&q->scratch, q->x->e->simulation->result));
}

/* Another verdict, or another backend. */
static bool is_news(struct asking *q, enum explain_verdict verdict, const struct simulation *s)
{
	const struct explanation *e = q->x->e;

	if (q->always)
		return true;
	if (verdict == EXPLAIN_REFUSED && e->verdict == EXPLAIN_REFUSED)
		return false;
	return verdict != e->verdict || (s->validate.backend != e->decision->backend && !same_object(q, s));
}

static bool loosens(const struct edit *edits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(edits[i].name, "mode") == 0 || strcmp(edits[i].name, "pssMode") == 0 ||
		    strcmp(edits[i].value, "privileged") == 0)
			return true;
	return false;
}

static void ask_edits(struct asking *q, const struct json *ns, const struct edit *edits, size_t count)
{
	struct facts facts = *q->x->in->facts;
	struct simulation s;
	enum explain_verdict verdict;

	facts.namespace = ns;
	for (size_t i = 0; i < count; i++)
		facts.namespace = edited(&q->scratch, facts.namespace, &edits[i]);
	facts.namespace_state = NAMESPACE_KNOWN;
	if (ask(q, &facts, &s, &verdict) && is_news(q, verdict, &s)) {
		q->found |= verdict != EXPLAIN_REFUSED && !loosens(edits, count);
		explain_add_way(q->x, (struct explain_way){.what = what_of(q, edits, count), .verdict = verdict,
						   .outcome = explain_outcome(q->x, verdict, &s),
						   .command = command(q, edits, count)});
	}
	arena_reset(&q->scratch);
}

static bool has_own_choice(const struct explaining *x)
{
	const struct json *metadata = x->has_pod ? x->subject.metadata : json_get(x->in->review->object, "metadata");
	const struct json *annotations = json_get(metadata, "annotations");

	return json_get(annotations, KEY_PREFIX "backendMode") || json_get(annotations, KEY_PREFIX "standaloneMaster");
}

/* Is there a reason to ask about it at all? */
static bool makes_sense(const struct asking *q, const struct edit *e)
{
	const struct namespace *ns = &q->x->e->decision->ns;

	if (strcmp(e->name, "allowOverride") == 0)
		return has_own_choice(q->x);
	if (strcmp(e->name, "standaloneMaster") == 0)
		return ns->backend == BACKEND_STANDALONE && !ns->standalone_master;
	if (strcmp(e->name, "backendMode") == 0 && backend_name(ns->backend))
		return strcmp(backend_name(ns->backend), e->value) != 0;
	return true;
}

/* The candidate's edits; none where one of them changes nothing or makes no sense. A standalone backend needs a master. */
static size_t edits_of(const struct asking *q, const struct json *ns, const struct candidate *c, struct edit *ret)
{
	size_t count = 0;
	bool master = current(ns, &(struct edit){"standaloneMaster", NULL}, q->x->a) != NULL || q->x->e->decision->ns.standalone_master;

	for (size_t i = 0; i < EDITS_MAX && c->edits[i].name; i++) {
		const struct edit *e = &c->edits[i];
		const char *now = current(ns, e, q->x->a);
		if (!makes_sense(q, e) || (now && strcmp(now, e->value) == 0))
			return 0;
		ret[count++] = *e;
		if (strcmp(e->name, "backendMode") == 0 && strcmp(e->value, "standalone") == 0 && !master)
			ret[count++] = (struct edit){"standaloneMaster", SOME_MASTER};
	}
	return count;
}

static void ask_candidates(struct asking *q, const struct json *ns)
{
	for (size_t i = 0; i < COUNT_OF(candidates); i++) {
		struct edit edits[EDITS_MAX + 1];
		size_t count = edits_of(q, ns, &candidates[i], edits);
		if (count > 0 && (!candidates[i].pair || (!q->found && q->x->e->verdict == EXPLAIN_REFUSED)))
			ask_edits(q, ns, edits, count);
	}
}

/* Nobody starts with enforce: where that would be a change, mode audit is offered first, which changes nothing and reports what would. */
static void ask_opting_in(struct asking *q, const struct json *ns)
{
	static const struct edit audit = {"mode", "audit"};
	size_t before = q->x->e->way_count;

	q->always = true;
	ask_edits(q, ns, &audit, 1);
	q->always = false;
	size_t offered = q->x->e->way_count;
	ask_candidates(q, ns);
	if (q->x->e->way_count == offered)
		q->x->e->way_count = before;
}

/* A ConfigMap that could not be read: what if it could, and set nothing? */
static void ask_lookups(struct asking *q)
{
	for (size_t i = 0; i < q->x->in->facts->lookups.count; i++) {
		struct facts facts = *q->x->in->facts;
		struct lookup *lookup = &facts.lookups.items[i];
		struct simulation s;
		enum explain_verdict verdict;
		if (lookup->state == LOOKUP_FOUND)
			continue;
		lookup->state = LOOKUP_FOUND;
		lookup->object = parsed(q->x->a, "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{},\"data\":{}}");
		const char *what = arena_printf(q->x->a, "ConfigMap '%s' readable, naming no other backend", lookup->name);
		if (ask(q, &facts, &s, &verdict) && is_news(q, verdict, &s))
			explain_add_way(q->x, (struct explain_way){.what = what, .verdict = verdict,
							   .outcome = explain_outcome(q->x, verdict, &s)});
		arena_reset(&q->scratch);
	}
}

/* Nothing is known of the namespace: what if it had opted in? */
static void ask_namespaces(struct asking *q)
{
	static const struct edit k8s[] = {{"mode", "enforce"}, {"backendMode", "k8s"}};
	static const struct edit standalone[] = {{"mode", "enforce"}, {"backendMode", "standalone"}, {"standaloneMaster", SOME_MASTER}};
	const struct json *ns = parsed(q->x->a, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{}}");
	size_t before = q->x->e->way_count;

	ask_edits(q, ns, k8s, 2);
	ask_edits(q, ns, standalone, 3);
	for (size_t i = before; i < q->x->e->way_count; i++)
		q->x->e->ways[i].command = NULL; /* a label and an annotation, of a namespace that may not exist */
}

void explain_ways(struct explaining *x)
{
	struct asking q = {.x = x, .scratch = ARENA_INIT};

	if (x->e->verdict == EXPLAIN_NOT_OURS || x->kind == SUBJECT_NAMESPACE)
		return;
	if (x->e->verdict == EXPLAIN_UNKNOWN) {
		ask_namespaces(&q);
	} else {
		const struct json *ns = x->in->facts->namespace;
		ask_lookups(&q);
		(x->e->decision->ns.mode == MODE_NONE ? ask_opting_in : ask_candidates)(&q, ns);
		explain_ways_exemption(x);
	}
	arena_release(&q.scratch);
}
