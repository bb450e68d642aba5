/* What changes, as a unified diff of each object's YAML. */
#include "report/diff.h"
#include "report/report.h"

/* "--- a/" goes before it: an absolute path loses its slash, as git prints it. */
static const char *name_of(const struct report *report, const struct report_object *o)
{
	const char *file = o->file ? o->file : "live";

	while (*file == '/')
		file++;
	const char *name = arena_printf(report->arena, "%s (%s)", file, report_title(report, o));
	return report_tame(report->arena, name).ptr;
}

void report_diff_object(const struct report *report, const struct report_object *o, struct buf *out)
{
	if (o->result && o->result != o->original)
		diff_lines(report->arena, name_of(report, o), yaml_print(report->arena, o->original),
			   yaml_print(report->arena, o->result), report->color, out);
}
