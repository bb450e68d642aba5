/* Slices and the characters in them: what everything else is written in. */
#include "base/hash.h"
#include "base/number.h"
#include "base/plain.h"
#include "base/slice.h"
#include "base/utf8.h"
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

Test(slice, has_one_order)
{
	static const struct {
		const char *before, *behind;
	} cases[] = {{"", "a"}, {"a", "b"}, {"a", "aa"}, {"Z", "a"}, {"a", "\303\244"}, {"ab", "b"}};
	const struct slice none = {NULL, 0};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice before = slice_of(cases[i].before), behind = slice_of(cases[i].behind);
		cr_expect_lt(slice_order(before, behind), 0, "%s", cases[i].behind);
		cr_expect_gt(slice_order(behind, before), 0, "%s", cases[i].behind);
		cr_expect_eq(slice_order(behind, behind), 0, "%s", cases[i].behind);
	}
	cr_expect_eq(slice_order(none, SLICE_LIT("")), 0);
	cr_expect_lt(slice_order(none, SLICE_LIT("a")), 0);
}

Test(slice, of_digits)
{
	static const char *const others[] = {"", "a", "1a", "-1", "+1", " 1", "1.", "\331\241"}; /* the last: an Arabic one */

	cr_expect(slice_digits(SLICE_LIT("0")) && slice_digits(SLICE_LIT("0123456789")));
	for (size_t i = 0; i < COUNT(others); i++)
		cr_expect_not(slice_digits(slice_of(others[i])), "%s", others[i]);
}

Test(slice, is_a_number_up_to)
{
	static const struct {
		const char *text;
		int64_t max, value; /* -1: refused */
	} cases[] = {
		{"0", 0, 0}, {"1", 0, -1}, {"5", 5, 5}, {"9", 5, -1}, {"10", 9, -1}, {"23", 23, 23}, {"24", 23, -1}, {"007", 9, 7},
		{"9223372036854775807", INT64_MAX, INT64_MAX}, {"9223372036854775808", INT64_MAX, -1}, {"", 9, -1}, {"-1", 9, -1}, {" 1", 9, -1},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t got = -1;
		cr_expect_eq(number_parse(slice_of(cases[i].text), cases[i].max, &got), cases[i].value < 0 ? -1 : 0, "%s", cases[i].text);
		cr_expect_eq(got, cases[i].value, "%s", cases[i].text);
	}
}

Test(slice, is_cut_at_a_byte)
{
	struct slice rest = SLICE_LIT("a,,b");
	static const char *const parts[] = {"a", "", "b", ""};

	for (size_t i = 0; i < COUNT(parts); i++)
		cr_expect(slice_is(slice_cut(&rest, ','), parts[i]), "%zu", i);
	cr_expect_eq(rest.len, 0);
}

Test(slice, has_a_last_part)
{
	static const char *const parts[][2] = {{"/a/b", "b"}, {"b", "b"}, {"/a/", ""}, {"", ""}};

	for (size_t i = 0; i < COUNT(parts); i++)
		cr_expect(slice_is(slice_last(slice_of(parts[i][0]), '/'), parts[i][1]), "%s", parts[i][0]);
}

Test(slice, is_searched)
{
	cr_expect(slice_has(SLICE_LIT("abc"), "bc") && slice_has(SLICE_LIT("abc"), "") && slice_has(SLICE_LIT(""), ""));
	cr_expect(!slice_has(SLICE_LIT("abc"), "cb") && !slice_has(SLICE_LIT(""), "a") && !slice_has(SLICE_LIT("b"), "bc"));
}

/* Every text of up to twelve of two letters, every needle of up to three: libc's memmem() is the oracle. Those with many first
 * bytes and no needle come last to it themselves. */
Test(slice, is_found_where_memmem_finds_it)
{
	char text[12], needle[3];

	for (unsigned bits = 0; bits < 1u << sizeof(text); bits++)
		for (unsigned n = 0; n < 1u << sizeof(needle); n++) {
			for (size_t i = 0; i < sizeof(text); i++)
				text[i] = bits >> i & 1 ? 'b' : 'a';
			for (size_t i = 0; i < sizeof(needle); i++)
				needle[i] = n >> i & 1 ? 'b' : 'a';
			for (size_t len = 0; len <= sizeof(needle); len++)
				cr_assert_eq(slice_find((struct slice){text, sizeof(text)}, (struct slice){needle, len}),
					     (const char *)memmem(text, sizeof(text), needle, len), "%u %u %zu", bits, n, len);
		}
	cr_expect_null(slice_find((struct slice){NULL, 0}, SLICE_LIT("a")));
	cr_expect_not_null(slice_find((struct slice){NULL, 0}, SLICE_LIT("")));
}

/* Both ends of each length, and what utf8_length() says of it. */
Test(utf8, is_written_as_it_is_read)
{
	static const struct {
		unsigned code;
		const char *bytes;
	} cases[] = {
		{0x7F, "\x7F"},         {0x80, "\xC2\x80"},         {0x7FF, "\xDF\xBF"},
		{0x800, "\xE0\xA0\x80"}, {0xFFFF, "\xEF\xBF\xBF"}, {0x10000, "\xF0\x90\x80\x80"},
		{0x10FFFF, "\xF4\x8F\xBF\xBF"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char out[4];
		size_t n = utf8_put(cases[i].code, out);
		cr_expect(slice_is((struct slice){out, n}, cases[i].bytes), "%x", cases[i].code);
		cr_expect_eq(n, n == 1 ? 1 : utf8_length((const unsigned char *)out, n), "%x", cases[i].code);
	}
}

Test(utf8, is_cut_between_characters)
{
	static const struct {
		const char *text;
		size_t max, len;
	} cases[] = {
		{"", 0, 0}, {"", 3, 0}, {"abc", 3, 3}, {"abc", 4, 3}, {"abc", 2, 2}, {"abc", 0, 0},
		{"a\xC3\xA4", 2, 1}, {"a\xC3\xA4", 3, 3}, {"a\xC3\xA4" "b", 3, 3}, {"\xC3\xA4", 1, 0},
		{"a\xF0\x90\x80\x80", 4, 1}, {"a\xF0\x90\x80\x80", 2, 1}, {"a\xF0\x90\x80\x80", 5, 5}, {"a\xF0\x90\x80\x80", 1, 1},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect_eq(utf8_cut(slice_of(cases[i].text), cases[i].max), cases[i].len, "case %zu", i);
}

static bool needs_a_look(unsigned char c)
{
	return c < 0x20 || c >= 0x7F || c == '"' || c == '\\';
}

/* One byte of every value at every place in a text of every length: many at a time say the same as one by one. */
Test(plain, length_ends_at_the_first_byte_that_needs_a_look)
{
	for (size_t len = 0; len <= 40; len++)
		for (size_t at = 0; at < len; at++)
			for (unsigned c = 0; c < 256; c++) {
				char *text = memset(malloc(len), 'x', len); /* its end is watched */
				text[at] = (char)c;
				size_t want = needs_a_look((unsigned char)c) ? at : len;
				cr_assert_eq(plain_length((struct slice){text, len}), want, "%u at %zu of %zu", c, at, len);
				free(text);
			}
	cr_expect_eq(plain_length((struct slice){NULL, 0}), 0);
}

Test(hash, tells_texts_apart_in_every_bit)
{
	char text[24] = {0};
	uint64_t before = hash((struct slice){text, sizeof(text)});

	cr_expect_eq(hash((struct slice){text, sizeof(text)}), before);
	for (size_t bit = 0; bit < sizeof(text) * 8; bit++) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		uint64_t other = hash((struct slice){text, sizeof(text)});
		cr_expect_neq(other & 1023, before & 1023, "bit %zu", bit);
		text[bit / 8] = 0;
	}
	for (size_t len = 0; len < sizeof(text); len++)
		cr_expect_neq(hash((struct slice){text, len}), before, "%zu", len);
}

/* Go calls all of these control characters, and drops a warning that holds one. */
Test(utf8, one_line_holds_no_control_character)
{
	static const char *const cases[][2] = {{"a\nb\x7f\x1b[m", "a b  [m"}, {"\xc2\x85x\xc2\x9f\xc2\xa0\xc3\x85", " x \xc2\xa0\xc3\x85"}, {"", ""}, {"\xc2", "?"}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[32];
		snprintf(text, sizeof(text), "%s", cases[i][0]);
		cr_expect_str_eq(utf8_one_line(text), cases[i][1], "case %zu", i);
	}
}

Test(utf8, printable_is_what_ascii_prints)
{
	char text[40];

	for (size_t len = 0; len < sizeof(text); len++)
		for (size_t i = 0; i < len * 256; i++) {
			unsigned c = i % 256;
			memset(text, '"', sizeof(text));
			text[i / 256] = (char)c;
			cr_assert_eq(utf8_is_printable((struct slice){text, len}), c >= 0x20 && c < 0x7F, "%zu of %zu: %u", i / 256, len, c);
		}
	cr_expect(utf8_is_printable(SLICE_LIT("")));
}

Test(utf8, reads_four_hex_digits_and_no_fewer)
{
	static const struct {
		const char *digits;
		int unit;
	} cases[] = {{"0000", 0}, {"00e9", 0xE9}, {"D83dx", 0xD83D}, {"FFFF", 0xFFFF},
		     {"", -1},    {"00", -1},     {"00g0", -1},      {"+123", -1}};

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect_eq(utf16_read(cases[i].digits), cases[i].unit, "%s", cases[i].digits);
}

/* ---- characters ---- */

Test(utf8, tells_what_is_unseen)
{
	static const uint32_t unseen[] = {0, 9, 0x1B, 0x7F, 0x80, 0x9B, 0x9F, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E,
					  0x2060, 0x2066, 0x2069, 0xFEFF, 0xE0041};
	static const uint32_t seen[] = {' ', '~', 0xA0, 0xE4, 0x61B, 0x200A, 0x2010, 0x2027, 0x202F, 0x205F, 0x2070, 0x20AC, 0xFFFD, 0x1F600, 0xE0080};

	for (size_t i = 0; i < COUNT(unseen); i++)
		cr_expect(utf8_is_unseen(unseen[i]), "U+%04X", unseen[i]);
	for (size_t i = 0; i < COUNT(seen); i++)
		cr_expect_not(utf8_is_unseen(seen[i]), "U+%04X", seen[i]);
}

Test(utf8, reads_what_it_has_put)
{
	for (uint32_t code = 1; code <= 0x10FFFF; code += code < 0x11000 ? 1 : 251) {
		char text[4];
		uint32_t got = 0;
		size_t n = utf8_put(code, text);
		bool surrogate = code >= 0xD800 && code < 0xE000;
		cr_assert_eq(utf8_read((const unsigned char *)text, n, &got), surrogate ? 0 : n, "U+%04X", code);
		cr_assert(surrogate || got == code, "U+%04X", code);
		cr_assert_eq(n > 1 ? utf8_read((const unsigned char *)text, n - 1, &got) : 0, 0, "U+%04X", code);
	}
}

Test(err, is_one_line_that_is_safe_to_print)
{
	static const char *const cases[][2] = {
		{"a\tb\x1b[31m\x7f", "a?b?[31m?"},
		{"\xc2\x9b" "31m", "?31m"},
		{"a\xe2\x80\xae" "b\xe2\x80\x8b\xef\xbb\xbf.", "a?b??."},
		{"\xff\xe2\x82", "???"},
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"},
	};
	struct err err;

	for (size_t i = 0; i < COUNT(cases); i++) {
		err_set(&err, "'%s'", cases[i][0]);
		err.text[strlen(err.text) - 1] = '\0';
		cr_expect_str_eq(err.text + 1, cases[i][1]);
	}
}

Test(err, that_is_too_long_is_cut_between_characters)
{
	char text[2 * ERR_TEXT_MAX];
	struct err err;

	for (size_t shift = 0; shift < 3; shift++) {
		size_t len = shift;
		memset(text, 'x', shift);
		for (; len + 3 < sizeof(text); len += 3)
			memcpy(text + len, "\xe2\x82\xac", 3);
		text[len] = '\0';
		err_set(&err, "%s", text);
		size_t got = strlen(err.text);
		cr_expect(got <= ERR_TEXT_MAX - 1 && got >= ERR_TEXT_MAX - 4, "%zu", got);
		cr_expect_str_eq(err.text + got - 3, "...");
		cr_expect_eq((got - 3 - shift) % 3, 0, "%zu", got);
		cr_expect_eq(strchr(err.text, '?'), NULL);
	}
}
