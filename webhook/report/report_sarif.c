/* SARIF 2.1.0 (OASIS): what code hosts show beside the lines of a pull request. */
#include "report/report.h"

#include "base/json_write.h"

static const char SCHEMA[] = "https://json.schemastore.org/sarif-2.1.0.json";

static const char *level_of(enum action action)
{
	return action == ACTION_DENY ? "error" : action == ACTION_WARN ? "warning" : "note";
}

static void write_message(struct json_writer *w, const char *text)
{
	json_write_key(w, SLICE_LIT("message"));
	json_write_open(w, '{');
	json_write_member(w, "text", text);
	json_write_close(w, '}');
}

/* A file name as a relative URI reference: what RFC 3986 does not take in a path is percent-encoded. */
static const char *uri_of(struct arena *a, const char *file)
{
	static const char safe[] = "-._~/!$&'()*+,;=@";
	struct buf b = buf_in(a);

	for (const unsigned char *p = (const unsigned char *)file; *p; p++) {
		bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9');
		if (plain || strchr(safe, *p))
			buf_addc(&b, (char)*p);
		else
			buf_printf(&b, "%%%02X", *p);
	}
	return buf_slice(&b).ptr;
}

static const char *artifact_of(struct arena *a, const struct report_object *o)
{
	return !o->file || strcmp(o->file, "-") == 0 ? "stdin" : uri_of(a, o->file);
}

static void write_location(const struct report *report, const struct report_object *o, const struct place *place,
			   struct json_writer *w)
{
	unsigned line = report_line(report, o, place);

	json_write_key(w, SLICE_LIT("locations"));
	json_write_open(w, '[');
	json_write_open(w, '{');
	json_write_key(w, SLICE_LIT("physicalLocation"));
	json_write_open(w, '{');
	json_write_key(w, SLICE_LIT("artifactLocation"));
	json_write_open(w, '{');
	json_write_member(w, "uri", artifact_of(report->arena, o));
	json_write_close(w, '}');
	json_write_key(w, SLICE_LIT("region"));
	json_write_open(w, '{');
	json_write_key(w, SLICE_LIT("startLine"));
	json_write_int(w, line ? line : 1);
	json_write_close(w, '}');
	json_write_close(w, '}');
	json_write_key(w, SLICE_LIT("logicalLocations"));
	json_write_open(w, '[');
	json_write_open(w, '{');
	json_write_member(w, "fullyQualifiedName", report_title(report, o));
	json_write_close(w, '}');
	json_write_close(w, ']');
	json_write_close(w, '}');
	json_write_close(w, ']');
}

static void write_results(const struct report *report, const struct report_object *o, struct json_writer *w)
{
	struct findings violations = report_violations(report, o);

	for (size_t i = 0; i < violations.count; i++) {
		const struct finding *f = &violations.items[i];
		json_write_open(w, '{');
		json_write_member(w, "ruleId", f->rule);
		json_write_member(w, "level", level_of(f->action));
		write_message(w, arena_printf(report->arena, "%s: %s", report_title(report, o), f->message));
		write_location(report, o, &f->place, w);
		json_write_close(w, '}');
	}
}

/* Each rule id once. */
static void write_rules(const struct report *report, struct json_writer *w)
{
	struct findings seen = {.count = 0};

	json_write_key(w, SLICE_LIT("rules"));
	json_write_open(w, '[');
	for (size_t i = 0; i < report->count; i++) {
		struct findings violations = report_violations(report, &report->items[i]);
		for (size_t k = 0; k < violations.count; k++) {
			size_t before = seen.count;
			findings_add(&seen, report->arena, (struct finding){violations.items[k].rule, ACTION_DENY, "", {0}});
			if (seen.count == before)
				continue;
			json_write_open(w, '{');
			json_write_member(w, "id", violations.items[k].rule);
			json_write_close(w, '}');
		}
	}
	json_write_close(w, ']');
}

static void write_tool(const struct report *report, struct json_writer *w)
{
	json_write_key(w, SLICE_LIT("tool"));
	json_write_open(w, '{');
	json_write_key(w, SLICE_LIT("driver"));
	json_write_open(w, '{');
	json_write_member(w, "name", "sparkgate");
	write_rules(report, w);
	json_write_close(w, '}');
	json_write_close(w, '}');
}

void report_sarif(const struct report *report, struct buf *out)
{
	struct json_writer w = json_writer(out);

	json_write_open(&w, '{');
	json_write_member(&w, "$schema", SCHEMA);
	json_write_member(&w, "version", "2.1.0");
	json_write_key(&w, SLICE_LIT("runs"));
	json_write_open(&w, '[');
	json_write_open(&w, '{');
	write_tool(report, &w);
	json_write_key(&w, SLICE_LIT("results"));
	json_write_open(&w, '[');
	for (size_t i = 0; i < report->count; i++)
		write_results(report, &report->items[i], &w);
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	buf_addc(out, '\n');
}
