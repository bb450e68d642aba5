/* YAML as kubectl reads it. The scalars have an oracle of their own in tests/conformance/yaml. */
#include "base/buf.h"
#include "base/limits.h"
#include "base/yaml.h"
#include "testing.h"

#include <stdlib.h>

static const char *read_one(struct arena *a, const char *text, enum yaml_flavour flavour, struct err *err)
{
	struct yaml_stream s;

	json_setup();
	if (yaml_parse(a, slice_of(text), flavour, &s, err) < 0)
		return NULL;
	struct buf all = buf_in(a);
	for (size_t i = 0; i < s.count; i++)
		buf_printf(&all, "%s%s", i ? " " : "", json_print(a, s.items[i].root).ptr);
	return buf_slice(&all).ptr;
}

static const struct {
	const char *yaml, *json; /* json with ' for " */
} manifests[] = {
	{"a: 1\nb: [x, 'y', \"z\"]\n", "{'a':1,'b':['x','y','z']}"},
	{"a: yes\nb: n\nc: Off\nd: 'yes'", "{'a':true,'b':false,'c':false,'d':'yes'}"},
	{"a: 012\nb: 0o14\nc: 0x1F\nd: 0b101\ne: 08\nf: 1_000\ng: -0x10", "{'a':10,'b':12,'c':31,'d':5,'e':8,'f':1000,'g':-16}"},
	{"a: 1.5\nb: .5\nc: 1e3\nd: 1e999\ne: 2001-01-01\nf: 1:30", "{'a':1.5,'b':0.5,'c':1000,'d':'1e999','e':'2001-01-01','f':'1:30'}"},
	{"a:\nb: ~\nc: null\nd: ''", "{'a':null,'b':null,'c':null,'d':''}"},
	{"1: a\n012: b\n1.5: c\ntrue: d\n1e6: e", "{'1':'a','10':'b','1.5':'c','true':'d','1e+06':'e'}"},
	{"a: &x {q: 1}\nb: *x\nc: [*x, *x]", "{'a':{'q':1},'b':{'q':1},'c':[{'q':1},{'q':1}]}"},
	{"a: &x {q: 1, r: 2}\nb:\n  <<: *x\n  r: 3", "{'a':{'q':1,'r':2},'b':{'q':1,'r':3}}"},
	/* go-yaml v2 lets what is merged later win, whatever the specification says */
	{"a: &x {q: 1}\nb:\n  q: 2\n  <<: *x", "{'a':{'q':1},'b':{'q':1}}"},
	{"b:\n  <<: [{q: 1}, {q: 2, r: 3}]", "{'b':{'r':3,'q':1}}"},
	{"a: {'<<': 1}", "{'a':{'<<':1}}"},
	{"a: !!str 12\nb: !!int '7'\nc: !!float 1\nd: !!bool 'yes'\ne: !!null ''", "{'a':'12','b':7,'c':1,'d':true,'e':null}"},
	{"a: !!map {}\nb: !!seq []", "{'a':{},'b':[]}"},
	{"a: |\n  x\n  y\nb: >-\n  x\n  y\nc: |+\n  x\n\n", "{'a':'x\\ny\\n','b':'x y','c':'x\\n\\n'}"},
	{"---\na: 1\n---\n# nothing\n---\nb: 2\n...\n---\n", "{'a':1} null {'b':2} null"},
	{"", ""},
	{"# only a comment\n", ""},
	{"\xEF\xBB\xBF" "a: 1", "{'a':1}"},
	{"%YAML 1.1\n---\na: 1", "{'a':1}"},
	{"{'a': 1, b: [c]}", "{'a':1,'b':['c']}"},
	{"{\"a\": 1}", "{'a':1}"},
	{" {\"a\": \"}{\"}\n{\"b\": [2]}\n---\n[{\"c\":3}]\n", "{'a':'}{'} {'b':[2]} [{'c':3}]"},
	{"{}", "{}"},
	{"{\"a\": 1}\n...\n---\nb: 2", "{'a':1} {'b':2}"},
	{"a: 9223372036854775807\nb: -9223372036854775808", "{'a':9223372036854775807,'b':-9223372036854775808}"},
	{"a: \"\\u00e9\\x01\\t\"", "{'a':'\xC3\xA9\\u0001\\t'}"},
};

Test(yaml, reads_manifests_as_kubectl_does)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(manifests); i++) {
		struct err err = {""};
		const char *json = read_one(&a, manifests[i].yaml, YAML_MANIFEST, &err);
		cr_assert(json, "%s: %s", manifests[i].yaml, err.text);
		cr_expect_str_eq(json, quoted(&a, manifests[i].json).ptr, "%s", manifests[i].yaml);
	}
	arena_release(&a);
}

static const struct {
	const char *yaml;
	enum yaml_flavour flavour;
	const char *error; /* contained */
} refusals[] = {
	{"a: 1\nb: 2\na: 3", YAML_MANIFEST, "line 3: key 'a' appears twice in one mapping (first on line 1)"},
	{"x: {a: 1, 'a': 2}", YAML_MANIFEST, "line 1: key 'a' appears twice"},
	{"1: a\n'1': b", YAML_MANIFEST, "line 2: key '1' appears twice"},
	{"{\"a\":1,\"a\":2}", YAML_MANIFEST, "line 1: the JSON value that begins here: not valid JSON at line 1 column 8: a key appears twice"},
	{"a: &x [1, *x]", YAML_MANIFEST, "line 1: anchor 'x' contains itself"},
	{"a: &x\n  <<: *x", YAML_MANIFEST, "line 2: anchor 'x' contains itself"},
	{"a: *nobody", YAML_MANIFEST, "line 1: no anchor 'nobody' comes before this"},
	{"a: &x 1\n---\nb: *x", YAML_MANIFEST, "line 3: no anchor 'x' comes before this"},
	{"<<: 1", YAML_MANIFEST, "line 1: '<<' takes a mapping"},
	{"<<: [1]", YAML_MANIFEST, "line 1: '<<' takes a mapping"},
	{"a: !!int x", YAML_MANIFEST, "line 1: 'x' is not of type !!int"},
	{"a: !!binary aGk=", YAML_MANIFEST, "line 1: tag '!!binary' is not supported"},
	{"a: !mine x", YAML_MANIFEST, "line 1: tag '!mine' is not supported"},
	{"a: !!seq {}", YAML_MANIFEST, "line 1: tag"},
	{"\n? [a]\n: b", YAML_MANIFEST, "line 2: a key must be a string"},
	{"a: {{ .Values.x }}", YAML_MANIFEST, "render it first"},
	{"~: a", YAML_MANIFEST, "line 1: key '~' is not a string"},
	{"a: .inf", YAML_MANIFEST, "line 1: '.inf' is not a JSON number"},
	{"a: \"x\\0y\"", YAML_MANIFEST, "line 1: a string holds a NUL"},
	{"a: b\n c: d\n", YAML_MANIFEST, "line 2:"},
	{"a: [1\nb: 2", YAML_MANIFEST, "line 2:"},
	{"a: \xFF", YAML_MANIFEST, "line 1: invalid leading UTF-8"},
	{"a: 1\nb: \x01", YAML_MANIFEST, "line 2: control characters"},
	{"{\"a\": 1,}", YAML_MANIFEST, "line 1: the JSON value that begins here"},
	{"\n{\"a\": 1\n", YAML_MANIFEST, "line 2: the JSON value that begins here"},
	{"\n{\"a\": 1} x", YAML_MANIFEST, "line 2: did not find expected <document start>"},
	{"a: yes", YAML_STRICT, "line 1: 'yes' without quotes means different things to different readers: quote it"},
	{"a: 012", YAML_STRICT, "quote it"},
	{"a: 0x1f", YAML_STRICT, "quote it"},
	{"a: 1_000", YAML_STRICT, "quote it"},
	{"a: +1", YAML_STRICT, "quote it"},
	{"a: .5", YAML_STRICT, "quote it"},
	{"a: ~", YAML_STRICT, "quote it"},
	{"a: True", YAML_STRICT, "quote it"},
	{"a: 1e999", YAML_STRICT, "quote it"},
	{"a: 22:30", YAML_STRICT, "quote it"},
	{"on: 1", YAML_STRICT, "quote it"},
	{"1: a", YAML_STRICT, "key '1' is not a string: quote it"},
	{"true: a", YAML_STRICT, "key 'true' is not a string: quote it"},
	{"a: &x 1", YAML_STRICT, "line 1: anchors and aliases are not used"},
	{"a: !!str 1", YAML_STRICT, "line 1: tags are not used"},
	{"a: ! '1'", YAML_STRICT, "line 1: tags are not used"},
	{"<<: {}", YAML_STRICT, "quote it"},
};

Test(yaml, refuses_with_the_line)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct err err = {""};
		const char *json = read_one(&a, refusals[i].yaml, refusals[i].flavour, &err);
		cr_assert_null(json, "%s gave %s", refusals[i].yaml, json);
		cr_expect(slice_has(slice_of(err.text), refusals[i].error), "%s: %s", refusals[i].yaml, err.text);
	}
	arena_release(&a);
}

Test(yaml, strict_takes_what_is_clear)
{
	struct arena a = ARENA_INIT;
	struct err err = {""};
	const char *json = read_one(&a, "a: true\nb: null\nc: -1.5e3\nd: x-y\ne: 'yes'\nf: 2026-01-31\ng: spark://h:7077\nh: 0\n",
				    YAML_STRICT, &err);

	cr_assert(json, "%s", err.text);
	cr_expect_str_eq(json, quoted(&a, "{'a':true,'b':null,'c':-1500,'d':'x-y','e':'yes','f':'2026-01-31','g':'spark://h:7077','h':0}").ptr);
	arena_release(&a);
}

Test(yaml, leaves_the_stream_alone_on_failure)
{
	struct arena a = ARENA_INIT;
	struct yaml_stream s = {.count = 77};
	struct err err = {""};

	json_setup();
	cr_expect_eq(yaml_parse(&a, SLICE_LIT("a: 1\na: 2"), YAML_MANIFEST, &s, &err), -1);
	cr_expect_eq(s.count, 77);
	arena_release(&a);
}

/* ---- limits: each of these would be slow, deep or large ---- */

static struct slice repeat(struct arena *a, const char *head, const char *text, size_t times, const char *tail)
{
	struct buf b = buf_in(a);

	buf_adds(&b, head);
	for (size_t i = 0; i < times; i++)
		buf_adds(&b, text);
	buf_adds(&b, tail);
	return buf_slice(&b);
}

static void expect_refused(struct arena *a, struct slice text, const char *error)
{
	struct yaml_stream s;
	struct err err = {""};

	json_setup();
	cr_assert_eq(yaml_parse(a, text, YAML_MANIFEST, &s, &err), -1, "%.40s", text.ptr);
	cr_expect(slice_has(slice_of(err.text), error), "%.40s: %s", text.ptr, err.text);
}

Test(yaml, bounds_what_is_hostile)
{
	struct arena a = ARENA_INIT;

	expect_refused(&a, repeat(&a, "", "[x,", 40000, ""), "nested deeper than 64");
	expect_refused(&a, repeat(&a, "", "{a: ", 40000, ""), "nested deeper than 64");
	expect_refused(&a, repeat(&a, "", "- ", 40000, ""), "nested deeper than 64");
	expect_refused(&a, repeat(&a, "", "{\"a\":", 40000, ""), "not valid JSON");
	expect_refused(&a, repeat(&a, "", "- a\n", LIMIT_YAML_NODES + 1, ""), "more than");
	struct buf documents = buf_in(&a);
	for (int i = 0; i < 2; i++) {
		buf_add(&documents, repeat(&a, "a: &a [", "x,", 1000, "]\nb: ["));
		buf_add(&documents, repeat(&a, "", "*a,", 400, "]\n# "));
		buf_add(&documents, repeat(&a, "", "room for what grows ", 100000, "\n---\n"));
	}
	expect_refused(&a, buf_slice(&documents), "aliases make this document too large");
	expect_refused(&a, repeat(&a, "", "%TAG !a! x\n", 100000, "--- a"), "lines begin with '%'");
	expect_refused(&a, repeat(&a, "", "- &a x\n", 1001, ""), "more than 1000 anchors");

	/* a text of 1 KiB, ten times nine levels deep */
	struct buf bomb = buf_in(&a);
	buf_adds(&bomb, "a0: &a0 x\n");
	for (int i = 1; i < 9; i++)
		buf_add(&bomb, repeat(&a, arena_printf(&a, "a%d: &a%d [", i, i), arena_printf(&a, "*a%d,", i - 1), 10, "]\n"));
	expect_refused(&a, buf_slice(&bomb), "aliases make this document too large");

	/* few aliases, long text */
	struct slice lengthy = repeat(&a, "a: &a ", "0123456789abcdef", 4096, "\nb: [");
	expect_refused(&a, repeat(&a, lengthy.ptr, "*a,", 100000, "]"), "aliases make this document too large");

	/* aliases that nest */
	struct slice deep = repeat(&a, "a: &a ", "[", 40, "");
	deep = repeat(&a, deep.ptr, "]", 40, "\nb: ");
	deep = repeat(&a, deep.ptr, "[", 40, "*a");
	expect_refused(&a, repeat(&a, deep.ptr, "]", 40, ""), "aliases nest deeper than 64");

	/* one mapping merged again and again */
	struct buf merge = buf_in(&a);
	buf_adds(&merge, "a: &a\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&merge, "  k%d: 1\n", i);
	buf_adds(&merge, "b:\n");
	for (int i = 0; i < 1000; i++)
		buf_adds(&merge, "- <<: *a\n");
	expect_refused(&a, buf_slice(&merge), "too many values after merging");
	arena_release(&a);
}

Test(yaml, reads_large_mappings_in_time)
{
	struct arena a = ARENA_INIT;
	struct yaml_stream s;
	struct err err = {""};
	struct buf b = buf_in(&a);

	json_setup();
	for (int i = 0; i < 50000; i++)
		buf_printf(&b, "key%d: value\n", i);
	cr_assert_eq(yaml_parse(&a, buf_slice(&b), YAML_MANIFEST, &s, &err), 0, "%s", err.text);
	cr_expect_eq(json_count(s.items[0].root), 50000);
	arena_release(&a);
}

/* ---- lines and bytes ---- */

static const char document[] = "# head\n"
			       "---\n"
			       "# source\n"
			       "kind: Pod\n"
			       "spec:\n"
			       "  containers:\n"
			       "  - name: a\n"
			       "    args: [x,\n"
			       "      y]\n"
			       "  - name: b\n"
			       "data:\n"
			       "  spark-defaults.conf: |\n"
			       "    spark.master k8s://h\n"
			       "    spark.x y\n"
			       "  a/b~c: >\n"
			       "    folded\n"
			       "    text\n"
			       "same: &s {t: 1}\n"
			       "again: *s\n"
			       "---\n"
			       "kind: Service\n";

static const struct {
	const char *pointer;
	unsigned text_line, line;
} lines[] = {
	{"", 0, 4},
	{"/kind", 0, 4},
	{"/spec", 0, 5},
	{"/spec/containers", 0, 6},
	{"/spec/containers/0", 0, 7},
	{"/spec/containers/0/args", 0, 8},
	{"/spec/containers/0/args/1", 0, 9},
	{"/spec/containers/1/name", 0, 10},
	{"/spec/containers/1/securityContext/runAsNonRoot", 0, 10}, /* not there: the nearest thing above */
	{"/spec/containers/9", 0, 6},
	{"/data/spark-defaults.conf", 0, 12},
	{"/data/spark-defaults.conf", 2, 14},
	{"/data/a~1b~0c", 0, 15},
	{"/data/a~1b~0c", 2, 15}, /* folded: its lines are not the file's */
	{"/again/t", 0, 18},
	{"/nothing", 0, 4},
};

Test(yaml, knows_the_line_of_a_pointer)
{
	struct arena a = ARENA_INIT;
	struct yaml_stream s;
	struct err err = {""};

	json_setup();
	cr_assert_eq(yaml_parse(&a, slice_of(document), YAML_MANIFEST, &s, &err), 0, "%s", err.text);
	for (size_t i = 0; i < COUNT(lines); i++)
		cr_expect_eq(yaml_text_line(&s.items[0], lines[i].pointer, lines[i].text_line), lines[i].line, "%s %u: %u",
			     lines[i].pointer, lines[i].text_line,
			     yaml_text_line(&s.items[0], lines[i].pointer, lines[i].text_line));
	cr_expect_eq(yaml_line(&s.items[1], "/kind"), 21);
	arena_release(&a);
}

/* Documents adjoin, so that a stream can be copied in parts; multi-byte characters count as bytes. */
Test(yaml, knows_the_bytes_of_a_document)
{
	static const char *const streams[] = {
		document,
		"a: \xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\n---\nb: 1\n...\n# tail\n",
		"\xEF\xBB\xBF# \xC3\xA9\n--- {a: 1}\n--- [2]\n---\n",
		"{\"a\":1}\n\n{\"b\":2}\n---\n{\"c\":3}\n",
	};
	struct arena a = ARENA_INIT;

	json_setup();
	for (size_t i = 0; i < COUNT(streams); i++) {
		struct yaml_stream s;
		struct err err = {""};
		size_t at = 0;
		cr_assert_eq(yaml_parse(&a, slice_of(streams[i]), YAML_MANIFEST, &s, &err), 0, "%zu: %s", i, err.text);
		for (size_t k = 0; k < s.count; k++) {
			cr_expect_eq(s.items[k].start, at, "%zu.%zu", i, k);
			cr_expect(s.items[k].content >= at && s.items[k].content <= s.items[k].end, "%zu.%zu", i, k);
			at = s.items[k].end;
		}
		cr_expect_eq(at, strlen(streams[i]), "%zu", i);
	}
	arena_release(&a);
}

Test(yaml, begins_a_value_where_it_begins)
{
	struct arena a = ARENA_INIT;
	struct yaml_stream s;
	struct err err = {""};

	json_setup();
	cr_assert_eq(yaml_parse(&a, slice_of(document), YAML_MANIFEST, &s, &err), 0, "%s", err.text);
	cr_expect(slice_starts(slice_of(document + s.items[0].content), "kind: Pod"));
	cr_expect(slice_starts(slice_of(document + s.items[1].content), "kind: Service"));
	arena_release(&a);
}

/* ---- printing ---- */

static const struct {
	const char *json, *yaml;
} prints[] = {
	{"{'a':{'b':[1,{'c':'x','d':[['q']]}],'e':[],'f':{}}}",
	 "a:\n  b:\n  - 1\n  - c: x\n    d:\n    - - q\n  e: []\n  f: {}\n"},
	{"{'a':'x\\ny\\n','b':'x\\ny','c':'x\\n\\n'}", "a: |\n  x\n  y\nb: |-\n  x\n  y\nc: |+\n  x\n\n"},
	{"['\\tx\\ny \\n']", "- |2\n  \tx\n  y \n"},
	{"['x\\r\\ny']", "- \"x\\x0d\\ny\"\n"},
	{"['yes','012','1.5','~','','2001-01-01','1:30','-','- a','a: b','a #b','*a','---','true']",
	 "- \"yes\"\n- \"012\"\n- \"1.5\"\n- \"~\"\n- \"\"\n- \"2001-01-01\"\n- \"1:30\"\n- \"-\"\n- \"- a\"\n- \"a: b\"\n"
	 "- \"a #b\"\n- \"*a\"\n- \"---\"\n- \"true\"\n"},
	{"['--master','k8s://h:443','a b','$(X)','x=y','-Xmx1g']",
	 "- --master\n- k8s://h:443\n- a b\n- $(X)\n- x=y\n- -Xmx1g\n"},
	{"[true,false,null,0,-1,1.5]", "- true\n- false\n- null\n- 0\n- -1\n- 1.5\n"},
	{"['{\\'v\\':1}','a\\\\b','it\\'s \\\\']", "- '{\"v\":1}'\n- a\\b\n- it\"s \\\n"},
	{"{'on':'a','1':'b'}", "\"on\": a\n\"1\": b\n"},
	{"'x'", "x\n"},
	{"{}", "{}\n"},
};

Test(yaml, prints_for_people)
{
	struct arena a = ARENA_INIT;

	json_setup();
	for (size_t i = 0; i < COUNT(prints); i++) {
		const struct json *v;
		struct err err = {""};
		cr_assert_eq(json_parse(&a, quoted(&a, prints[i].json), &v, &err), 0, "%s", err.text);
		cr_expect_str_eq(yaml_print(&a, v).ptr, prints[i].yaml, "%s", prints[i].json);
	}
	arena_release(&a);
}

/* Pieces that are syntax somewhere, put together at random: what is printed reads back the same. */
static const char *const pieces[] = {
	"a", " ", "\\n", "\\t", ":", "#", "-", "?", "'", "\\\"", "\\\\", "{", "}", "[", "]", ",", "&", "*", "!", "|",
	">", "%", "@", "`", "~", "null", "yes", "12", "0x1f", "1e3", ".5", "=", "<<", "---", "...", "\xC3\xA9",
	"\xF0\x9F\x98\x80", "\xC2\x85", "\xE2\x80\xA8", "\xEF\xBB\xBF", "\\u007f", "\\u0001", "\\r", "\\r\\n", "$(X)",
};

static const char *random_text(struct arena *a, unsigned *seed)
{
	struct buf b = buf_in(a);
	int count = rand_r(seed) % 8;

	buf_addc(&b, '"');
	for (int i = 0; i < count; i++)
		buf_adds(&b, pieces[(size_t)rand_r(seed) % COUNT(pieces)]);
	buf_addc(&b, '"');
	return buf_slice(&b).ptr;
}

Test(yaml, prints_what_reads_back_the_same)
{
	struct arena a = ARENA_INIT;
	unsigned seed = 1;

	json_setup();
	for (int i = 0; i < 3000; i++) {
		const struct json *v;
		struct yaml_stream s;
		struct err err = {""};
		const char *json = arena_printf(&a, "{\"k\":[%s,{%s:%s}],\"l\":%s}", random_text(&a, &seed), random_text(&a, &seed),
						random_text(&a, &seed), random_text(&a, &seed));
		cr_assert_eq(json_parse(&a, slice_of(json), &v, &err), 0, "%s: %s", json, err.text);
		struct slice yaml = yaml_print(&a, v);
		cr_assert_eq(yaml_parse(&a, yaml, YAML_MANIFEST, &s, &err), 0, "%s\n%s\n%s", json, yaml.ptr, err.text);
		cr_assert_eq(s.count, 1, "%s\n%s", json, yaml.ptr);
		cr_assert_str_eq(json_print(&a, s.items[0].root).ptr, json_print(&a, v).ptr, "%s", yaml.ptr);
		arena_reset(&a);
	}
	arena_release(&a);
}

/* And a dump of a cluster more than a manifest. */
Test(yaml, dumps_are_longer_than_manifests)
{
	struct arena a = ARENA_INIT;
	struct yaml_stream s;
	struct err err = {""};
	struct slice text = repeat(&a, "", "- a\n", LIMIT_YAML_NODES + 1, "");

	json_setup();
	cr_assert_eq(yaml_parse(&a, text, YAML_DUMP, &s, &err), 0, "%s", err.text);
	cr_expect_eq(json_count(s.items[0].root), LIMIT_YAML_NODES + 1);
	cr_expect_eq(yaml_parse(&a, text, YAML_MANIFEST, &s, &err), -1);
	cr_expect_str_eq(err.text, "line 500000: more than 500000 values: split it");
	arena_release(&a);
}

/* What PowerShell's `>` writes, and what nobody has unpacked. */
Test(yaml, says_what_is_no_text)
{
	const struct slice texts[] = {SLICE_LIT("\xFF\xFEk\0i\0"), SLICE_LIT("\xFE\xFF\0k\0i"), SLICE_LIT("k\0i\0"), SLICE_LIT("\0k\0i")};
	struct arena a = ARENA_INIT;

	json_setup();
	for (size_t i = 0; i < COUNT(texts); i++)
		expect_refused(&a, texts[i], "is UTF-16: save it as UTF-8");
	expect_refused(&a, SLICE_LIT("\x1f\x8b\x08"), "is compressed with gzip: unpack it");
	arena_release(&a);
}

/* A list of a cluster's pods has more values than a request may have, in JSON and in YAML. */
Test(yaml, lists_are_longer_than_requests)
{
	static const char *const frames[][2] = {{"{\"items\":[0", "]}"}, {"items: [0", "]\n"}};

	json_setup();
	for (size_t i = 0; i < COUNT(frames); i++) {
		struct arena a = ARENA_INIT;
		struct buf b = buf_in(&a);
		struct yaml_stream s;
		struct err err = {""};

		buf_adds(&b, frames[i][0]);
		for (size_t n = 0; n < LIMIT_JSON_NODES; n++)
			buf_adds(&b, ",1");
		buf_adds(&b, frames[i][1]);
		cr_assert_eq(yaml_parse(&a, buf_slice(&b), YAML_MANIFEST, &s, &err), 0, "%s", err.text);
		cr_expect_eq(json_count(json_get(s.items[0].root, "items")), LIMIT_JSON_NODES + 1);
		arena_release(&a);
	}
}
