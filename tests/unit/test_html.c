/* Whatever goes in, what comes out is text. */
#include "testing.h"

#include "base/html.h"
#include "base/xml.h"

static struct arena arena;

static void setup(void)
{
	arena = ARENA_INIT;
}

static void teardown(void)
{
	arena_release(&arena);
}

TestSuite(html, .init = setup, .fini = teardown);

static const struct {
	const char *name, *in, *out;
} texts[] = {
	{"plain", "spark-connect 4.1", "spark-connect 4.1"},
	{"nothing", "", ""},
	{"a tag", "<b a=\"x\">", "&lt;b a=&quot;x&quot;&gt;"},
	{"the end of a script", "</script>", "&lt;/script&gt;"},
	{"an entity", "&lt;&#60;", "&amp;lt;&amp;#60;"},
	{"the end of CDATA", "]]>", "]]&gt;"},
	{"lines and tabs stay", "a\n\tb", "a\n\tb"},
	{"C0", "\x01\x0d\x1b[31m\x7f", "\\u0001\\u000d\\u001b[31m\\u007f"},
	{"C1, which a terminal obeys", "\xC2\x9B", "\\u009b"},
	{"the first behind C1", "\xC2\xA0\xC3\xA4", "\xC2\xA0\xC3\xA4"},
	{"right to left",
	 "\xE2\x80\xAE"
	 "exe.\xE2\x81\xA6\xE2\x81\xA9",
	 "\\u202eexe.\\u2066\\u2069"},
	{"no width",
	 "a\xE2\x80\x8B\xEF\xBB\xBF"
	 "b",
	 "a\\u200b\\ufeffb"},
	{"noncharacters", "\xEF\xBF\xBE\xEF\xB7\x90\xF0\x9F\xBF\xBE", "\\ufffe\\ufdd0\\ud83f\\udffe"},
	{"letters of others", "\xE6\xBC\xA2\xF0\x9F\x98\x80", "\xE6\xBC\xA2\xF0\x9F\x98\x80"},
	{"not UTF-8", "a\xFF\xC3(\xE2\x80", "a\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD"},
	{"a surrogate, overlong, too large", "\xED\xA0\x80\xC0\xBC\xF4\x90\x80\x80",
	 "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF"
	 "\xBD"},
};

Test(html, texts)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct buf out = buf_in(&arena);
		html_text(&out, slice_of(texts[i].in));
		cr_expect_str_eq(buf_slice(&out).ptr, texts[i].out, "%s: %s", texts[i].name, buf_slice(&out).ptr);
	}
}

Test(html, a_nul_is_no_end)
{
	struct buf out = buf_in(&arena);

	html_text(&out, SLICE_LIT("a\0<b>"));
	cr_expect_str_eq(buf_slice(&out).ptr, "a\\u0000&lt;b&gt;");
}

Test(html, an_attribute)
{
	struct buf out = buf_in(&arena);

	html_attribute(&out, "data-ns", "a\" onclick=\"x");
	cr_expect_str_eq(buf_slice(&out).ptr, " data-ns=\"a&quot; onclick=&quot;x\"");
}

/* All bytes, two by two: no bracket, quote or control character gets through. */
Test(html, no_byte_gets_through)
{
	for (unsigned n = 0; n < 0x10000; n++) {
		const char in[2] = {(char)(n >> 8), (char)(n & 0xFF)};
		struct buf out = buf_in(&arena);
		html_text(&out, (struct slice){in, 2});
		for (size_t i = 0; i < out.len; i++) {
			unsigned char c = (unsigned char)out.ptr[i];
			cr_assert(c != '<' && c != '>' && c != '"' && (c >= 0x20 || c == '\n' || c == '\t'), "%04x", n);
		}
		arena_reset(&arena);
	}
}

static const struct {
	const char *name, *in, *out;
} xml_texts[] = {
	{"markup", "<b a=\"x\"> & ]]>", "&lt;b a=&quot;x&quot;&gt; &amp; ]]&gt;"},
	{"controls have no spelling", "a\x01\n\x7f", "a   "},
	{"letters", "\xC3\xA4\xE6\xBC\xA2\xF0\x9F\x98\x80", "\xC3\xA4\xE6\xBC\xA2\xF0\x9F\x98\x80"},
	{"not UTF-8, as names of files may be", "a\xFF.yaml\xC3", "a\xEF\xBF\xBD.yaml\xEF\xBF\xBD"},
	{"what a terminal obeys and nobody sees", "a\xC2\x9B\xE2\x80\xAEz", "a\xEF\xBF\xBD\xEF\xBF\xBDz"},
	{"no characters of XML", "\xEF\xBF\xBE\xEF\xBF\xBF", "\xEF\xBF\xBD\xEF\xBF\xBD"},
};

Test(html, xml)
{
	for (size_t i = 0; i < COUNT(xml_texts); i++) {
		struct buf out = buf_in(&arena);

		xml_text(&out, xml_texts[i].in);
		cr_expect_str_eq(buf_slice(&out).ptr, xml_texts[i].out, "%s", xml_texts[i].name);
	}
}
