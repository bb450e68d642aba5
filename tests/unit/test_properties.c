/* What java.util.Properties says about thousands of texts is asked in tests/conformance/properties;
 * here stand the cases worth reading, and the laws of undo and apply. */
#include "base/buf.h"
#include "base/digest.h"
#include "spark/properties.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct arena arena; /* all zero is ARENA_INIT; every Criterion test is a process of its own */

static void release(void)
{
	arena_release(&arena);
}

TestSuite(properties, .fini = release);

/* "key=value;key=value" of a text, in order, or the error. */
static const char *read_all(struct slice text)
{
	struct properties p;
	struct err err = {""};
	struct buf b = buf_in(&arena);

	if (properties_parse(&arena, text, &p, &err) < 0)
		return arena_dup(&arena, slice_of(err.text));
	for (size_t i = 0; i < p.count; i++) {
		buf_adds(&b, i ? ";" : "");
		buf_add(&b, p.items[i].key);
		buf_addc(&b, '=');
		buf_add(&b, p.items[i].value);
	}
	return buf_slice(&b).ptr;
}

static const struct {
	const char *text, *read;
} grammar[] = {
	{"", ""},
	{"k=v", "k=v"},
	{"k:v\nk v\nk\tv\nk = v\nk : v\nk\fv", "k=v;k=v;k=v;k=v;k=v;k=v"},
	{"k:=v\nk = = v\n=v\n:v", "k==v;k== v;=v;=v"},
	{"spark.master k8s://https://h:443", "spark.master=k8s://https://h:443"},
	{"spark.master=spark://h:7077", "spark.master=spark://h:7077"},
	{"spark.master=k8s\\://https\\://h\\:443", "spark.master=k8s://https://h:443"},
	{"#\n!\n # x\n\t!x\nk#=v!", "k#=v!"},
	{"spark.eventLog.dir \nspark.x=", "spark.eventLog.dir=;spark.x="},
	{"k", "k="},
	{"  \t\f k v \t", "k=v"},
	{"# c\n  ! c\n\n \t \nk v # no comment", "k=v # no comment"},
	{"# c\\\nk=v", "k=v"},
	{"a=1\rb=2\r\nc=3\n\rd=4", "a=1;b=2;c=3;d=4"},
	{"a=b\\\n  c\\\r\n\td", "a=bcd"},
	{"a=b\\\\\nc", "a=b\\;c="},
	{"a=b\\\n#c", "a=b#c"},
	{"a=b\\\n\nc", "a=b;c="},
	{"a=b\\", "a=b"},
	{"a=b\\\n", "a=b"},
	{"\\\na=b", "a=b"},
	{"\\\n#a\nb=c", "b=c"}, /* Java 17: still nothing on the logical line, so a comment */
	{"\\", "="},
	{"\\\n", "="},
	{"\\\r\n", ""},
	{"a\\ b\\=c\\:d=e", "a b=c:d=e"},
	{"a=\\ b", "a=b"}, /* Spark trims what an escape had kept */
	{"a=b\\u0020", "a=b"},
	{"a=b\\n", "a=b\n"}, /* but not CR and LF */
	{"a=\\t\\f\\r\\n\\q\\\\.", "a=\r\nq\\."},
	{"a=x\\t\\fx", "a=x\t\fx"},
	{"a=\\u0041\\u00e4\\u20AC\\ud83d\\ude00", "a=A\303\244\342\202\254\360\237\230\200"},
	{"a=\\ud83dx\\ude00", "a=\357\277\275x\357\277\275"},
	{"a=\\ud83d\\u0041", "a=\357\277\275A"},
	{"a=\\u00\\\n  41", "a=A"},
	{"\\u0061=1", "a=1"},
	{"\357\273\277spark.master=x", "\357\273\277spark.master=x"},
	{"\"spark.a\"=b", "\"spark.a\"=b"},
	{"a=\377\300", "a=\377\300"},
	{"a=1\n\nb=\\u00g0", "line 3: \\u without four hex digits (Spark does not start with such a file)"},
	{"a=\\u12", "line 1: \\u without four hex digits (Spark does not start with such a file)"},
	{"\\u12=a", "line 1: \\u without four hex digits (Spark does not start with such a file)"},
	{"#\\u12\na=b", "a=b"},
};

Test(properties, reads_what_spark_reads)
{
	for (size_t i = 0; i < COUNT(grammar); i++)
		cr_expect_str_eq(read_all(slice_of(grammar[i].text)), grammar[i].read, "%s", grammar[i].text);
	cr_expect_str_eq(read_all((struct slice){NULL, 0}), "");
}

Test(properties, keeps_nul_bytes)
{
	struct properties p;
	struct err err = {""};

	cr_assert_eq(properties_parse(&arena, SLICE_LIT("a=x\0y\nb\\u0000=1"), &p, &err), 0);
	cr_expect(slice_eq(p.items[0].value, SLICE_LIT("x\0y")));
	cr_expect(slice_eq(p.items[1].key, SLICE_LIT("b\0")));
}

Test(properties, knows_places)
{
	static const char text[] = "# c\r\na=1\r\n\r\nb=\\\r\n  2\r\na=3";
	struct properties p;
	struct err err = {""};

	cr_assert_eq(properties_parse(&arena, slice_of(text), &p, &err), 0);
	cr_assert_eq(p.count, 3);
	cr_expect_eq(p.items[0].line, 2);
	cr_expect_eq(p.items[1].line, 4);
	cr_expect_eq(p.items[2].line, 6);
	cr_expect_eq(text[p.items[1].start], 'b');
	cr_expect_eq(p.items[1].end, p.items[2].start);
	cr_expect_eq(p.items[2].end, sizeof(text) - 1);
	cr_expect(slice_is(properties_find(&p, SLICE_LIT("a"))->value, "3"));
	cr_expect_null(properties_find(&p, SLICE_LIT("c")));
}

Test(properties, gives_settings)
{
	struct properties p;
	struct err err = {""};
	struct settings list = {0};

	cr_assert_eq(properties_parse(&arena, SLICE_LIT("spark.b=0\nspark.a=1\nother=2\nspark.b=${env:X}"), &p, &err), 0);
	properties_settings(&arena, &p, &(struct setting){.source = SOURCE_DEFAULTS_FILE, .place = {.pointer = "/data/x"}, .config_map = "cm"},
			    &list);
	cr_assert_eq(list.count, 2);
	cr_expect(list.items[0].literal);
	cr_expect_not(list.items[1].literal);
	cr_expect_str_eq(setting_place(&arena, &list.items[1]).key, "spark.b");
	cr_expect_eq(list.items[1].place.line, 4); /* of two the last */
	cr_expect_str_eq(list.items[1].place.pointer, "/data/x");
	cr_expect_str_eq(list.items[1].config_map, "cm");
}

/* ---- apply ---- */

#define EDIT(k, v) {{(k), sizeof(k) - 1}, {(v), sizeof(v) - 1}}
#define DISABLE(k) {{(k), sizeof(k) - 1}, {NULL, 0}}

static const struct property_edit master_edit[] = {EDIT("spark.master", "spark://h:7077")};
static const struct property_edit mixed_edits[] = {EDIT("spark.master", "spark://h:7077"), DISABLE("spark.app.id"),
						   EDIT("spark.cores.max", "4")};
static const struct property_edit odd_edits[] = {EDIT("# k=:\t\f\\", " \t\f x \\\r\n"), EDIT("", ""), EDIT("!", "#"),
						 EDIT("\302\240", "=\0:")};
static const struct property_edit only_disable[] = {DISABLE("spark.app.id")};

#define BLOCK(nl) "#sparkgate:begin standalone HASH" nl "spark.master=spark://h:7077" nl "#sparkgate:end" nl

static const struct {
	const char *text;
	const struct property_edit *edits;
	size_t count;
	const char *result; /* HASH stands for the hash of the block */
} applied[] = {
	{"", NULL, 0, ""},
	{"a=b\n", NULL, 0, "a=b\n"},
	{"", master_edit, 1, BLOCK("\n")},
	{"# mine\nspark.master=local\na=b", master_edit, 1, BLOCK("\n") "# mine\n#sparkgate:off spark.master=local\na=b"},
	{"a=b\r\nspark.master \\\r\n  local\n", master_edit, 1,
	 BLOCK("\r\n") "a=b\r\n#sparkgate:off spark.master \\\r\n#sparkgate:off   local\n"},
	{"a=b\rc=d", master_edit, 1, BLOCK("\r") "a=b\rc=d"},
	{"spark.app.id=1\nspark\\u002emaster : a\nspark.master=b\n", mixed_edits, 3,
	 "#sparkgate:begin standalone HASH\nspark.master=spark://h:7077\nspark.cores.max=4\n#sparkgate:end\n"
	 "#sparkgate:off spark.app.id=1\n#sparkgate:off spark\\u002emaster : a\n#sparkgate:off spark.master=b\n"},
	{"spark.app.id=1\nspark.app.idx=2\n", only_disable, 1, "#sparkgate:off spark.app.id=1\nspark.app.idx=2\n"},
	{"#sparkgate:hello\n #sparkgate:not at byte 0\na=\\\n#sparkgate:data\n", NULL, 0,
	 "#sparkgate:off #sparkgate:hello\n #sparkgate:not at byte 0\na=\\\n#sparkgate:data\n"},
	{"spark.master=\\\n#sparkgate:off x\n", master_edit, 1,
	 BLOCK("\n") "#sparkgate:off spark.master=\\\n#sparkgate:off #sparkgate:off x\n"},
};

/* Parsed or not, the text becomes the same. */
static struct slice apply(struct slice text, enum backend backend, const struct property_edit *edits, size_t count)
{
	struct properties p;
	struct err err;
	struct slice result = properties_apply(&arena, &(struct properties){.text = text}, backend, edits, count);

	if (properties_parse(&arena, text, &p, &err) == 0)
		cr_assert(slice_eq(properties_apply(&arena, &p, backend, edits, count), result), "%.*s", SLICE_ARG(text));
	return result;
}

static const char *without_hash(struct slice text)
{
	char *copy = arena_dup(&arena, text);
	char *hash = strstr(copy, "standalone ");

	if (!hash)
		return copy;
	hash += strlen("standalone ");
	return arena_printf(&arena, "%.*sHASH%s", (int)(hash - copy), copy, hash + 8);
}

Test(properties, apply_writes_one_block_and_keeps_every_other_byte)
{
	for (size_t i = 0; i < COUNT(applied); i++) {
		struct slice text = slice_of(applied[i].text);
		struct slice result =
			apply(text, BACKEND_STANDALONE, applied[i].edits, applied[i].count);

		cr_expect_str_eq(without_hash(result), applied[i].result, "%zu", i);
		cr_expect(slice_eq(properties_undo(&arena, result), text), "%zu", i);
	}
}

/* So many that they are searched. */
Test(properties, apply_finds_each_of_many_keys)
{
	struct property_edit edits[40];
	struct buf text = buf_in(&arena), expected = buf_in(&arena);

	for (size_t i = COUNT(edits); i-- > 0;) {
		edits[i] = (struct property_edit){.key = slice_of(arena_printf(&arena, "spark.hadoop.k%zu", i))};
		buf_printf(&text, "spark.hadoop.k%zu=v\nspark.hadoop.%zu v\n", i, i);
		buf_printf(&expected, "#sparkgate:off spark.hadoop.k%zu=v\nspark.hadoop.%zu v\n", i, i);
	}
	buf_adds(&text, "spark\\u002ehadoop.k7 : v\nspark.hadoop.k7x=v\n=v\n");
	buf_adds(&expected, "#sparkgate:off spark\\u002ehadoop.k7 : v\nspark.hadoop.k7x=v\n=v\n");
	struct slice result = apply(buf_slice(&text), BACKEND_K8S, edits, COUNT(edits));
	cr_expect(slice_eq(result, buf_slice(&expected)), "%.*s", SLICE_ARG(result));
}

Test(properties, block_carries_the_hash_of_its_lines)
{
	struct slice result = apply(SLICE_LIT(""), BACKEND_K8S, master_edit, 1);
	char hex[65];

	sha256_hex(SLICE_LIT("spark.master=spark://h:7077\n"), hex);
	cr_expect(slice_starts(result, arena_printf(&arena, "#sparkgate:begin k8s %.8s\n", hex)));
}

Test(properties, what_apply_wrote_reads_back_exactly)
{
	struct slice text = apply(SLICE_LIT("a=b"), BACKEND_K8S, odd_edits, COUNT(odd_edits));
	struct properties p;
	struct err err = {""};

	cr_assert_eq(properties_parse(&arena, text, &p, &err), 0, "%s", err.text);
	cr_assert_eq(p.count, COUNT(odd_edits) + 1);
	for (size_t i = 0; i < COUNT(odd_edits); i++)
		cr_expect(slice_eq(p.items[i].key, odd_edits[i].key), "%zu", i);
	cr_expect(slice_eq(p.items[0].value, SLICE_LIT("x \\\r\n"))); /* the blanks are trimmed by Spark */
	cr_expect(slice_eq(p.items[2].value, SLICE_LIT("#")));
	cr_expect(slice_eq(p.items[3].value, SLICE_LIT("=\0:")));
}

/* ---- undo ---- */

static const struct {
	const char *text, *result;
} undone[] = {
	{"a=b", "a=b"},
	{"#sparkgate:off a=b", "a=b"},
	{"#sparkgate:off #sparkgate:off a", "#sparkgate:off a"}, /* one layer */
	{"#sparkgate:off", "#sparkgate:off"},
	{"x=\\\n#sparkgate:off a=b\n", "x=\\\n#sparkgate:off a=b\n"},
	{"\\\n#sparkgate:off a=b\n", "\\\n#sparkgate:off a=b\n"},
	{" #sparkgate:off a=b", " #sparkgate:off a=b"},
	{"#sparkgate:begin k8s 00000000\na=b\n#sparkgate:end\nc=d", "a=b\nc=d"},
	{"#sparkgate:begin k8s e3b0c442\n#sparkgate:end\nc=d", "c=d"}, /* of nothing, but it fits */
	{"#sparkgate:begin k8s e3b0c44\n#sparkgate:end\nc=d", "c=d"},
	{"#sparkgate:begin k8s 00000000\na=b\n", "a=b\n"},
	{"a=b\n#sparkgate:end\n", "a=b\n"},
	{"#sparkgate:endless\n#sparkgate:beginning\n", "#sparkgate:endless\n#sparkgate:beginning\n"},
	{"#sparkgate:begin k8s 00000000\n#sparkgate:begin k8s e3b0c442\n#sparkgate:end\nx", "x"},
	{"#sparkgate:begin k8s 00000000\n#sparkgate:off a\n#sparkgate:end\nx", "a\nx"},
};

Test(properties, undo_takes_away_marks_and_only_our_own_lines)
{
	for (size_t i = 0; i < COUNT(undone); i++) {
		struct slice result = properties_undo(&arena, slice_of(undone[i].text));

		cr_expect(slice_is(result, undone[i].result), "%s\n-> %.*s", undone[i].text, SLICE_ARG(result));
	}
}

Test(properties, a_line_added_above_or_inside_stays_the_users)
{
	struct slice ours = apply(SLICE_LIT("z=1\n"), BACKEND_K8S, master_edit, 1);
	struct slice above = slice_of(arena_printf(&arena, "y=2\n%.*s", SLICE_ARG(ours)));
	char *inside = arena_dup(&arena, ours);

	cr_expect(slice_is(properties_undo(&arena, above), "y=2\nz=1\n"));
	memcpy(strstr(inside, "spark.master"), "spark.Master", strlen("spark.Master"));
	cr_expect(slice_is(properties_undo(&arena, slice_of(inside)), "spark.Master=spark://h:7077\nz=1\n"));
}

Test(properties, counts_the_lines_of_its_block)
{
	struct slice ours = apply(SLICE_LIT("z=1\n"), BACKEND_K8S, mixed_edits, 3);

	cr_expect_eq(properties_block_lines(ours), 4);
	cr_expect_eq(properties_block_lines(slice_of(arena_printf(&arena, "\n%.*s", SLICE_ARG(ours)))), 0); /* not at the top */
	cr_expect_eq(properties_block_lines(SLICE_LIT("#sparkgate:begin k8s 00000000\na\n#sparkgate:end\n")), 0);
	cr_expect_eq(properties_block_lines(SLICE_LIT("")), 0);
}

/* Their user does not have ours. */
Test(properties, lines_are_those_of_the_users_text)
{
	struct slice ours = apply(SLICE_LIT("spark.master=x\nz=1\na=\\u00"), BACKEND_K8S, mixed_edits, 3);
	struct properties p;
	struct err err = {""};

	cr_expect_lt(properties_parse(&arena, ours, &p, &err), 0);
	cr_expect(strstr(err.text, "line 3:"), "%s", err.text);
	ours.len -= strlen("a=\\u00");
	cr_assert_eq(properties_parse(&arena, ours, &p, &err), 0, "%s", err.text);
	cr_assert_eq(p.count, 3);
	cr_expect_eq(p.items[0].line, 0); /* in our block */
	cr_expect_eq(p.items[2].line, 2, "%u", p.items[2].line);
}

/* ---- laws, over texts made of pieces that matter ---- */

static const char *const pieces[] = {
	"#sparkgate:", "#sparkgate:off ", "#sparkgate:begin ", "#sparkgate:begin k8s 00000000", "#sparkgate:end",
	"#sparkgate:begin k8s e3b0c442\n#sparkgate:end\n", "spark.master", "spark.app.id", "spark.cores.max", "a",
	"=", ":", " ", "\t", "\f", "\\", "\\\n", "\\\r\n", "\\\r", "\n", "\r\n", "\r", "\n", "\n", "#", "!",
	"\\u0041", "\\u00", "\\n", "local[*]", "\357\273\277", "\377", "${X}",
};

static struct slice random_text(unsigned *seed)
{
	struct buf b = buf_in(&arena);
	int count = rand_r(seed) % 24;

	for (int i = 0; i < count; i++)
		buf_adds(&b, pieces[(size_t)rand_r(seed) % COUNT(pieces)]);
	return buf_slice(&b);
}

static const struct {
	const struct property_edit *edits;
	size_t count;
} edit_sets[] = {{NULL, 0}, {master_edit, 1}, {mixed_edits, 3}, {odd_edits, 4}, {only_disable, 1}};

static struct slice rewrite(struct slice text, enum backend backend, size_t set)
{
	return apply(properties_undo(&arena, text), backend, edit_sets[set].edits,
		     edit_sets[set].count);
}

Test(properties, laws_hold_for_random_texts)
{
	unsigned seed = 1;

	for (int round = 0; round < 20000; round++) {
		struct slice text = random_text(&seed);
		size_t a = (size_t)rand_r(&seed) % COUNT(edit_sets), b = (size_t)rand_r(&seed) % COUNT(edit_sets);
		struct slice there = apply(text, BACKEND_K8S, edit_sets[a].edits, edit_sets[a].count);

		cr_assert(slice_eq(properties_undo(&arena, there), text), "undo(apply(U)) of:\n%.*s\n----\n%.*s",
			  SLICE_ARG(text), SLICE_ARG(there));
		cr_assert(slice_eq(rewrite(rewrite(text, BACKEND_K8S, a), BACKEND_STANDALONE, b),
				   rewrite(text, BACKEND_STANDALONE, b)),
			  "rewrite twice of:\n%.*s", SLICE_ARG(text));
		arena_reset(&arena);
	}
}
