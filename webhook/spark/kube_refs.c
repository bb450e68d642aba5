#include "spark/kube_refs.h"

#include "spark/words.h"

#include <stdlib.h>

/* More than any real command line has, and a bound on what a hostile one can cost. */
#define VALUE_BYTES (256u * 1024)

static int by_name(const void *x, const void *y)
{
	const struct kube_var *a = x, *b = y;
	int order = slice_order(a->name, b->name);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

/* A value may refer to earlier variables; those are left for run time. */
static struct slice plain_value(const struct json *item)
{
	struct slice value = json_slice(json_get(item, "value"));

	if (json_get(item, "valueFrom") || (value.ptr && memchr(value.ptr, '$', value.len)))
		return SLICE_NONE;
	return value.ptr ? value : SLICE_LIT("");
}

/* The name of any file, or of one that looks like an option. */
static bool is_glob(struct slice value)
{
	size_t last = value.len > 0 && value.ptr[0] == '-' ? value.len : value.len > 0;

	for (size_t i = 0; i < last; i++)
		if (strchr("*?[", value.ptr[i]))
			return true;
	return false;
}

static bool text_parts(struct slice value)
{
	if (is_glob(value))
		return true;
	for (size_t i = 0; i < value.len; i++)
		if (strchr(" \t\n{", value.ptr[i]) || (value.ptr[i] == '$' && i + 1 < value.len && value.ptr[i + 1] == '('))
			return true;
	return false;
}

/* Names, labels, addresses and numbers are one word; an annotation, or a key of a Secret or ConfigMap, may be any text. */
static bool source_parts(const struct json *from)
{
	const struct json *field = json_get(from, "fieldRef");

	if (field)
		return slice_starts(json_slice(json_get(field, "fieldPath")), "metadata.annotations");
	return !json_get(from, "resourceFieldRef");
}

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

static bool is_plain_name(struct slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (!is_name_byte(name.ptr[i]))
			return false;
	return true;
}

/* Each variable is a source's prefix and a key of it. */
static void look_at_sources(struct kube_env *env, const struct json *sources)
{
	JSON_EACH(source, sources) {
		env->from = true;
		env->odd |= !is_plain_name(json_slice(json_get(source, "prefix")));
	}
}

struct kube_env kube_env_of(struct arena *a, const struct json *container)
{
	return (struct kube_env){.arena = a, .container = container, .budget = VALUE_BYTES};
}

static void read_once(struct kube_env *env)
{
	const struct json *list = json_get(env->container, "env");

	if (env->read)
		return;
	env->read = true;
	env->vars = ARENA_ARRAY(env->arena, json_count(list), struct kube_var);
	JSON_EACH(item, list) {
		struct slice name = json_slice(json_get(item, "name"));

		if (name.len == 0)
			continue;
		env->vars[env->count] = (struct kube_var){.item = item, .name = name, .value = plain_value(item), .order = env->count};
		env->count++;
	}
	look_at_sources(env, json_get(env->container, "envFrom"));
}

bool kube_env_says(struct kube_env *env, struct slice text)
{
	read_once(env);
	for (size_t i = 0; i < env->count; i++)
		if (env->vars[i].value.ptr && slice_find(env->vars[i].value, text))
			return true;
	return false;
}

/* What only those need that are referred to. */
static void look_at_value(struct kube_var *var)
{
	const struct json *from = json_get(var->item, "valueFrom");
	struct slice text = json_slice(json_get(var->item, "value"));

	var->plain = shell_is_plain(var->value);
	var->parts = from ? source_parts(from) : text_parts(text);
	var->dangles = from ? var->parts : words_dangle(text);
}

/* Most containers refer to one or two of their variables. */
#define ASKED_ONE_BY_ONE 4

static void sort(struct kube_env *env)
{
	for (size_t i = 0; i < env->count; i++)
		look_at_value(&env->vars[i]);
	if (env->count > 0)
		qsort(env->vars, env->count, sizeof(*env->vars), by_name);
}

static const struct kube_var *find_unsorted(struct kube_env *env, struct slice name)
{
	for (size_t i = env->count; i-- > 0;) {
		struct kube_var *var = &env->vars[i];

		if (!slice_eq(var->name, name))
			continue;
		look_at_value(var);
		return var;
	}
	return NULL;
}

const struct kube_var *kube_env_find(struct kube_env *env, struct slice name)
{
	struct kube_var last = {.name = name, .order = SIZE_MAX};

	read_once(env);
	if (env->asked < ASKED_ONE_BY_ONE) {
		env->asked++;
		return find_unsorted(env, name);
	}
	if (env->asked++ == ASKED_ONE_BY_ONE)
		sort(env);
	size_t from = 0, to = env->count;
	while (from < to) { /* the first that sorts after every variable of this name */
		size_t mid = from + (to - from) / 2;

		if (by_name(&env->vars[mid], &last) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	if (from == 0 || !slice_eq(env->vars[from - 1].name, name))
		return NULL;
	return &env->vars[from - 1];
}

const struct kube_var *kube_env_other(struct kube_env *env, struct slice name)
{
	read_once(env);
	if (!env->from || name.len == 0 || (!env->odd && !is_plain_name(name)))
		return NULL;
	env->other = (struct kube_var){.name = name, .parts = true, .dangles = true};
	return &env->other;
}

/* ---- references ---- */

static const char *dollar_from(const struct slice *text, size_t at)
{
	return at + 1 < text->len ? memchr(text->ptr + at, '$', text->len - at - 1) : NULL;
}

/* third_party/forked/golang/expansion/expand.go: Expand() and tryReadVariableName(). */
bool kube_scan_next(struct kube_scan *scan, struct kube_ref *ret)
{
	const struct slice *text = &scan->text;

	for (const char *dollar; (dollar = dollar_from(text, scan->at));) {
		size_t at = (size_t)(dollar - text->ptr);
		const char *close = NULL;

		scan->at = at + 2;
		if (dollar[1] == '$') {
			*ret = (struct kube_ref){.at = at, .len = 2};
			return true;
		}
		if (dollar[1] == '(' && !scan->open) {
			close = memchr(dollar + 2, ')', text->len - at - 2);
			scan->open = !close;
		}
		if (!close)
			continue;
		*ret = (struct kube_ref){at, (size_t)(close + 1 - dollar), {dollar + 2, (size_t)(close - dollar) - 2}};
		scan->at = at + ret->len;
		return true;
	}
	return false;
}

/* The name in "$(NAME)..."; ptr NULL where there is none. */
static struct slice name_here(struct slice text)
{
	size_t n = 0;

	if (!slice_skip(&text, SLICE_LIT("$(")))
		return SLICE_NONE;
	while (n < text.len && is_name_byte(text.ptr[n]))
		n++;
	return n < text.len && text.ptr[n] == ')' ? (struct slice){text.ptr, n} : SLICE_NONE;
}

const struct kube_var *kube_ref_here(struct kube_env *env, struct slice text, size_t *len)
{
	struct slice name = env ? name_here(text) : SLICE_NONE;

	*len = name.len + sizeof("$()") - 1;
	return name.ptr ? kube_env_find(env, name) : NULL;
}

const struct kube_var *kube_ref_other_here(struct kube_env *env, struct slice text, size_t *len)
{
	struct slice name = env ? name_here(text) : SLICE_NONE;

	*len = name.len + sizeof("$()") - 1;
	return name.ptr ? kube_env_other(env, name) : NULL;
}

/* What follows the last "$(" within name: only there can a plain name begin. */
static struct slice name_inside(struct slice name)
{
	for (size_t i = name.len; i-- > 1;)
		if (name.ptr[i] == '(' && name.ptr[i - 1] == '$')
			return (struct slice){name.ptr + i + 1, name.len - i - 1};
	return SLICE_NONE;
}

/* Would the shell's reader look for the reference to this variable in another place than the kubelet does? A "$" before
 * it is what is left of a "$$". */
static int check_reference(struct kube_env *env, struct slice text, const struct kube_ref *ref, struct err *err)
{
	if (!is_plain_name(ref->name) && kube_env_find(env, ref->name))
		return err_set(err, "$(%.*s) has a name that no shell variable can have: rename it",
			       SLICE_ARG(ref->name));
	if (ref->at > 0 && text.ptr[ref->at - 1] == '$' && kube_env_find(env, ref->name))
		return err_set(err, "a '$' stands before $(%.*s), which Kubernetes expands all the same: write \"$%.*s\"",
			       SLICE_ARG(ref->name), SLICE_ARG(ref->name));
	return 0;
}

int kube_left_read(struct arena *a, struct kube_env *env, struct slice text, struct kube_left *ret, struct err *err)
{
	struct kube_scan scan = {.text = text};

	*ret = (struct kube_left){.at = NULL};
	for (struct kube_ref ref; kube_scan_next(&scan, &ref);) {
		struct slice inside = name_inside(ref.name);

		if (ref.name.ptr && check_reference(env, text, &ref, err) < 0)
			return -1;
		if (!inside.ptr || !kube_env_find(env, inside))
			continue;
		*ARENA_PUSH(a, ret->at, &ret->cap, ret->count) = (size_t)(inside.ptr - text.ptr) - 2;
	}
	ret->open = scan.open;
	return 0;
}

static int by_place(const void *x, const void *y)
{
	const size_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

bool kube_left_has(const struct kube_left *left, size_t at)
{
	return left->count > 0 && bsearch(&at, left->at, left->count, sizeof(at), by_place);
}

bool kube_take(struct kube_env *env, const struct kube_var *var)
{
	if (!var->value.ptr || var->value.len > env->budget)
		return false;
	env->budget -= var->value.len;
	return true;
}

struct slice kube_replace(struct arena *a, struct slice text, kube_put put, void *closure, size_t *known)
{
	struct kube_scan scan = {.text = text};
	struct buf out = buf_in(a);
	size_t unknown = SIZE_MAX, from = 0;

	for (struct kube_ref ref; kube_scan_next(&scan, &ref); from = ref.at + ref.len) {
		buf_add(&out, (struct slice){text.ptr + from, ref.at - from});
		if (!ref.name.ptr) {
			buf_addc(&out, '$');
			continue;
		}
		size_t before = out.len, told = put(closure, ref.name, (struct slice){text.ptr + ref.at, ref.len}, &out);
		if (before + told < out.len && unknown == SIZE_MAX)
			unknown = before + told;
	}
	if (from == 0) {
		*known = text.len;
		return text;
	}
	buf_add(&out, (struct slice){text.ptr + from, text.len - from});
	*known = unknown == SIZE_MAX ? out.len : unknown;
	return buf_slice(&out);
}

static size_t put_variable(void *closure, struct slice name, struct slice reference, struct buf *out)
{
	struct kube_env *env = closure;
	const struct kube_var *var = kube_env_find(env, name);

	var = var ? var : kube_env_other(env, name);
	if (var && kube_take(env, var)) {
		buf_add(out, var->value);
		return var->value.len;
	}
	buf_add(out, reference);
	return var ? 0 : reference.len;
}

struct slice kube_expand(struct arena *a, struct kube_env *env, struct slice text, size_t *known)
{
	if (text.len > 0 && memchr(text.ptr, '$', text.len))
		return kube_replace(a, text, put_variable, env, known);
	*known = text.len; /* most texts */
	return text;
}
