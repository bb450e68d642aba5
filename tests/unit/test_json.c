/* What is JSON and what only looks like it; patches by RFC 6902. Single quotes stand for double ones. */
#include "base/json.h"
#include "base/json_patch.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "testing.h"

static const char *const good[] = {
	"null", "true", " [1,\t2\r\n] ", "-0.5e+10", "{}", "[]", "''", "{'a':{'a':1},'b':1}",
	"'\\u00e9\\ud83d\\ude00\\/\\b'", "'\xc3\xa9\xf0\x9f\x98\x80'", "[[[]],{}]", "{'':1}", "123456789012345678901234567890",
};

static const struct {
	const char *text, *complaint;
} bad[] = {
	{"", "empty"},
	{" ", "expected a value"},
	{"{'a':1} x", "text behind the end"},
	{"{'a':1,}", "expected a key"},
	{"[1,]", "expected a value"},
	{"[1 2]", "expected ',' or ']'"},
	{"{'a' 1}", "expected ':'"},
	{"{a:1}", "expected a key"},
	{"[1", "expected ',' or ']'"},
	{"'abc", "unfinished"},
	{"'a\\x'", "unknown escape"},
	{"'\\u12g4'", "four hex digits"},
	{"'\\u0000'", "\\u0000"},
	{"'\\udc00'", "low surrogate"},
	{"'\\ud800'", "high surrogate"},
	{"'\\ud800\\u0041'", "high surrogate"},
	{"'a\tb'", "raw control byte"},
	{"'\x80'", "invalid UTF-8"},
	{"'\xc0\xaf'", "invalid UTF-8"}, /* overlong */
	{"'\xed\xa0\x80'", "invalid UTF-8"}, /* surrogate */
	{"'\xf5\x80\x80\x80'", "invalid UTF-8"},
	{"'\xe2\x82'", "invalid UTF-8"},
	{"01", "not a number"},
	{"1.", "digits behind its point"},
	{"1e", "digits in its exponent"},
	{"+1", "expected a value"},
	{".5", "expected a value"},
	{"NaN", "expected a value"},
	{"tru", "expected a value"},
	{"\xef\xbb\xbf{}", "expected a value"}, /* byte order mark */
	{"{'a':1,'b':2,'a':3}", "stands twice"},
	{"{'a':1,'\\u0061':2}", "stands twice"},
	{"{'x':{'k':1},'y':{'k':1,'k':2}}", "stands twice"},
};

Test(json, accepts_rfc_8259)
{
	json_setup();
	for (size_t i = 0; i < COUNT(good); i++) {
		struct arena a = ARENA_INIT;
		const struct json *v;
		struct err err = {""};

		cr_expect_eq(json_parse(&a, quoted(&a, good[i]), &v, &err), 0, "%s: %s", good[i], err.text);
		arena_release(&a);
	}
}

Test(json, refuses_everything_else)
{
	json_setup();
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct arena a = ARENA_INIT;
		const struct json *v = NULL;
		struct err err = {""};

		cr_expect_eq(json_parse(&a, quoted(&a, bad[i].text), &v, &err), -1, "%s", bad[i].text);
		cr_expect(strstr(err.text, bad[i].complaint), "%s: %s", bad[i].text, err.text);
		cr_expect_null(v, "*ret was touched");
		arena_release(&a);
	}
}

Test(json, names_the_place)
{
	struct arena a = ARENA_INIT;
	const struct json *v;
	struct err err = {""};

	json_setup();
	cr_assert_eq(json_parse(&a, SLICE_LIT("{\n  \"a\": 01\n}"), &v, &err), -1);
	cr_expect(strstr(err.text, "line 2 column"), "%s", err.text);
	arena_release(&a);
}

static struct slice repeated(struct arena *a, const char *piece, size_t times)
{
	struct buf b = buf_in(a);

	for (size_t i = 0; i < times; i++)
		buf_adds(&b, piece);
	return buf_slice(&b);
}

Test(json, is_bounded)
{
	struct arena a = ARENA_INIT;
	const struct json *v;
	struct err err = {""};

	json_setup();
	cr_expect_eq(json_parse(&a, repeated(&a, "[", LIMIT_JSON_DEPTH + 1), &v, &err), -1);
	cr_expect(strstr(err.text, "deeper"), "%s", err.text);
	struct buf many = buf_in(&a);
	buf_addc(&many, '[');
	buf_add(&many, repeated(&a, "1,", LIMIT_JSON_NODES));
	buf_adds(&many, "1]");
	cr_expect_eq(json_parse(&a, buf_slice(&many), &v, &err), -1);
	cr_expect(strstr(err.text, "more values"), "%s", err.text);
	arena_release(&a);
}

/* Forty thousand keys: a search of all earlier ones for each would take minutes here. */
Test(json, finds_a_repeated_key_among_many, .timeout = 20)
{
	struct arena a = ARENA_INIT;
	struct buf b = buf_in(&a);
	const struct json *v;
	struct err err = {""};

	json_setup();
	for (int i = 0; i < 40000; i++)
		buf_printf(&b, "%c\"key%d\":1", i ? ',' : '{', i);
	struct slice all = buf_slice(&b);
	cr_expect_eq(json_scan(&a, slice_of(arena_printf(&a, "%s}", all.ptr)), &err), 0, "%s", err.text);
	cr_expect_eq(json_parse(&a, slice_of(arena_printf(&a, "%s,\"key20000\":2}", all.ptr)), &v, &err), -1);
	arena_release(&a);
}

Test(json, getters_take_anything)
{
	struct arena a = ARENA_INIT;
	const struct json *v;
	struct err err = {""};
	int64_t n = 7;

	json_setup();
	cr_assert_eq(json_parse(&a, quoted(&a, "{'s':'t','n':3,'f':1.5,'big':1e300,'nil':null,'o':{'Name':1,'name':2}}"), &v, &err), 0);
	cr_expect_null(json_get(json_get(json_get(NULL, "a"), "b"), "c"));
	cr_expect_null(json_get(v, "nil"), "null counts as absent");
	cr_expect(json_has(v, "nil"));
	cr_expect_str_eq(json_text(json_get(v, "s"), "x"), "t");
	cr_expect_str_eq(json_text(json_get(v, "n"), "x"), "x", "a number is no text");
	cr_expect_eq(json_int(json_get(v, "f"), &n), -1);
	cr_expect_eq(json_int(json_get(v, "big"), &n), -1);
	cr_expect_eq(n, 7);
	cr_expect_eq(json_int(json_get(v, "n"), &n), 0);
	cr_expect_eq(n, 3);
	cr_assert_eq(json_int(json_get(json_get(v, "o"), "name"), &n), 0);
	cr_expect_eq(n, 2, "names are compared case-sensitively");
	arena_release(&a);
}

static const struct {
	const char *op, *pointer, *value, *before, *after; /* after NULL: does not apply */
} patches[] = {
	{"add", "/b", "2", "{'a':1}", "{'a':1,'b':2}"},
	{"add", "/a", "2", "{'a':1}", "{'a':2}"},
	{"add", "/c/0", "9", "{'c':[1,2]}", "{'c':[9,1,2]}"},
	{"add", "/c/1", "9", "{'c':[1,2]}", "{'c':[1,9,2]}"},
	{"add", "/c/2", "9", "{'c':[1,2]}", "{'c':[1,2,9]}"},
	{"add", "/c/-", "9", "{'c':[1,2]}", "{'c':[1,2,9]}"},
	{"add", "/c/3", "9", "{'c':[1,2]}", NULL},
	{"add", "/c/01", "9", "{'c':[1,2]}", NULL},
	{"add", "/x/y", "9", "{'c':[1,2]}", NULL},
	{"add", "/a~1b/m~0n", "{'k':[]}", "{'a/b':{}}", "{'a/b':{'m~n':{'k':[]}}}"},
	{"replace", "/c/1", "9", "{'c':[1,2]}", "{'c':[1,9]}"},
	{"replace", "/c/0", "9", "{'c':[1,2]}", "{'c':[9,2]}"},
	{"replace", "/n", "9", "{'n':null}", "{'n':9}"},
	{"replace", "/z", "9", "{'n':null}", NULL},
	{"remove", "/c/0", NULL, "{'c':[1,2]}", "{'c':[2]}"},
	{"remove", "/c", NULL, "{'c':[1,2],'d':0}", "{'d':0}"},
	{"remove", "/z", NULL, "{'c':[1,2]}", NULL},
};

Test(json_patch, applies_as_rfc_6902_says)
{
	json_setup();
	for (size_t i = 0; i < COUNT(patches); i++) {
		struct arena a = ARENA_INIT;
		struct json_patch p = json_patch_in(&a);
		const struct json *before;
		struct json *after = NULL;
		struct err err = {""};

		cr_assert_eq(json_parse(&a, quoted(&a, patches[i].before), &before, &err), 0);
		json_patch_add(&p, patches[i].op, patches[i].pointer,
			       patches[i].value ? quoted(&a, patches[i].value) : (struct slice){NULL, 0});
		int rc = json_patch_apply(&a, before, &p, &after, &err);
		cr_expect_eq(rc, patches[i].after ? 0 : -1, "%s %s: %s", patches[i].op, patches[i].pointer, err.text);
		if (rc == 0)
			cr_expect_str_eq(json_print(&a, after).ptr, quoted(&a, patches[i].after).ptr);
		else
			cr_expect_null(after, "*ret was touched");
		cr_expect_str_eq(json_print(&a, before).ptr, quoted(&a, patches[i].before).ptr, "the document was changed");
		arena_release(&a);
	}
}
