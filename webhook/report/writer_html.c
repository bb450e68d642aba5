/*
 * One self-contained page: a table a group, written as objects come, and the sum after them, which
 * the script moves to the top. Without the script it is a document to read.
 *
 * The Content-Security-Policy lets the style sheet and the script run whose bytes it names, and nothing else: no
 * address is asked, no attribute is a program, whatever a name or message holds.
 */
#include "report/page.h"
#include "report/writer_formats.h"

#include "base/clock.h"
#include "base/html.h"
#include "base/plural.h"

static void add_text(struct buf *out, const char *text)
{
	html_text(out, slice_of(text));
}

static void add_part(struct buf *out, const char *tag, const struct page_part *part)
{
	buf_printf(out, "<%s>", tag);
	buf_add(out, (struct slice){part->text, part->len});
	buf_printf(out, "</%s>\n", tag);
}

static void add_document_head(const struct report_style *style, const char *time, struct buf *out)
{
	buf_printf(out,
		   "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '%s'; "
		   "script-src '%s'; "
		   "base-uri 'none'; form-action 'none'\">\n"
		   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		   "<meta name=\"color-scheme\" content=\"light dark\">\n<title>sparkgate %s",
		   page_style.hash, page_script.hash, style->command);
	if (style->source) {
		buf_adds(out, ", ");
		add_text(out, style->source);
	}
	buf_printf(out, ", %s</title>\n", time);
	add_part(out, "style", &page_style);
	add_part(out, "script", &page_script);
	buf_adds(out, "</head>\n");
}

static void add_fact(struct buf *out, const char *term, const char *text)
{
	if (!text)
		return;
	buf_printf(out, "<div><dt>%s</dt><dd>", term);
	add_text(out, text);
	buf_adds(out, "</dd></div>\n");
}

/* Hidden until the script makes them work. */
static const char controls[] =
	"<div id=\"filter\" role=\"search\" aria-label=\"Filter objects\" hidden>\n"
	"<div class=\"wide\"><label for=\"q\">Search</label>"
	"<input id=\"q\" name=\"q\" type=\"search\" placeholder=\"name, rule or message\" autocomplete=\"off\" "
	"spellcheck=\"false\"></div>\n"
	"<div><label for=\"show\">Result</label><select id=\"show\" name=\"show\"><option "
	"value=\"\">any</option></select></div>\n"
	"<div><label for=\"ns\">Namespace</label><select id=\"ns\" name=\"ns\"><option "
	"value=\"\">any</option></select></div>\n"
	"<div><label for=\"kind\">Kind</label><select id=\"kind\" name=\"kind\"><option "
	"value=\"\">any</option></select></div>\n"
	"<div><label for=\"rule\">Rule</label><select id=\"rule\" name=\"rule\"><option "
	"value=\"\">any</option></select></div>\n"
	"<div><button id=\"clear\" type=\"button\">Clear</button></div>\n"
	"</div>\n"
	"<div id=\"status\" hidden><p id=\"count\" role=\"status\"></p><p class=\"keys\"></p></div>\n";

static void html_begin(struct report_writer *w)
{
	const struct report_style *style = &w->style;
	struct buf out = buf_in(&w->kept);
	char time[CLOCK_TEXT_SIZE];

	clock_print(style->now, time);
	add_document_head(style, time, &out);
	buf_printf(&out, "<body>\n<header>\n<div class=\"top\"><h1>sparkgate <span>%s</span></h1></div>\n<dl>\n",
		   style->command);
	add_fact(&out, "Source", style->source);
	add_fact(&out, "Time", time);
	add_fact(&out, "Policy", style->policy);
	add_fact(&out, "Judged", style->scope);
	buf_adds(&out, "</dl>\n</header>\n<main>\n");
	buf_adds(&out, controls);
	writer_put(w, buf_slice(&out));
	arena_reset(&w->kept);
}

/* ---- a group: a namespace ---- */

/* "12 objects: 3 refused, 1 drift" */
static void add_sum(size_t objects, const size_t classes[HTML_CLASSES], struct buf *out)
{
	const char *between = ": ";

	buf_printf(out, "%zu object%s", objects, plural(objects));
	for (unsigned i = 0; i < HTML_CLASSES; i++) {
		if (classes[i] == 0)
			continue;
		buf_printf(out, "%s%zu %s", between, classes[i], report_html_words[i]);
		between = ", ";
	}
}

static void end_group(struct report_writer *w, struct buf *out)
{
	if (!w->group)
		return;
	buf_adds(out, "<tfoot><tr><td colspan=\"6\">");
	add_sum(w->group_objects, w->group_classes, out);
	buf_adds(out, "</td></tr></tfoot>\n</table>\n</section>\n");
	memset(w->group_classes, 0, sizeof(w->group_classes));
	w->group_objects = 0;
}

static void begin_group(struct report_writer *w, const struct report_object *o, const char *group, struct buf *out)
{
	const struct decision *d = report_decision(o);
	const char *mode = mode_name(d->ns.mode), *backend = backend_name(d->ns.backend);

	arena_reset(&w->group_arena);
	w->group = arena_dup(&w->group_arena, slice_of(group));
	buf_adds(out, "<section");
	html_attribute(out, "data-ns", group);
	buf_adds(out, ">\n<h2>");
	add_text(out, group);
	buf_adds(out, "</h2>\n<p class=\"about\">");
	if (!mode)
		buf_adds(out, "not opted in");
	else if (backend)
		buf_printf(out, "mode %s, backend %s", mode, backend);
	else
		buf_printf(out, "mode %s, no backend", mode);
	buf_adds(out, "</p>\n<table>\n<thead><tr><th scope=\"col\">Result</th><th scope=\"col\">Name</th><th "
		      "scope=\"col\">Kind</th>"
		      "<th scope=\"col\">Backend</th><th scope=\"col\">Spark</th><th "
		      "scope=\"col\">Rules</th></tr></thead>\n");
}

static void count(struct report_writer *w, const struct report_object *o)
{
	unsigned classes = report_html_classes(o);

	for (unsigned i = 0; i < HTML_CLASSES; i++) {
		w->classes[i] += classes >> i & 1;
		w->group_classes[i] += classes >> i & 1;
	}
	w->group_objects++;
	w->not_opted_in += report_role(o) != ROLE_NONE && report_decision(o)->ns.mode == MODE_NONE;
}

static void html_object(struct report_writer *w, const struct report *report, const struct report_object *o,
			struct buf *out)
{
	const char *group = o->group ? o->group : o->file ? o->file : "";

	if (!w->group || strcmp(w->group, group) != 0) {
		end_group(w, out);
		begin_group(w, o, group, out);
	}
	count(w, o);
	report_html_object(report, o, out);
}

/* ---- the end ---- */

static void add_tile(struct buf *out, const char *word, size_t count, const char *label)
{
	buf_printf(out, "<li><a class=\"tile %s\" href=\"#show=%s\"><b>%zu</b> %s</a></li>\n", count ? word : "none",
		   word, count, label);
}

static void html_end(struct report_writer *w)
{
	static const char *const labels[HTML_CLASSES] = {"enforce refuses", "enforce rewrites", "drifted",
							 "with warnings",   "with notes",       "all well"};
	struct buf out = buf_in(&w->kept);

	end_group(w, &out);
	if (w->sum.objects == 0)
		buf_adds(&out, "<p class=\"nothing\">Nothing of Spark Connect was found.</p>\n");
	buf_printf(&out,
		   "<section id=\"totals\"><h2>Totals</h2>\n<ul>\n<li><a class=\"tile\" href=\"#\"><b>%zu</b> "
		   "object%s</a></li>\n",
		   w->sum.objects, plural(w->sum.objects));
	for (unsigned i = 0; i < HTML_CLASSES; i++)
		add_tile(&out, report_html_words[i], w->classes[i], labels[i]);
	buf_adds(&out, "</ul>\n");
	if (w->not_opted_in > 0)
		buf_printf(&out, "<p>%zu object%s in namespaces that have not opted in %s not judged: <code>--as enforce</code> says what would become "
				 "of %s.</p>\n", w->not_opted_in, plural(w->not_opted_in), w->not_opted_in == 1 ? "is" : "are",
			   w->not_opted_in == 1 ? "it" : "them");
	if (w->sum.not_judged > 0)
		buf_printf(&out, "<p class=\"failed\">%zu object%s could not be judged: standard error said why.</p>\n",
			   w->sum.not_judged, plural(w->sum.not_judged));
	buf_adds(&out, "</section>\n</main>\n</body>\n</html>\n");
	writer_put(w, buf_slice(&out));
}

const struct writer_class writer_html = {.begin = html_begin, .object = html_object, .end = html_end};
