/* What no fuzz target asks alone, each called as its module's header says. */
#include "work.h"

#include "base/digest.h"
#include "base/html.h"
#include "base/json.h"
#include "base/json_patch.h"
#include "base/xml.h"
#include "http/peek.h"
#include "spark/java_options.h"
#include "spark/rule_settings.h"
#include "spark/kube_refs.h"
#include "spark/setting.h"
#include "spark/shell_names.h"

#include <stdio.h>
#include <stdlib.h>

static void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "the recipe is none: %s\n", what);
	abort();
}

/* An operation about every element of an array, or of the array's end. */
static void patch(struct arena *a, struct slice text, const char *op)
{
	struct json_patch p = json_patch_in(a);
	const struct json *document;
	struct json *after;
	struct err err = {""};

	need(json_parse(a, text, &document, &err) == 0, err.text);
	for (size_t i = 0, n = json_count(json_get(document, "a")); i < n; i++)
		json_patch_add(&p, op, arena_path(a, "/a", i), SLICE_LIT("7"));
	(void)json_patch_print(&p, "/spec");
	need(json_patch_apply(a, document, &p, &after, &err) == 0, err.text);
	(void)json_print(a, after);
}

void target_patch(struct arena *a, struct slice text)
{
	patch(a, text, "replace");
}

void target_inserts(struct arena *a, struct slice text)
{
	patch(a, text, "add");
}

void target_peek(struct arena *a, struct slice text)
{
	struct peeked peeked;

	(void)a;
	(void)peek(text, &peeked);
}

void target_base64(struct arena *a, struct slice text)
{
	struct buf in = buf_in(a), out = buf_in(a);

	base64_encode(&in, text);
	need(base64_decode(&out, buf_slice(&in)) == 0 && out.len == text.len, "base64 of a text");
	need(base64_decode(&out, text) == 0, "a text of base64");
}

void target_redaction(struct arena *a, struct slice text)
{
	(void)setting_is_secret(text);
	(void)setting_show(a, SLICE_LIT("spark.a"), text);
}

/* Half of the text is a container with an environment, half is what is expanded in it: they adjoin at the first '|'. */
void target_expansion(struct arena *a, struct slice text)
{
	struct slice container = slice_cut(&text, '|');
	const struct json *parsed;
	struct err err = {""};
	size_t known;

	need(json_parse(a, container, &parsed, &err) == 0, err.text);
	struct kube_env env = kube_env_of(a, parsed);
	(void)kube_expand(a, &env, text, &known);
}

void target_java_options(struct arena *a, struct slice text)
{
	struct slice value;

	(void)java_words(a, text, JAVA_LAUNCHER);
	(void)java_words(a, text, JAVA_MACHINE);
	while (java_property_next(&text, SLICE_LIT("spark.k"), &value))
		;
}

void target_shell_names(struct arena *a, struct slice text)
{
	struct slice rest = shell_without_quotes(a, text), name;

	while (rest.len > 0)
		if (!shell_skip_variable(&rest, &name))
			rest = (struct slice){rest.ptr + 1, rest.len - 1};
}

/* text: a name on each line, each a setting that a rule may be about. */
void target_rule_settings(struct arena *a, struct slice text)
{
	static const struct rule rule = {.key = "spark.*", .verb = VERB_FORBID, .match = "evil"};
	struct view view = {.guessed = true};
	struct rule_settings found = {.view = &view};

	while (text.len > 0)
		settings_add(&view.settings, a, (struct setting){.key = slice_cut(&text, '\n'), .value = SLICE_LIT("x"), .literal = true, .source = SOURCE_PROPERTIES_FILE});
	for (int i = 0; i < 4; i++) {
		rule_settings_begin(&found, a, &rule);
		while (rule_settings_next(&found))
			;
	}
}

void target_html(struct arena *a, struct slice text)
{
	struct buf out = buf_in(a);

	html_text(&out, text);
}

void target_xml(struct arena *a, struct slice text)
{
	struct buf out = buf_in(a);

	xml_text(&out, arena_dup(a, text));
}
