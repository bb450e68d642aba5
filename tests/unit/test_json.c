/* What is JSON and what only looks like it. Single quotes stand for double ones. */
#include "base/json.h"
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
	{"{'a':1} x", "text after the end"},
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
	{"'a\x1f'", "raw control byte"},
	{"'\x80'", "invalid UTF-8"},
	{"'\xc0\xaf'", "invalid UTF-8"}, /* overlong */
	{"'\xed\xa0\x80'", "invalid UTF-8"}, /* surrogate */
	{"'\xe0\x9f\xbf'", "invalid UTF-8"}, /* overlong, three bytes */
	{"'\xf0\x8f\xbf\xbf'", "invalid UTF-8"},
	{"'\xf4\x90\x80\x80'", "invalid UTF-8"}, /* above U+10FFFF */
	{"'\xf5\x80\x80\x80'", "invalid UTF-8"},
	{"'\xe2\x82'", "invalid UTF-8"},
	{"01", "not a number"},
	{"1.", "digits after its decimal point"},
	{"1e", "digits in its exponent"},
	{"+1", "expected a value"},
	{".5", "expected a value"},
	{"NaN", "expected a value"},
	{"tru", "expected a value"},
	{"\xef\xbb\xbf{}", "expected a value"}, /* byte order mark */
	{"1e400", "range of a double"},
	{"[-1E+309 ]", "range of a double"},
	{"[1-2]", "expected ',' or ']'"},
	{"0x10", "text after"},
	{"-", "not a number"},
	{"-a", "not a number"},
	{"1e+", "digits in its exponent"},
	{"\"a\\", "unfinished"},
	{"'\\u12", "four hex digits"},
	{"'\\ud800\\u12", "high surrogate"},
	{"{'a':1}}", "text after the end"},
	{"{'a':1]", "expected ',' or '}'"},
	{"[1}", "expected ',' or ']'"},
	{"[[]", "expected ',' or ']'"},
	{"{,}", "expected a key"},
	{"{'a'}", "expected ':'"},
	{"{'a':}", "expected a value"},
	{"nul", "expected a value"},
	{"nullx", "text after the end"},
	{"{'a':1,'b':2,'a':3}", "appears twice"},
	{"{'a':1,'\\u0061':2}", "appears twice"},
	{"{'x':{'k':1},'y':{'k':1,'k':2}}", "appears twice"},
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

static const struct {
	const char *text, *place;
} places[] = {
	{"[\n1,\n 01]", "line 3 column 4"},
	{"['\\n\\n',\n'\\n' 1]", "line 2 column 6"}, /* escapes undone in place are no lines */
	{"{'a':1,\n'a':2}", "line 2 column 1"},
	{"'abcdefgh\x01'", "line 1 column 10"},
};

Test(json, names_the_place_in_the_text_that_came)
{
	for (size_t i = 0; i < COUNT(places); i++) {
		struct arena a = ARENA_INIT;
		const struct json *v;
		struct err err = {""};

		cr_expect_eq(json_parse(&a, quoted(&a, places[i].text), &v, &err), -1);
		cr_expect(strstr(err.text, places[i].place), "%s: %s", places[i].text, err.text);
		arena_release(&a);
	}
}

/* NUL ends no text: what stands behind it is looked at, and refused. */
Test(json, takes_no_nul)
{
	const struct slice texts[] = {
		SLICE_LIT("\0"), SLICE_LIT("1\0"), SLICE_LIT("[1\0]"), SLICE_LIT("\"a\0b\""), SLICE_LIT("{}\0{}"),
		SLICE_LIT("\"a\\\0\""), SLICE_LIT("tru\0"), SLICE_LIT("{\"a\0\":1}"),
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct arena a = ARENA_INIT;
		const struct json *v;
		struct err err = {""};

		cr_expect_eq(json_parse(&a, texts[i], &v, &err), -1, "text %zu", i);
		arena_release(&a);
	}
}

static const struct {
	const char *text, *value;
} strings[] = {
	{"''", ""},
	{"'a'", "a"},
	{"'abcdefg'", "abcdefg"},
	{"'abcdefgh'", "abcdefgh"},
	{"'abcdefgh\\n'", "abcdefgh\n"},
	{"'\\b\\f\\n\\r\\t\\/\\\\'", "\b\f\n\r\t/\\"},
	{"'\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\uFFFF'", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf"},
	{"'\\u007f\\u0080\\u07ff\\u0800\\udbff\\udfff'", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xf4\x8f\xbf\xbf"},
	{"'x\\ty\\tz and more of it'", "x\ty\tz and more of it"},
	{"'\xc3\xa9\xe2\x82\xac\\n\xf0\x9f\x98\x80'", "\xc3\xa9\xe2\x82\xac\n\xf0\x9f\x98\x80"},
	{"'\x7f !~'", "\x7f !~"},
};

Test(json, undoes_escapes_in_texts_and_keys)
{
	for (size_t i = 0; i < COUNT(strings); i++) {
		struct arena a = ARENA_INIT;
		struct slice text = quoted(&a, strings[i].text);
		char *object = arena_join(&a, "{", text.ptr, ":[", text.ptr, ",7]}");
		const struct json *v;
		struct err err = {""};

		cr_assert_eq(json_parse(&a, slice_of(object), &v, &err), 0, "%s: %s", text.ptr, err.text);
		memset(object, 'x', strlen(object)); /* the tree needs it no more */
		const struct json *list = json_get(v, strings[i].value);
		cr_expect(slice_is(json_key_slice(list), strings[i].value), "%s", text.ptr);
		cr_expect_str_eq(json_key(list), strings[i].value);
		cr_expect_str_eq(json_text(json_first(list), "?"), strings[i].value);
		cr_expect(slice_is(json_slice(json_first(list)), strings[i].value));
		cr_expect_eq(json_count(list), 2);
		arena_release(&a);
	}
}

static const struct {
	const char *text;
	int rc;
	int64_t value;
} numbers[] = {
	{"0", 0, 0}, {"-0", 0, 0}, {"7", 0, 7}, {"-7", 0, -7}, {"1.0", 0, 1}, {"1e3", 0, 1000}, {"-25E-1", -1, 0}, {"250e-1", 0, 25},
	{"1.5", -1, 0}, {"9007199254740993", 0, 9007199254740993}, {"-9007199254740993", 0, -9007199254740993},
	{"9223372036854775807", 0, INT64_MAX}, {"-9223372036854775807", 0, -INT64_MAX}, {"9223372036854775808", -1, 0},
	{"9007199254740994.0", -1, 0}, {"1e300", -1, 0}, {"123456789012345678901234567890", -1, 0},
};

/* Exact where they are written in digits, and printed as they came. */
Test(json, numbers_lose_nothing)
{
	for (size_t i = 0; i < COUNT(numbers); i++) {
		struct arena a = ARENA_INIT;
		struct slice list = slice_of(arena_join(&a, "[", numbers[i].text, ",1]"));
		const struct json *v;
		struct err err = {""};
		int64_t n = 0;

		cr_assert_eq(json_parse(&a, list, &v, &err), 0, "%s", err.text);
		cr_expect_eq(json_int(json_first(v), &n), numbers[i].rc, "%s", numbers[i].text);
		cr_expect_eq(n, numbers[i].value, "%s", numbers[i].text);
		cr_expect_str_eq(json_print(&a, json_copy(&a, v)).ptr, list.ptr);
		arena_release(&a);
	}
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
	struct buf deep = buf_in(&a);
	buf_add(&deep, repeated(&a, "[", LIMIT_JSON_DEPTH));
	buf_add(&deep, repeated(&a, "]", LIMIT_JSON_DEPTH));
	cr_expect_eq(json_parse(&a, buf_slice(&deep), &v, &err), 0, "%s", err.text);
	cr_expect_eq(json_parse(&a, repeated(&a, "[", LIMIT_JSON_DEPTH + 1), &v, &err), -1);
	cr_expect(strstr(err.text, "deeper"), "%s", err.text);
	struct buf many = buf_in(&a);
	buf_addc(&many, '[');
	buf_add(&many, repeated(&a, "1,", LIMIT_JSON_NODES));
	buf_adds(&many, "1]");
	cr_expect_eq(json_parse(&a, buf_slice(&many), &v, &err), -1);
	cr_expect(strstr(err.text, "more values"), "%s", err.text);
	cr_expect_eq(json_parse_limited(&a, buf_slice(&many), LIMIT_JSON_NODES + 2, &v, &err), 0, "%s", err.text);
	cr_expect_eq(json_parse_limited(&a, buf_slice(&many), LIMIT_JSON_NODES + 1, &v, &err), -1);
	cr_expect_eq(json_parse(&a, repeated(&a, "1", 2000), &v, &err), -1);
	cr_expect(strstr(err.text, "longer"), "%s", err.text);
	arena_release(&a);
}

/* A copy is nobody else's: not the arena of the first, nor its text. */
Test(json, copies_stand_alone)
{
	struct arena a = ARENA_INIT, b = ARENA_INIT;
	const struct json *v;
	struct err err = {""};
	static const char text[] = "{\"a\":[1.50,\"x\",null,true,false,{},[]],\"b\":{\"c\":\"\"}}";

	cr_assert_eq(json_parse(&a, SLICE_LIT(text), &v, &err), 0);
	struct json *copy = json_copy(&b, v);
	arena_release(&a);
	cr_expect_str_eq(json_print(&b, copy).ptr, text);
	arena_release(&b);
}

/* Every number of keys around those at which the search changes; each key once more. */
Test(json, finds_each_repeated_key)
{
	for (int count = 1; count < 140; count += count < 40 ? 1 : 9)
		for (int again = 0; again <= count; again++) {
			struct arena a = ARENA_INIT;
			struct buf b = buf_in(&a);
			const struct json *v;
			struct err err = {""};

			for (int i = 0; i < count; i++)
				buf_printf(&b, "%c\"k%d\":{\"k%d\":1}", i ? ',' : '{', i, i);
			if (again < count)
				buf_printf(&b, ",\"\\u006b%d\":1", again);
			buf_adds(&b, "}");
			cr_assert_eq(json_parse(&a, buf_slice(&b), &v, &err), again < count ? -1 : 0, "%d of %d: %s", again, count, err.text);
			arena_release(&a);
		}
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
	cr_expect_eq(json_parse(&a, slice_of(arena_printf(&a, "%s}", all.ptr)), &v, &err), 0, "%s", err.text);
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
	cr_expect_null(json_get_slice(v, SLICE_LIT("ni")), "all of a name is compared");
	cr_expect_null(json_get(json_get(v, "o"), "nam"), "all of a name is compared");
	arena_release(&a);
}

/* Names are compared by their mark (length, first, last byte), then by words that overlap: each byte of each length counts. */
Test(json, tells_names_of_one_mark_apart)
{
	struct arena a = ARENA_INIT;
	char name[33] = "";

	for (size_t len = 1; len < sizeof(name); len++) {
		memset(name, 'x', len);
		struct json *object = json_new(&a, JSON_OBJECT);
		json_put(&a, object, name, json_new(&a, JSON_BOOL));
		cr_expect(json_get(object, name), "%zu bytes", len);
		for (size_t i = 0; i < len; i++) {
			name[i] = 'y';
			cr_expect_null(json_get(object, name), "byte %zu of %zu", i, len);
			name[i] = 'x';
		}
	}
	arena_release(&a);
}

/* What an object surely has not is told by a bit, which has to follow each change. */
Test(json, knows_what_was_put_and_taken)
{
	struct arena a = ARENA_INIT;
	struct json *object = json_new(&a, JSON_OBJECT);

	for (int i = 0; i < 200; i++)
		json_put(&a, object, arena_printf(&a, "key%d", i), json_new(&a, JSON_BOOL));
	const struct json *copy = json_copy(&a, object);
	for (int i = 0; i < 200; i++) {
		const char *key = arena_printf(&a, "key%d", i);
		cr_expect(json_get(copy, key), "%s", key);
		json_remove(object, json_get(object, key));
		cr_expect_null(json_get(object, key), "%s", key);
	}
	arena_release(&a);
}

static const struct {
	const char *text, *json;
} written[] = {
	{"", "''"},
	{"plain", "'plain'"},
	{"12345678", "'12345678'"},
	{"1234567\n", "'1234567\\n'"},
	{"12345678\t", "'12345678\\t'"},
	{"\b\f\n\r\t\v\x1f", "'\\b\\f\\n\\r\\t\\u000b\\u001f'"},
	{"1234\x7f" "567", "'1234\\u007f567'"},
	{"back\\slash", "'back\\\\slash'"},
	{"a\xc2\x80" "b\xc2\x9f\xc2\xa0.", "'a\\u0080b\\u009f\xc2\xa0.'"}, /* C1: CSI is U+009B */
	{"\xc3\xa9 and \xf0\x9f\x98\x80.", "'\xc3\xa9 and \xf0\x9f\x98\x80.'"},
	{"\xff at last \xe2\x82", "'\\ufffd at last \\ufffd\\ufffd'"},
};

Test(json, writes_valid_text_whatever_goes_in)
{
	for (size_t i = 0; i < COUNT(written); i++) {
		struct arena a = ARENA_INIT;
		struct buf b = buf_in(&a);
		struct json_writer w = json_writer(&b);

		json_write_string(&w, slice_of(written[i].text));
		cr_expect_str_eq(buf_slice(&b).ptr, quoted(&a, written[i].json).ptr);
		arena_release(&a);
	}
}

/* A byte that needs an escape, at each place of each length that is looked at in another way. */
Test(json, escapes_wherever_it_is_needed)
{
	struct arena a = ARENA_INIT;
	char text[50] = "";

	for (size_t len = 1; len < sizeof(text); len++)
		for (size_t i = 0; i < len; i++) {
			struct buf b = buf_in(&a);
			struct json_writer w = json_writer(&b);
			const struct json *back;
			struct err err = {""};

			memset(text, 'x', len);
			text[i] = i % 2 ? '"' : '\n';
			json_write_string(&w, (struct slice){text, len});
			cr_expect_eq(buf_slice(&b).len, len + 3);
			cr_assert_eq(json_parse(&a, buf_slice(&b), &back, &err), 0, "byte %zu of %zu: %s", i, len, err.text);
			cr_expect(slice_eq(json_slice(back), (struct slice){text, len}), "byte %zu of %zu", i, len);
		}
	arena_release(&a);
}

Test(json, writes_whole_numbers)
{
	static const int64_t whole[] = {0, 7, -7, 10, 1234567890, INT64_MAX, INT64_MIN};

	for (size_t i = 0; i < COUNT(whole); i++) {
		struct arena a = ARENA_INIT;
		struct buf b = buf_in(&a);
		struct json_writer w = json_writer(&b);

		json_write_int(&w, whole[i]);
		cr_expect_str_eq(buf_slice(&b).ptr, arena_printf(&a, "%lld", (long long)whole[i]));
		arena_release(&a);
	}
}

Test(json, members_that_may_have_no_value)
{
	struct arena a = ARENA_INIT;
	struct buf b = buf_in(&a);
	struct json_writer w = json_writer(&b);

	json_write_open(&w, '{');
	json_write_member(&w, "a", NULL);
	json_write_member(&w, "b", "");
	json_write_member_nonempty(&w, "c", "");
	json_write_member_nonempty(&w, "d", "x");
	json_write_member_nonzero(&w, "e", 0);
	json_write_member_nonzero(&w, "f", -1);
	json_write_member_int(&w, "g", 0);
	json_write_member_bool(&w, "h", true);
	json_write_member_open(&w, "i", '[');
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	cr_expect_str_eq(buf_slice(&b).ptr, quoted(&a, "{'a':null,'b':'','c':null,'d':'x','e':null,'f':-1,'g':0,'h':true,'i':[]}").ptr);
	arena_release(&a);
}
