/* `review -o yaml`: what will run. */
#include "command/review.h"

/* ---- a document with its changed objects put in ---- */

static const struct review_item *next_changed(const struct review_file *file, size_t document, size_t *at)
{
	for (; *at < file->count && file->items[*at].document <= document; ++*at) {
		const struct review_item *item = &file->items[*at];
		if (item->document == document && item->result && item->result != item->object)
			return &file->items[(*at)++];
	}
	return NULL;
}

/* An item of a list, or the object of an AdmissionReview, or the root itself: as one RFC 6902 replace. */
static const struct json *put_in(struct arena *a, const struct json *root, const struct review_item *item)
{
	struct json_patch patch = json_patch_in(a);
	struct json *changed;
	struct err ignored;

	if (*item->pointer == '\0')
		return item->result;
	json_patch_add(&patch, "replace", item->pointer, json_print(a, item->result));
	/* The object was read from there, so the pointer leads somewhere. */
	return json_patch_apply(a, root, &patch, &changed, &ignored) == 0 ? changed : root;
}

/* ---- text ---- */

/* What stands before the first value: `---`, comments, directives. The value begins a line of its own. */
static void print_prefix(const struct review_file *file, const struct yaml_document *d, struct buf *out)
{
	struct slice prefix = {file->stream.text.ptr + d->start, d->content - d->start};

	while (prefix.len > 0 && prefix.ptr[prefix.len - 1] == ' ')
		prefix.len--;
	buf_add(out, prefix);
	if (prefix.len > 0 && prefix.ptr[prefix.len - 1] != '\n')
		buf_addc(out, '\n');
}

static bool ends_explicitly(struct slice text)
{
	while (text.len > 0 && memchr(" \t\r\n", text.ptr[text.len - 1], 4))
		text.len--;
	return slice_ends(text, "\n...");
}

static void print_changed(const struct review_file *file, const struct yaml_document *d, const struct json *root,
			  struct buf *out)
{
	struct slice old = {file->stream.text.ptr + d->content, d->end - d->content};

	print_prefix(file, d, out);
	if (!d->node) { /* JSON stays JSON */
		buf_add(out, json_print(out->arena, root));
		buf_addc(out, '\n');
		return;
	}
	buf_add(out, yaml_print(out->arena, root));
	if (ends_explicitly(old))
		buf_adds(out, "...\n");
}

static void print_document(const struct review_file *file, size_t index, size_t *item, struct buf *out)
{
	const struct yaml_document *d = &file->stream.items[index];
	const struct review_item *changed = next_changed(file, index, item);
	const struct json *root = d->root;

	if (!changed) {
		buf_add(out, (struct slice){file->stream.text.ptr + d->start, d->end - d->start});
		return;
	}
	for (; changed; changed = next_changed(file, index, item))
		root = put_in(out->arena, root, changed);
	print_changed(file, d, root, out);
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

void review_print_yaml(const struct review_input *input, struct buf *out)
{
	for (size_t i = 0; i < input->count; i++) {
		const struct review_file *file = &input->files[i];
		size_t item = 0;

		separate(file, out);
		if (file->stream.count == 0)
			buf_add(out, file->stream.text);
		for (size_t k = 0; k < file->stream.count; k++)
			print_document(file, k, &item, out);
	}
}
