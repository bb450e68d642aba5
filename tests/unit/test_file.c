#include "base/file.h"
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A directory of our own that goes with the test. */
struct scratch {
	struct arena arena;
	char dir[32];
};

static struct scratch scratch_new(void)
{
	struct scratch s = {ARENA_INIT, "/tmp/sparkgate-file-XXXXXX"};

	cr_assert(mkdtemp(s.dir));
	return s;
}

static void scratch_free(struct scratch *s)
{
	cr_expect_eq(system(arena_printf(&s->arena, "rm -rf '%s'", s->dir)), 0);
	arena_release(&s->arena);
}

static const char *in(struct scratch *s, const char *name)
{
	return arena_printf(&s->arena, "%s/%s", s->dir, name);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	cr_assert(f);
	fputs(text, f);
	fclose(f);
}

Test(file, reads_what_was_written)
{
	struct scratch s = scratch_new();
	static const char *const texts[] = {"", "x", "one\ntwo\n"};

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct err err = {""};
		struct slice text;
		cr_assert_eq(file_write(in(&s, "f"), slice_of(texts[i]), 0640, &err), 0, "%s", err.text);
		cr_assert_eq(file_read(&s.arena, in(&s, "f"), 100, &text, &err), 0, "%s", err.text);
		cr_expect(slice_is(text, texts[i]));
		cr_expect_eq(text.ptr[text.len], '\0');
	}
	scratch_free(&s);
}

Test(file, reads_up_to_the_limit_and_no_more)
{
	struct scratch s = scratch_new();
	struct slice big = {arena_alloc(&s.arena, 200001), 200001};
	struct err err = {""};
	struct slice text = SLICE_LIT("untouched");

	cr_assert_eq(file_write(in(&s, "f"), big, 0600, &err), 0, "%s", err.text);
	cr_expect_eq(file_read(&s.arena, in(&s, "f"), 200000, &text, &err), FILE_TOO_LARGE);
	cr_expect(slice_has(slice_of(err.text), "larger than 200000 bytes"), "%s", err.text);
	cr_expect(slice_is(text, "untouched"));
	cr_expect_eq(file_read(&s.arena, in(&s, "f"), 200001, &text, &err), 0);
	cr_expect_eq(text.len, 200001);
	scratch_free(&s);
}

Test(file, refuses_what_is_no_regular_file)
{
	struct scratch s = scratch_new();
	struct err err = {""};
	struct slice text;

	cr_assert_eq(mkfifo(in(&s, "fifo"), 0600), 0);
	cr_expect_eq(file_read(&s.arena, in(&s, "fifo"), 10, &text, &err), -1); /* and does not wait for a writer */
	cr_expect(slice_has(slice_of(err.text), "fifo': it is not a regular file"), "%s", err.text);
	cr_expect_eq(file_read(&s.arena, s.dir, 10, &text, &err), -1);
	cr_expect(slice_has(slice_of(err.text), "it is a directory"), "%s", err.text);
	cr_expect_eq(file_read(&s.arena, in(&s, "none"), 10, &text, &err), -1);
	cr_expect(slice_has(slice_of(err.text), "No such file"), "%s", err.text);
	scratch_free(&s);
}

Test(file, writes_atomically_with_the_mode_asked_for)
{
	struct scratch s = scratch_new();
	struct err err = {""};
	struct stat st;

	umask(077);
	put(in(&s, "f"), "old");
	int old = open(in(&s, "f"), O_RDONLY);
	cr_assert_eq(file_write(in(&s, "f"), SLICE_LIT("new"), 0644, &err), 0, "%s", err.text);
	cr_assert_eq(stat(in(&s, "f"), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0644);
	char was[4] = "";
	cr_expect_eq(read(old, was, 3), 3);
	cr_expect_str_eq(was, "old"); /* who had it open reads on undisturbed */
	close(old);
	scratch_free(&s);
}

Test(file, leaves_nothing_behind_where_writing_fails)
{
	struct scratch s = scratch_new();
	struct err err = {""};
	struct file_list list;

	cr_assert_eq(mkdir(in(&s, "f"), 0700), 0);
	cr_expect_eq(file_write(in(&s, "f"), SLICE_LIT("x"), 0600, &err), -1);
	cr_expect(slice_has(slice_of(err.text), "cannot write '"), "%s", err.text);
	cr_assert_eq(file_list(&s.arena, s.dir, NULL, &list, &err), 0);
	cr_expect_eq(list.count, 0);
	cr_expect_eq(file_write(in(&s, "no/f"), SLICE_LIT("x"), 0600, &err), -1);
	scratch_free(&s);
}

Test(file, lists_sorted_without_hidden_files_and_directories)
{
	static const char *const suffixes[] = {".yaml", ".json", NULL};
	struct scratch s = scratch_new();
	struct err err = {""};
	struct file_list list;

	put(in(&s, "b.yaml"), "");
	put(in(&s, "a.json"), "");
	put(in(&s, "c.txt"), "");
	put(in(&s, ".d.yaml"), "");
	cr_assert_eq(mkdir(in(&s, "e.yaml"), 0700), 0);
	cr_assert_eq(symlink("b.yaml", in(&s, "f.yaml")), 0); /* as in a ConfigMap volume */
	cr_assert_eq(file_list(&s.arena, s.dir, suffixes, &list, &err), 0, "%s", err.text);
	cr_assert_eq(list.count, 3);
	cr_expect_str_eq(list.paths[0], in(&s, "a.json"));
	cr_expect_str_eq(list.paths[1], in(&s, "b.yaml"));
	cr_expect_str_eq(list.paths[2], in(&s, "f.yaml"));
	cr_expect_eq(file_list(&s.arena, in(&s, "none"), NULL, &list, &err), -1);
	scratch_free(&s);
}

Test(file, a_tree_has_the_files_of_all_folders)
{
	static const char *const suffixes[] = {".yaml", NULL}, *const expected[] = {"a.yaml", "a/b/c.yaml", "a/x.yaml", "z.yaml"};
	static const char *const folders[] = {"a", "a/b", "a/empty.yaml", ".git"};
	static const char *const files[] = {"z.yaml", "a/x.yaml", "a/b/c.yaml", "a/b/c.txt", "a/.x.yaml", ".git/no.yaml"};
	struct scratch s = scratch_new();
	struct err err = {""};
	struct file_list list;

	for (size_t i = 0; i < COUNT(folders); i++)
		cr_assert_eq(mkdir(in(&s, folders[i]), 0700), 0);
	for (size_t i = 0; i < COUNT(files); i++)
		put(in(&s, files[i]), "");
	cr_assert_eq(symlink("a/x.yaml", in(&s, "a.yaml")), 0);
	cr_assert_eq(symlink("..", in(&s, "a/round")), 0);
	cr_assert_eq(file_tree(&s.arena, s.dir, suffixes, &list, &err), 0, "%s", err.text);
	cr_assert_eq(list.count, COUNT(expected));
	for (size_t i = 0; i < COUNT(expected); i++)
		cr_expect_str_eq(list.paths[i], in(&s, expected[i]));
	cr_expect_eq(file_tree(&s.arena, in(&s, "none"), NULL, &list, &err), -1);
	scratch_free(&s);
}

Test(file, a_tree_has_a_depth)
{
	struct scratch s = scratch_new();
	struct err err = {""};
	struct file_list list;
	const char *dir = s.dir;

	for (int i = 0; i < FILE_TREE_DEPTH; i++) {
		dir = arena_printf(&s.arena, "%s/d", dir);
		cr_assert_eq(mkdir(dir, 0700), 0);
	}
	put(arena_printf(&s.arena, "%s/x", dir), "");
	cr_assert_eq(file_tree(&s.arena, s.dir, NULL, &list, &err), 0, "%s", err.text);
	cr_expect_eq(list.count, 1);
	cr_assert_eq(mkdir(arena_printf(&s.arena, "%s/d", dir), 0700), 0);
	cr_expect_eq(file_tree(&s.arena, s.dir, NULL, &list, &err), -1);
	cr_expect(slice_has(slice_of(err.text), "is more than 32 folders deep"), "%s", err.text);
	scratch_free(&s);
}

Test(file, stamps_see_a_replacement)
{
	struct scratch s = scratch_new();
	struct err err = {""};
	struct file_stamp none = file_stamp(in(&s, "f")), first, again, second;

	cr_assert_eq(file_write(in(&s, "f"), SLICE_LIT("x"), 0600, &err), 0);
	first = file_stamp(in(&s, "f"));
	again = file_stamp(in(&s, "f"));
	cr_assert_eq(file_write(in(&s, "f"), SLICE_LIT("y"), 0600, &err), 0); /* the same size, maybe the same time */
	second = file_stamp(in(&s, "f"));
	cr_expect_not(none.exists);
	cr_expect(file_stamp_eq(&first, &again));
	cr_expect_not(file_stamp_eq(&none, &first));
	cr_expect_not(file_stamp_eq(&first, &second));
	scratch_free(&s);
}
