/* What changes, as a unified diff of each object's YAML. */
#include "report/lines.h"
#include "report/report.h"

void report_diff(const struct report *report, struct buf *out)
{
	for (size_t i = 0; i < report->count; i++) {
		const struct report_object *o = &report->items[i];
		const struct json *before = o->original;
		if (!o->result || o->result == before)
			continue;
		const char *name = arena_printf(report->arena, "%s (%s)", o->file ? o->file : "live", report_title(report, o));
		diff_lines(report->arena, name, yaml_print(report->arena, before), yaml_print(report->arena, o->result),
			   report->color, out);
	}
}
