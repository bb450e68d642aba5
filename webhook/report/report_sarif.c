/* SARIF 2.1.0 (OASIS): what code hosts show beside the lines of a pull request. */
#include "report/report.h"

#include "base/json_write.h"

static const char *level_of(enum action action)
{
	return action == ACTION_DENY ? "error" : action == ACTION_WARN ? "warning" : "note";
}

static void write_message(struct json_writer *w, const char *text)
{
	json_write_member_open(w, "message", '{');
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

	json_write_member_open(w, "locations", '[');
	json_write_open(w, '{');
	json_write_member_open(w, "physicalLocation", '{');
	json_write_member_open(w, "artifactLocation", '{');
	json_write_member(w, "uri", artifact_of(report->arena, o));
	json_write_close(w, '}');
	json_write_member_open(w, "region", '{');
	json_write_member_int(w, "startLine", line ? line : 1);
	json_write_close(w, '}');
	json_write_close(w, '}');
	json_write_member_open(w, "logicalLocations", '[');
	json_write_open(w, '{');
	json_write_member(w, "fullyQualifiedName", report_title(report, o));
	json_write_close(w, '}');
	json_write_close(w, ']');
	json_write_close(w, '}');
	json_write_close(w, ']');
}

void report_sarif_results(const struct report *report, const struct report_object *o, struct json_writer *w)
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
