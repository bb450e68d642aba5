#include "policy/load.h"

#include "base/file.h"
#include "base/limits.h"
#include "policy/node.h"
#include "policy/shipped.h"

struct policy_layer policy_shipped(struct arena *a)
{
	struct policy_source *sources = ARENA_ARRAY(a, shipped_policy_count, struct policy_source);

	for (size_t i = 0; i < shipped_policy_count; i++)
		sources[i] = (struct policy_source){shipped_policies[i].path,
						    {shipped_policies[i].text, shipped_policies[i].len}};
	return (struct policy_layer){.sources = sources, .count = shipped_policy_count};
}

/* The files of path: itself, or what is in it. */
static int list_files(struct arena *a, const char *path, bool may_be_empty, struct file_list *ret, struct err *err)
{
	static const char *const suffixes[] = {".yaml", ".yml", ".json", NULL};

	if (!file_is_directory(path)) {
		ret->paths = ARENA_NEW(a, const char *);
		ret->paths[0] = path;
		ret->count = 1;
		return 0;
	}
	if (file_list(a, path, suffixes, ret, err) < 0)
		return -1;
	if (ret->count == 0 && !may_be_empty)
		return err_set(err, "holds no .yaml, .yml or .json file");
	if (ret->count > POLICY_FILES_MAX)
		return err_set(err, "'%s' holds more than %d files", path, POLICY_FILES_MAX);
	return 0;
}

static void add_error(struct arena *a, struct policy_problems *problems, const char *file, const struct err *err)
{
	policy_problem_add(problems, a, file, 0, arena_dup(a, slice_of(err->text)));
}

static struct policy_layer read_layer(struct arena *a, const char *path, bool may_be_empty, struct policy_problems *problems)
{
	struct file_list files = {0};
	struct err err = {""};

	if (list_files(a, path, may_be_empty, &files, &err) < 0) {
		add_error(a, problems, path, &err);
		return (struct policy_layer){.count = 0};
	}
	struct policy_source *sources = ARENA_ARRAY(a, files.count, struct policy_source);
	struct policy_layer layer = {.sources = sources, .path = may_be_empty ? NULL : path};
	for (size_t i = 0; i < files.count; i++) {
		struct policy_source *s = &sources[layer.count];
		s->name = files.paths[i];
		/* One byte more than allowed: the compiler says what is too large. */
		if (file_read(a, files.paths[i], LIMIT_POLICY_BYTES + 1, &s->text, &err) < 0)
			add_error(a, problems, files.paths[i], &err);
		else
			layer.count++;
	}
	return layer;
}

struct policy *policy_load_all(const struct policy_options *options, struct arena *a, struct policy_problems *problems)
{
	struct policy_layer *layers = ARENA_ARRAY(a, options->path_count + 2, struct policy_layer);
	size_t before = problems->count, count = 0;

	layers[count++] = policy_shipped(a);
	for (size_t i = 0; i < options->path_count; i++)
		layers[count++] = read_layer(a, options->paths[i], options->may_be_empty, problems);
	if (options->above)
		layers[count++] = *options->above;
	struct policy *p = policy_compile(layers, count, options, a, problems);
	if (!p || problems->count == before)
		return p;
	policy_unref(p);
	return NULL;
}

int policy_load(const struct policy_options *options, struct policy **ret, struct err *err)
{
	struct arena a = ARENA_INIT;
	struct policy_problems problems = {0};
	struct policy *p = policy_load_all(options, &a, &problems);

	if (p) {
		*ret = p;
	} else {
		const struct policy_problem *first = &problems.items[0];
		if (first->line)
			err_set(err, "%s:%u: %s", first->file, first->line, first->message);
		else
			err_set(err, "%s: %s", first->file, first->message);
	}
	arena_release(&a);
	return p ? 0 : -1;
}
