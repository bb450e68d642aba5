/* Command lines: the other verbs and getters, and hostile texts. */
#include "base/limits.h"
#include "cmdline_testing.h"

TestSuite(cmdline, .init = setup, .fini = release);

Test(cmdline, disables_and_renames)
{
	static const char text[] = START " --conf spark.app.id=a \\\n  --conf \"spark.old=$X y\" --conf=spark.app.id=b --conf spark.old=z";
	const char *const command[] = {"sh", "-c", text, NULL};
	const struct json *pod = make_pod(command, NULL);
	struct cmdlines lines = find(pod);
	struct changes changes = {0};
	struct slice key = SLICE_LIT("spark.app.id");
	struct err err = {""};
	size_t ops;

	cmdline_disable(cmdlines_at(&lines, 0), &key, 1, "r", &changes);
	cr_expect_eq(cmdline_rename(cmdlines_at(&lines, 0), SLICE_LIT("spark.old"), SLICE_LIT("spark.new"), "r", &changes, &err), 0);
	cr_expect_eq(changes.count, 4);
	cr_expect_null(conf_of(cmdlines_at(&lines, 0), "spark.app.id"));
	cr_expect_not_null(conf_of(cmdlines_at(&lines, 0), "spark.new"));
	pod = apply(pod, &lines, &ops);
	cr_expect_str_eq(json_text(json_at(json_get(container_of(pod), "command"), 2), ""),
			 START " \\\n  --conf \"spark.new=$X y\" --conf spark.new=z");
}

/* ">" behind a digit would be that descriptor's. */
Test(cmdline, what_is_taken_away_leaves_a_blank)
{
	const char *const command[] = {"sh", "-c", START " --executor-cores 2 --conf spark.app.id=/x>/log", NULL};
	const struct json *pod = make_pod(command, NULL);
	struct cmdlines lines = find(pod);
	struct changes changes = {0};
	struct slice key = SLICE_LIT("spark.app.id");
	size_t ops;

	cmdline_disable(cmdlines_at(&lines, 0), &key, 1, "r", &changes);
	pod = apply(pod, &lines, &ops);
	cr_expect_str_eq(json_text(json_at(json_get(container_of(pod), "command"), 2), ""), START " --executor-cores 2 >/log");
}

Test(cmdline, notes_where_and_never_a_secret)
{
	const char *const command[] = {"sh", "-c", "true\n" START " --conf spark.authenticate.secret=abc", NULL};
	struct cmdlines lines = find(make_pod(command, NULL));
	struct changes changes = {0};
	struct err err;

	cr_assert_eq(cmdline_set(cmdlines_at(&lines, 0), SLICE_LIT("spark.authenticate.secret"), SLICE_LIT("def"), "r", &changes,
				 &err), 0);
	cr_assert_eq(changes.count, 1);
	cr_expect_str_eq(changes.items[0].carrier, "shell");
	cr_expect_str_eq(changes.items[0].place.pointer, "/containers/0/command/2");
	cr_expect_str_eq(changes.items[0].place.container, "spark");
	cr_expect_eq(changes.items[0].place.line, 2);
	cr_expect_str_eq(changes.items[0].from, "(redacted)");
	cr_expect_str_eq(changes.items[0].to, "(redacted)");
}

Test(cmdline, finds_the_properties_file)
{
	const char *const literal[] = {START, "--properties-file", "/a", "--properties-file=/b", "--load-spark-defaults", NULL};
	const char *const shell[] = {"sh", "-c", START " --properties-file \"$F\"", NULL};
	struct cmdlines lines = find(make_pod(literal, NULL));
	bool known;

	cr_expect(slice_is(cmdline_properties_file(cmdlines_at(&lines, 0), &known), "/b"));
	cr_expect(known && cmdline_load_defaults(cmdlines_at(&lines, 0)));
	lines = find(make_pod(shell, NULL));
	cr_expect(slice_is(cmdline_properties_file(cmdlines_at(&lines, 0), &known), "$F"));
	cr_expect(!known && !cmdline_load_defaults(cmdlines_at(&lines, 0)));
}

/* Each takes minutes, or all memory, where an edit costs more than one pass. */
Test(cmdline, takes_hostile_texts)
{
	static const struct {
		const char *head, *unit;
		size_t times;
	} cases[] = {
		{START, " --conf spark.a=b", 9000},
		{START, " $X", 19000},
		{"", START ";", 19000},
		{"java", " java", 19000},
		{"a", " su", 19000},
		{"a", " sh", 19000},
		{"", "$C;", 19000},
		{"", "C=(a);${C[@]};" START ";", 4000},
		{"", START " \"$@\";", 9000},
		{"sh -c '", "sh -c ", 19000},
		{START " ", "''", 1000000},
		{"spark-submit ", "--class $X ", 9000},
		{"", "spark-submit --class " SERVER " $X;", 4000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf text = buf_in(&arena);
		struct changes changes = {0};
		struct cmdlines lines;
		struct err err;

		buf_adds(&text, cases[i].head);
		for (size_t j = 0; j < cases[i].times; j++)
			buf_adds(&text, cases[i].unit);
		buf_adds(&text, "''");
		const char *const command[] = {"sh", "-c", buf_slice(&text).ptr, "a", "b", "c", NULL};
		lines = find(make_pod(command, NULL));
		for (size_t j = 0; j < lines.count; j++)
			for (size_t k = 0; k < 20; k++) {
				const char *key = arena_printf(&arena, "spark.key%zu", k % 10);

				(void)!cmdline_set(cmdlines_at(&lines, j), slice_of(key), SLICE_LIT("v"), "r", &changes, &err);
			}
		size_t ops;
		apply(make_pod(command, NULL), &lines, &ops);
		arena_release(&arena);
	}
}
