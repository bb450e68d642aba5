#include "base/json_patch.h"

#include "base/json_node.h"
#include "base/json_write.h"
#include "base/number.h"

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

enum verb { VERB_ADD, VERB_REPLACE, VERB_REMOVE };

/* Of "add", "replace" and "remove" a letter each tells. */
static enum verb verb_of(const struct json_patch_op *op)
{
	if (op->op[0] == 'a')
		return VERB_ADD;
	return op->op[2] == 'p' ? VERB_REPLACE : VERB_REMOVE;
}

/* Most operations without their value. */
#define OP_BYTES 96

/* Everything up to the pointer. */
static void print_head(struct buf *b, enum verb verb)
{
	switch (verb) {
	case VERB_ADD:
		buf_adds(b, "{\"op\":\"add\",\"path\":");
		return;
	case VERB_REPLACE:
		buf_adds(b, "{\"op\":\"replace\",\"path\":");
		return;
	case VERB_REMOVE:
		buf_adds(b, "{\"op\":\"remove\",\"path\":");
	}
}

static void print_op(struct buf *b, const struct json_patch_op *op, const char *pointer)
{
	struct json_writer w = json_writer(b);

	print_head(b, verb_of(op));
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

/* Unescape a token. false: a ~ that is neither ~0 nor ~1, the only escapes (RFC 6901, section 3). */
static bool unescape_token(struct arena *a, struct slice token, struct slice *ret)
{
	char *text = arena_dup(a, token), *out = text;

	for (size_t i = 0; i < token.len; i++) {
		char c = token.ptr[i];
		if (c == '~') {
			c = ++i < token.len ? token.ptr[i] : '\0';
			if (c != '0' && c != '1')
				return false;
			c = c == '1' ? '/' : '~';
		}
		*out++ = c;
	}
	*out = '\0';
	*ret = (struct slice){text, (size_t)(out - text)};
	return true;
}

/* Array index by RFC 6901: digits without leading zeros. -1 if token is not one. */
static long array_index(struct slice token)
{
	int64_t index;

	if ((token.len > 1 && token.ptr[0] == '0') || number_parse(token, 999999999, &index) < 0)
		return -1;
	return (long)index;
}

/*
 * Arrays and objects are linked lists, and a patch of 25,000 containers or arguments that starts at the first for each
 * would walk for seconds. So at each depth the container of the last operation is remembered: for an array, its
 * elements as far as they were walked; for an object, the member that was found. Patches name them in order, forwards
 * or backwards.
 */
#define FINGERS 8

struct finger {
	const struct json *container;
	struct json **items; /* of an array: elements 0..count */
	size_t count, cap;
	struct json *member; /* of an object */
};

struct fingers {
	struct arena *arena;
	struct finger at[FINGERS + 1]; /* the last is for everything deeper */
};

static struct finger *finger_of(struct fingers *fingers, size_t depth, const struct json *container)
{
	struct finger *f = &fingers->at[depth < FINGERS ? depth : FINGERS];

	if (f->container != container) {
		f->container = container;
		f->count = 0;
		f->member = NULL;
	}
	return f;
}

/* Element index of the finger's array; NULL beyond the end. */
static struct json *element(struct arena *a, struct finger *f, size_t index)
{
	while (f->count <= index) {
		struct json *next = f->count ? f->items[f->count - 1]->next : f->container->first;
		if (!next)
			return NULL;
		*ARENA_PUSH(a, f->items, &f->cap, f->count) = next;
	}
	return f->items[index];
}

/* Elements from index on are about to move. */
static void forget_from(struct finger *f, size_t index)
{
	f->count = index < f->count ? index : f->count;
}

static struct json *search(struct json *from, const struct json *end, struct slice key)
{
	for (; from != end; from = from->next)
		if (slice_eq(from->key, key))
			return from;
	return NULL;
}

/* Search from the last one found onwards first. */
static struct json *member_of(struct finger *f, struct slice key)
{
	struct json *found = f->member ? search(f->member, NULL, key) : NULL;

	found = found ? found : search(f->container->first, f->member, key);
	f->member = found ? found : f->member;
	return found;
}

/* The child, even if null; NULL if there is none. */
static struct json *child_of(struct arena *a, struct finger *f, struct slice token)
{
	enum json_type type = json_type(f->container);

	if (type == JSON_OBJECT)
		return member_of(f, token);
	long index = type == JSON_ARRAY ? array_index(token) : -1;
	return index < 0 ? NULL : element(a, f, (size_t)index);
}

/* The tree being changed is our own copy, so the getters' const may be cast away. */
static struct json *own(const struct json *v)
{
	return (struct json *)(uintptr_t)v;
}

/* Walk to the parent of pointer's target and return the finger on it; NULL where pointer leads nowhere. *last gets the
 * final token. */
static struct finger *walk(struct json *root, const char *pointer, struct fingers *fingers, struct slice *last)
{
	struct slice rest = slice_of(pointer);
	const char *end = pointer + rest.len;

	if (!slice_skip(&rest, SLICE_LIT("/")))
		return NULL;
	for (size_t depth = 0; root; depth++) {
		struct finger *f = finger_of(fingers, depth, root);
		struct slice token = slice_cut(&rest, '/');
		if (!unescape_token(fingers->arena, token, last))
			return NULL;
		if (token.ptr + token.len == end)
			return f;
		root = child_of(fingers->arena, f, *last);
	}
	return NULL;
}

static int insert(struct arena *a, struct finger *f, size_t index, struct json *value)
{
	struct json *before = index ? element(a, f, index - 1) : NULL;
	struct json **link = before ? &before->next : &own(f->container)->first;

	if (index && !before)
		return -1;
	value->next = *link;
	*link = value;
	forget_from(f, index);
	return 0;
}

/* How many elements the finger's array has. */
static size_t length(struct arena *a, struct finger *f)
{
	while (element(a, f, f->count))
		;
	return f->count;
}

static int apply_add(struct arena *a, struct finger *f, struct slice last, struct json *value)
{
	if (json_type(f->container) == JSON_OBJECT) {
		f->member = NULL; /* it may be the one replaced */
		json_put(a, own(f->container), last.ptr, value);
		return 0;
	}
	if (json_type(f->container) != JSON_ARRAY)
		return -1;
	long index = slice_is(last, "-") ? (long)length(a, f) : array_index(last);
	return index < 0 ? -1 : insert(a, f, (size_t)index, value);
}

/* Overwrite what is there with value, keeping its place and name. Fingers on what was in it forget it. */
static int apply_replace(struct fingers *fingers, struct finger *f, struct slice last, const struct json *value)
{
	struct json *old = child_of(fingers->arena, f, last);

	if (!old)
		return -1;
	for (size_t i = 0; i <= FINGERS; i++)
		if (fingers->at[i].container == old)
			fingers->at[i].container = NULL;
	const struct json place = *old;
	*old = *value;
	old->next = place.next;
	old->key = place.key;
	old->mark = place.mark;
	return 0;
}

static int apply_remove(struct arena *a, struct finger *f, struct slice last)
{
	struct json *old = child_of(a, f, last);

	if (!old)
		return -1;
	if (json_type(f->container) == JSON_OBJECT) {
		f->member = NULL;
		json_remove(own(f->container), old);
		return 0;
	}
	size_t index = (size_t)array_index(last);
	struct json **link = index && f->items ? &f->items[index - 1]->next : &own(f->container)->first;
	*link = old->next;
	forget_from(f, index);
	return 0;
}

static int apply_at(struct arena *a, struct fingers *fingers, struct finger *parent, struct slice last, enum verb verb,
		    const struct json *value)
{
	switch (verb) {
	case VERB_ADD:
		return apply_add(a, parent, last, own(value));
	case VERB_REPLACE:
		return apply_replace(fingers, parent, last, value);
	case VERB_REMOVE:
		break;
	}
	return apply_remove(a, parent, last);
}

static int apply_op(struct arena *a, struct json *root, const struct json_patch_op *op, struct fingers *fingers,
		    struct err *err)
{
	const struct json *value = NULL;
	struct slice last = SLICE_LIT("");
	struct finger *parent = walk(root, op->pointer, fingers, &last);

	if (op->value.ptr && json_parse(a, op->value, &value, err) < 0)
		return err_wrap(err, "%s %s", op->op, op->pointer);
	int rc = parent ? apply_at(a, fingers, parent, last, verb_of(op), value) : -1;
	return rc < 0 ? err_set(err, "%s %s: the path leads nowhere", op->op, op->pointer) : 0;
}

int json_patch_apply(struct arena *a, const struct json *document, const struct json_patch *p, struct json **ret,
		     struct err *err)
{
	struct json *copy = json_copy(a, document);
	struct fingers fingers = {.arena = a};

	for (size_t i = 0; i < p->count; i++)
		if (apply_op(a, copy, &p->ops[i], &fingers, err) < 0)
			return -1;
	*ret = copy;
	return 0;
}
