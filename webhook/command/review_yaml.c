/* `review -o yaml`: what will run. */
#include "command/review.h"

#include "base/json_write.h"
#include "base/limits.h"

/* ---- a document with its changed objects put in ---- */

/* The items of the document that begin at *at; *at moves on to those of the next. */
static size_t take_items(const struct review_file *file, size_t document, size_t *at)
{
	size_t first = *at;

	while (*at < file->count && file->items[*at].document == document)
		++*at;
	return *at - first;
}

static bool is_changed(const struct review_item *item)
{
	return item->result && item->result != item->object;
}

/* An object of an AdmissionReview: one RFC 6902 replace. */
static int put_in(struct arena *a, const struct json *root, const struct review_item *item, const struct json **ret,
		  struct err *err)
{
	struct json_patch patch = json_patch_in(a);
	struct json *changed;

	json_patch_add(&patch, "replace", item->pointer, json_print(a, item->result));
	if (json_patch_apply(a, root, &patch, &changed, err) < 0)
		return -1;
	*ret = changed;
	return 0;
}

/* A List in one pass: item by item would take the square of its length. The items of the file are those of the
 * list, in its order. */
static int put_in_list(struct arena *a, const struct json *list, const struct review_item *item,
		       const struct json **ret, struct err *err)
{
	struct buf text = buf_in(a);
	struct json_writer w = json_writer(&text);

	json_write_open(&w, '{');
	JSON_EACH(member, list) {
		bool items = strcmp(json_key(member), "items") == 0;
		json_write_key(&w, slice_of(json_key(member)));
		if (!items) {
			json_write_raw(&w, json_print(a, member));
			continue;
		}
		json_write_open(&w, '[');
		JSON_EACH(element, member) {
			json_write_raw(&w, json_print(a, is_changed(item) ? item->result : element));
			item++;
		}
		json_write_close(&w, ']');
	}
	json_write_close(&w, '}');
	return json_parse_limited(a, buf_slice(&text), LIMIT_DUMP_NODES, ret, err);
}

static int put_in_all(struct arena *a, const struct json *root, const struct review_item *items,
		      const struct json **ret, struct err *err)
{
	if (*items->pointer == '\0') {
		*ret = items->result;
		return 0;
	}
	if (slice_starts(slice_of(items->pointer), "/items/"))
		return put_in_list(a, root, items, ret, err);
	return put_in(a, root, items, ret, err);
}

/* ---- text ---- */

/* What comes before the first value: `---`, comments, directives. The value begins on a line of its own. */
static void print_prefix(const struct review_file *file, const struct yaml_document *d, struct buf *out)
{
	struct slice prefix = {file->stream.text.ptr + d->start, d->content - d->start};

	while (prefix.len > 0 && prefix.ptr[prefix.len - 1] == ' ')
		prefix.len--;
	buf_add(out, prefix);
	if (prefix.len > 0 && prefix.ptr[prefix.len - 1] != '\n')
		buf_addc(out, '\n');
}

/* Is that line the last one, blanks aside? */
static bool ends_with_line(struct slice text, const char *line)
{
	while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4))
		text.len--;
	return slice_ends(text, line);
}

static void print_changed(const struct review_file *file, const struct yaml_document *d, const struct json *root,
			  struct buf *out)
{
	struct slice old = {file->stream.text.ptr + d->content, d->end - d->content};

	print_prefix(file, d, out);
	if (!d->node) { /* JSON stays JSON */
		buf_add(out, json_print(out->arena, root));
		buf_addc(out, '\n');
		if (ends_with_line(old, "\n---")) /* before the next one; it is counted as part of this one */
			buf_adds(out, "---\n");
		return;
	}
	buf_add(out, yaml_print(out->arena, root));
	if (ends_with_line(old, "\n..."))
		buf_adds(out, "...\n");
}

static int print_document(const struct review_file *file, size_t index, size_t *at, struct buf *out, struct err *err)
{
	const struct yaml_document *d = &file->stream.items[index];
	const struct review_item *items = &file->items[*at];
	size_t count = take_items(file, index, at);
	const struct json *root;
	bool changed = false;

	for (size_t i = 0; i < count; i++)
		changed |= is_changed(&items[i]);
	if (!changed) {
		buf_add(out, (struct slice){file->stream.text.ptr + d->start, d->end - d->start});
		return 0;
	}
	if (put_in_all(out->arena, d->root, items, &root, err) < 0)
		return err_wrap(err, "%s: line %u: this document after the changes", file->path, d->line);
	print_changed(file, d, root, out);
	return 0;
}

/* Files are one stream: each begins a document of its own. */
static void separate(const struct review_file *file, struct buf *out)
{
	if (out->len == 0)
		return;
	if (out->ptr[out->len - 1] != '\n')
		buf_addc(out, '\n');
	if (!slice_starts(file->stream.text, "---"))
		buf_adds(out, "---\n");
}

int review_print_yaml(const struct review_input *input, struct buf *out, struct err *err)
{
	for (size_t i = 0; i < input->count; i++) {
		const struct review_file *file = &input->files[i];
		size_t at = 0;

		separate(file, out);
		if (file->stream.count == 0)
			buf_add(out, file->stream.text);
		for (size_t k = 0; k < file->stream.count; k++)
			if (print_document(file, k, &at, out, err) < 0)
				return -1;
	}
	return 0;
}
