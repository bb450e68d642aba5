#include "pss/edit.h"

void pss_edit_open(struct pss_edit *e, struct pss_out *out, const struct pss_pod *pod, const struct pss_container *container)
{
	*e = (struct pss_edit){.out = out, .pod = pod, .container = container};
	e->old = container ? container->security.json : pod->security.json;
	e->object = buf_in(out->arena);
	e->writer = json_writer(&e->object);
}

static const char *pointer_to(struct pss_edit *e)
{
	static const char field[] = "securityContext";

	if (!e->pointer)
		e->pointer = e->container ? pss_container_pointer(e->pod, e->container, field) : pss_spec_pointer(e->pod, field);
	return e->pointer;
}

void pss_edit_close(struct pss_edit *e)
{
	if (e->object.len == 0)
		return;
	json_write_close(&e->writer, '}');
	json_patch_add(&e->out->patch, "add", e->pointer, buf_slice(&e->object));
}

static void note(struct pss_edit *e, const char *pointer, const struct json *from, const char *to, const char *rule)
{
	struct arena *a = e->out->arena;

	changes_add(&e->out->changes, a,
		    (struct change){
			    .rule = rule,
			    .carrier = "spec",
			    .place = {.pointer = pointer, .container = e->container ? e->container->name : NULL},
			    .from = from ? json_print(a, from).ptr : NULL,
			    .to = to,
		    });
}

void pss_edit_set(struct pss_edit *e, const char *key, struct slice value, const char *rule)
{
	const char *pointer = arena_join(e->out->arena, pointer_to(e), "/", key);

	note(e, pointer, json_get(e->old, key), value.ptr, rule);
	if (e->old) {
		json_patch_add(&e->out->patch, json_has(e->old, key) ? "replace" : "add", pointer, value);
		return;
	}
	if (e->object.len == 0)
		json_write_open(&e->writer, '{');
	json_write_key(&e->writer, slice_of(key));
	json_write_raw(&e->writer, value);
}

void pss_edit_remove(struct pss_edit *e, const char *key, const char *rule)
{
	const char *pointer = arena_join(e->out->arena, pointer_to(e), "/", key);

	note(e, pointer, json_get(e->old, key), NULL, rule);
	json_patch_add(&e->out->patch, "remove", pointer, SLICE_NONE);
}

void pss_edit_at(struct pss_edit *e, const char *op, const char *path, struct slice value, const struct json *from,
		 const char *to, const char *rule)
{
	const char *pointer = arena_join(e->out->arena, pointer_to(e), "/", path);

	note(e, pointer, from, to, rule);
	json_patch_add(&e->out->patch, op, pointer, value);
}
