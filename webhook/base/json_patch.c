#include "base/json_patch.h"
#include "base/json_write.h"

struct json_patch json_patch_in(struct arena *a)
{
	return (struct json_patch){.arena = a};
}

/* What rewriting and hardening do to a usual pod. */
#define OPS_LIKELY 32

static void grow(struct json_patch *p)
{
	size_t cap = p->cap ? p->cap * 2 : OPS_LIKELY;
	struct json_patch_op *ops = arena_alloc_dirty(p->arena, cap * sizeof(*ops));

	if (p->count > 0)
		memcpy(ops, p->ops, p->count * sizeof(*ops));
	p->ops = ops;
	p->cap = cap;
}

void json_patch_add(struct json_patch *p, const char *op, const char *pointer, struct slice value)
{
	if (p->count == p->cap)
		grow(p);
	p->ops[p->count++] = (struct json_patch_op){op, pointer, value};
}

struct slice json_patch_string(struct arena *a, struct slice text)
{
	struct buf b = buf_in(a);
	struct json_writer w = json_writer(&b);

	json_write_string(&w, text);
	return buf_slice(&b);
}

const char *json_pointer_token(struct arena *a, struct slice token)
{
	struct buf b = buf_in(a);

	for (size_t i = 0; i < token.len; i++) {
		if (token.ptr[i] == '~')
			buf_adds(&b, "~0");
		else if (token.ptr[i] == '/')
			buf_adds(&b, "~1");
		else
			buf_addc(&b, token.ptr[i]);
	}
	return buf_slice(&b).ptr;
}

/* An operation without its value, mostly. */
#define OP_BYTES 96

/* All up to the pointer. */
static struct slice op_head(const struct json_patch_op *op)
{
	return op->op[0] == 'a'   ? SLICE_LIT("{\"op\":\"add\",\"path\":")
	       : op->op[2] == 'p' ? SLICE_LIT("{\"op\":\"replace\",\"path\":")
				  : SLICE_LIT("{\"op\":\"remove\",\"path\":");
}

static void print_op(struct buf *b, const struct json_patch_op *op, const char *pointer)
{
	struct json_writer w = json_writer(b);

	buf_add(b, op_head(op));
	json_write_string(&w, slice_of(pointer));
	if (op->value.ptr) {
		buf_add(b, SLICE_LIT(",\"value\":"));
		buf_add(b, op->value);
	}
	buf_addc(b, '}');
}

struct slice json_patch_print(const struct json_patch *p, const char *prefix)
{
	struct buf b = buf_in(p->arena);
	size_t bytes = 2;

	for (size_t i = 0; i < p->count; i++)
		bytes += p->ops[i].value.len + OP_BYTES;
	buf_reserve(&b, bytes);
	buf_addc(&b, '[');
	for (size_t i = 0; i < p->count; i++) {
		const struct json_patch_op *op = &p->ops[i];
		if (i > 0)
			buf_addc(&b, ',');
		print_op(&b, op, *prefix ? arena_join(p->arena, prefix, op->pointer) : op->pointer);
	}
	buf_addc(&b, ']');
	return buf_slice(&b);
}

/* ---- applying ---- */

/* A token with its escapes undone. */
static struct slice unescape_token(struct arena *a, struct slice token)
{
	char *text = arena_dup(a, token), *out = text;

	for (size_t i = 0; i < token.len; i++) {
		bool escape = token.ptr[i] == '~' && i + 1 < token.len;
		*out++ = !escape ? token.ptr[i] : token.ptr[i + 1] == '1' ? '/' : '~';
		i += escape;
	}
	*out = '\0';
	return (struct slice){text, (size_t)(out - text)};
}

/* Array index by RFC 6901: digits without leading zeros. -1 where it is none. */
static long array_index(struct slice token)
{
	long index = 0;

	if (token.len == 0 || token.len > 9 || (token.len > 1 && token.ptr[0] == '0'))
		return -1;
	for (size_t i = 0; i < token.len; i++) {
		if (token.ptr[i] < '0' || token.ptr[i] > '9')
			return -1;
		index = index * 10 + (token.ptr[i] - '0');
	}
	return index;
}

/* Where the last operation was in an array, one a depth: arrays are lists, and a patch of 25,000 containers that starts
 * from the first for each would walk for seconds. */
#define FINGERS 8

struct finger {
	const struct json *array, *item;
	size_t index;
};

struct fingers {
	struct finger at[FINGERS];
};

static const struct json *element(struct finger *f, const struct json *array, size_t index)
{
	if (f->array != array || !f->item || index < f->index)
		*f = (struct finger){array, json_first(array), 0};
	for (; f->item && f->index < index; f->index++)
		f->item = json_next(f->item);
	return f->item;
}

/* The elements of array are about to move. */
static void forget(struct fingers *fingers, const struct json *array)
{
	for (size_t i = 0; i < FINGERS; i++)
		if (fingers->at[i].array == array)
			fingers->at[i] = (struct finger){NULL, NULL, 0};
}

/* A child that is there, also as null; NULL where it is not. */
static const struct json *child_of(const struct json *v, struct slice token, struct finger *finger)
{
	if (json_type(v) == JSON_ARRAY) {
		long index = array_index(token);
		return index < 0 ? NULL : element(finger, v, (size_t)index);
	}
	if (json_type(v) != JSON_OBJECT)
		return NULL;
	JSON_EACH(m, v)
		if (slice_is(token, json_key(m)))
			return m;
	return NULL;
}

/* The tree being changed is our own copy, so the const of the getters may go. */
static struct json *own(const struct json *v)
{
	return (struct json *)(uintptr_t)v;
}

/* Walk to the parent of pointer's target; *last gets the final token. */
static struct json *walk(struct arena *a, struct json *root, const char *pointer, struct fingers *fingers,
			 struct slice *last)
{
	struct slice rest = slice_of(pointer);
	size_t depth = 0;

	if (!slice_skip(&rest, SLICE_LIT("/")))
		return NULL;
	for (;;) {
		struct slice token = slice_cut(&rest, '/');
		bool final = token.ptr + token.len == pointer + strlen(pointer);
		*last = unescape_token(a, token);
		if (final)
			return root;
		struct finger anew = {NULL, NULL, 0};
		root = own(child_of(root, *last, depth < FINGERS ? &fingers->at[depth] : &anew));
		if (!root)
			return NULL;
		depth++;
	}
}

static int apply_add(struct arena *a, struct json *parent, struct slice last, struct json *value)
{
	if (json_type(parent) == JSON_OBJECT) {
		json_put(a, parent, last.ptr, value);
		return 0;
	}
	if (json_type(parent) != JSON_ARRAY)
		return -1;
	long index = slice_is(last, "-") ? (long)json_count(parent) : array_index(last);
	return index < 0 ? -1 : json_insert(parent, (size_t)index, value);
}

static int apply_replace(struct arena *a, struct json *parent, struct slice last, struct json *value)
{
	struct finger anew = {NULL, NULL, 0};
	const struct json *old = child_of(parent, last, &anew);

	if (!old)
		return -1;
	if (json_type(parent) == JSON_OBJECT) {
		json_put(a, parent, last.ptr, value);
		return 0;
	}
	json_remove(parent, old);
	return json_insert(parent, (size_t)array_index(last), value);
}

static int apply_remove(struct json *parent, struct slice last)
{
	struct finger anew = {NULL, NULL, 0};
	const struct json *old = child_of(parent, last, &anew);

	if (!old)
		return -1;
	json_remove(parent, old);
	return 0;
}

static int apply_op(struct arena *a, struct json *root, const struct json_patch_op *op, struct fingers *fingers,
		    struct err *err)
{
	const struct json *value = NULL;
	struct slice last = SLICE_LIT("");
	struct json *parent = walk(a, root, op->pointer, fingers, &last);
	int rc = -1;

	if (op->value.ptr && json_parse(a, op->value, &value, err) < 0)
		return err_wrap(err, "%s %s", op->op, op->pointer);
	forget(fingers, parent);
	if (parent && op->op[0] == 'a')
		rc = apply_add(a, parent, last, own(value));
	else if (parent && strcmp(op->op, "replace") == 0)
		rc = apply_replace(a, parent, last, own(value));
	else if (parent)
		rc = apply_remove(parent, last);
	return rc < 0 ? err_set(err, "%s %s: the path leads nowhere", op->op, op->pointer) : 0;
}

int json_patch_apply(struct arena *a, const struct json *document, const struct json_patch *p, struct json **ret,
		     struct err *err)
{
	struct json *copy = json_copy(a, document);
	struct fingers fingers = {{{NULL, NULL, 0}}};

	for (size_t i = 0; i < p->count; i++)
		if (apply_op(a, copy, &p->ops[i], &fingers, err) < 0)
			return -1;
	*ret = copy;
	return 0;
}
