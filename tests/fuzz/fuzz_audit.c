/*
 * A List as all that a namespace has, live: what an audit keeps of each object, its judgement, hygiene and the report.
 * Nothing crashes, what is printed is JSON where it should be and holds no control character, it is bounded by what was
 * read, and a second run prints the same bytes. The first byte picks namespace and format.
 */
#include "audit/audit.h"
#include "audit/kinds.h"
#include "audit/totals.h"
#include "base/kubernetes.h"
#include "base/limits.h"
#include "report/writer.h"
#include "fuzzing.h"

#include <stdint.h>

#define HEAD "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"a\""
static const char *const namespaces[] = {
	HEAD
	",\"labels\":{\"sparkgate.io/mode\":\"enforce\"},\"annotations\":{\"sparkgate.io/backendMode\":\"standalone\","
	"\"sparkgate.io/standaloneMaster\":\"spark://m:7077\"}}}",
	HEAD ",\"labels\":{\"sparkgate.io/mode\":\"enforce\",\"pod-security.kubernetes.io/enforce\":\"restricted\"},"
	     "\"annotations\":{\"sparkgate.io/backendMode\":\"k8s\",\"sparkgate.io/hardening\":\"force\"}}}",
	HEAD ",\"labels\":{\"sparkgate.io/mode\":\"warn\"},\"annotations\":{\"sparkgate.io/backendMode\":\"k8s\"}}}",
	HEAD "}}",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Enough for one object of every kind and rule; then so much for each byte read. */
#define PRINTED_BYTES    (1u << 20)
#define PRINTED_PER_BYTE 400

/* ---- the world ---- */

struct world {
	struct audit_source source; /* first */
	struct arena *arena;
	const struct json *namespace;
	const struct json **items[AUDIT_KIND_COUNT];
	size_t counts[AUDIT_KIND_COUNT], caps[AUDIT_KIND_COUNT];
	struct facts_index *facts;
	size_t kind, at;
	bool given;
};

static void add_item(struct world *w, const struct json *item)
{
	size_t k = 0;

	while (k < AUDIT_KIND_COUNT && strcmp(audit_kinds[k].kind, json_text(json_get(item, "kind"), "")) != 0)
		k++;
	const struct json *kept = k < AUDIT_KIND_COUNT ? audit_keep(&audit_kinds[k], shipped(), w->arena, item) : NULL;
	if (!kept)
		return;
	w->items[k] = arena_grow(w->arena, w->items[k], &w->caps[k], w->counts[k] + 1, sizeof(*w->items[k]));
	w->items[k][w->counts[k]++] = kept;
}

static struct texts names_of(struct world *w, size_t kind)
{
	struct texts names = {.items = ARENA_ARRAY(w->arena, w->counts[kind] + 1, const char *)};

	for (size_t i = 0; i < w->counts[kind]; i++)
		names.items[names.count++] = json_text(json_get(json_get(w->items[kind][i], "metadata"), "name"), "");
	return names;
}

static int next_namespace(struct audit_source *source, struct audit_namespace *ret, struct err *err)
{
	struct world *w = (struct world *)source;

	(void)err;
	if (w->given)
		return 0;
	w->given = true;
	w->kind = AUDIT_FIRST_WORKLOAD;
	*ret = (struct audit_namespace){.name = "a",
					.object = w->namespace,
					.facts = w->facts,
					.services = names_of(w, 0),
					.services_known = true,
					.quotas = w->items[1],
					.quota_count = w->counts[1],
					.limit_ranges = w->items[2],
					.limit_range_count = w->counts[2],
					.connect_configs = names_of(w, 3)};
	return 1;
}

static int next_object(struct audit_source *source, struct audit_object *ret, struct err *err)
{
	struct world *w = (struct world *)source;

	(void)err;
	for (; w->kind < AUDIT_KIND_COUNT && w->at == w->counts[w->kind]; w->kind++)
		w->at = 0;
	if (w->kind == AUDIT_KIND_COUNT)
		return 0;
	const struct json *object = w->items[w->kind][w->at++];
	*ret = (struct audit_object){.object = object,
				     .kind = audit_kinds[w->kind].kind,
				     .live = true,
				     .owner = kubernetes_owner(w->arena, json_get(object, "metadata"))};
	return 1;
}

static int fetch(struct audit_source *source, struct audit_namespace *ns, const struct needs *needs, struct err *err)
{
	(void)source;
	(void)ns;
	(void)needs;
	(void)err;
	return 0; /* ConfigMaps are among the facts from the beginning */
}

static size_t namespace_count(const struct audit_source *source)
{
	(void)source;
	return 1;
}

static const struct audit_source_class class = {next_namespace, next_object, fetch, namespace_count};

/* ---- an audit ---- */

struct run {
	struct report_writer *writer;
	struct totals totals;
	size_t lines;
};

static int emit(void *closure, const struct audit_line *line, struct arena *a, struct err *err)
{
	struct run *run = closure;
	struct report_object object = line->report;

	(void)err;
	object.owner = line->object ? line->object->owner : NULL;
	require(line->report.simulation->findings.count <= 4 * FINDINGS_MAX, "findings are bounded");
	totals_add(&run->totals, line, a);
	report_writer_object(run->writer, &object, a);
	run->lines++;
	return 0;
}

static void failed(void *closure, const struct err *err)
{
	(void)closure;
	require(!strchr(err->text, '\n'), "an error is one line");
}

static void check_totals(const struct run *run)
{
	const struct totals_counts *all = &run->totals.all;

	require(all->objects <= run->lines && all->refused <= run->lines && all->changed <= run->lines &&
			all->drift <= run->lines && all->warned <= run->lines,
		"nothing is counted twice");
}

/* What is printed; the caller frees it. */
static struct slice audit_of(struct arena *a, const struct json *list, const char *namespace, enum report_format format)
{
	struct world w = {
		.source = {.class = &class, .absent = LOOKUP_MISSING}, .arena = a, .facts = facts_index_new()};
	struct run run = {.totals = {.arena = a}};
	const struct audit audit = {.source = &w.source,
				    .policy = shipped(),
				    .now = 1700000000,
				    .emit = emit,
				    .failed = failed,
				    .closure = &run};
	struct err err = {""};
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	require(out && json_parse(a, slice_of(namespace), &w.namespace, &err) == 0, "there is a namespace");
	facts_index_add(w.facts, w.namespace, "a");
	facts_index_add(w.facts, list, "a");
	JSON_EACH(item, json_get(list, "items"))
		add_item(&w, item);
	run.writer = report_writer_open(&(struct report_style){.format = format,
							       .command = "audit",
							       .policy = "000000000000",
							       .now = 1700000000,
							       .brief = true,
							       .out = out});
	require(audit_run(&audit, &err) == 0, "an audit of what is there ends");
	report_writer_close(run.writer);
	if (format == REPORT_TABLE)
		totals_print(&run.totals, false, out);
	fclose(out);
	check_totals(&run);
	facts_index_unref(w.facts);
	return (struct slice){text, len};
}

static void check_json(struct arena *a, struct slice text)
{
	const struct json *ignored;
	struct err err = {""};

	if (json_parse_limited(a, text, SIZE_MAX, &ignored, &err) == 0)
		return;
	fprintf(stderr, "%s\n%.*s\n", err.text, SLICE_ARG(text));
	abort();
}

static void check_text(struct arena *a, struct slice text, enum report_format format)
{
	for (size_t i = 0; i < text.len; i++)
		require((unsigned char)text.ptr[i] >= 0x20 || text.ptr[i] == '\n', "there are no control characters");
	if (format == REPORT_SARIF || format == REPORT_OPENREPORTS)
		check_json(a, text);
	while (format == REPORT_JSON && text.len > 0)
		check_json(a, slice_cut(&text, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum report_format formats[] = {REPORT_TABLE, REPORT_JSON, REPORT_JUNIT, REPORT_SARIF,
						     REPORT_OPENREPORTS};
	struct arena a = ARENA_INIT;
	const struct json *list;
	struct err err;

	(void)shipped();
	if (size > 0 && json_parse(&a, (struct slice){(const char *)data + 1, size - 1}, &list, &err) == 0) {
		const char *namespace = namespaces[data[0] % COUNT(namespaces)];
		enum report_format format = formats[data[0] / COUNT(namespaces) % COUNT(formats)];
		struct slice one = audit_of(&a, list, namespace, format), two = audit_of(&a, list, namespace, format);
		require(slice_eq(one, two), "two runs print the same");
		require(one.len <= PRINTED_BYTES + PRINTED_PER_BYTE * size, "what is printed is bounded");
		check_text(&a, one, format);
		free((void *)(uintptr_t)one.ptr);
		free((void *)(uintptr_t)two.ptr);
	}
	arena_release(&a);
	return 0;
}
