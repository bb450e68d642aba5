#include "switch/record.h"

#include "base/digest.h"
#include "base/json_write.h"
#include "kube/client.h"

#define RECORD_VERSION 1

const char *switch_path(struct arena *a, const char *namespace, const char *kind, const char *name)
{
	static const char *const kinds[][2] = {{"Deployment", "/apis/apps/v1/namespaces/%s/deployments/%s"},
					       {"StatefulSet", "statefulsets"},
					       {"DaemonSet", "daemonsets"}};

	if (strcmp(kind, "ConfigMap") == 0)
		return arena_join(a, "/api/v1/namespaces/", namespace, "/configmaps/", name);
	if (strcmp(kind, kinds[0][0]) == 0)
		return arena_join(a, "/apis/apps/v1/namespaces/", namespace, "/deployments/", name);
	for (size_t i = 1; i < COUNT_OF(kinds); i++)
		if (strcmp(kind, kinds[i][0]) == 0)
			return arena_join(a, "/apis/apps/v1/namespaces/", namespace, "/", kinds[i][1], "/", name);
	return NULL;
}

/* ---- of a plan ---- */

static const char *restarted_at(const struct json *object)
{
	const struct json *template = json_get(json_get(object, "spec"), "template");

	return json_text(json_get(json_get(json_get(template, "metadata"), "annotations"), SWITCH_RESTART_KEY), NULL);
}

struct switch_record *switch_record_of(struct arena *a, const struct switch_plan *plan, const char *stamp)
{
	struct switch_record *r = ARENA_NEW(a, struct switch_record);

	r->stamp = stamp;
	r->before = plan->before;
	r->after = plan->after;
	r->restarts = ARENA_ARRAY(a, plan->count, struct switch_restart);
	r->maps = ARENA_ARRAY(a, plan->count, struct switch_map);
	for (size_t i = 0; i < plan->count; i++) {
		const struct switch_item *item = &plan->items[i];
		if (item->fate == SWITCH_RESTARTS)
			r->restarts[r->restart_count++] =
				(struct switch_restart){item->kind, item->name, item->uid, restarted_at(item->object)};
		else if (item->fate == SWITCH_READMITTED)
			r->maps[r->map_count++] = (struct switch_map){.name = item->name, .uid = item->uid,
								      .data = json_get(item->object, "data"),
								      .binary = json_get(item->object, "binaryData")};
	}
	return r;
}

const char *switch_map_digest(struct arena *a, const struct json *config_map)
{
	static const char *const keys[] = {"data", "binaryData"};
	struct buf text = buf_in(a);
	char hex[SHA256_HEX];

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const struct json *data = json_get_slice(config_map, slice_of(keys[i]));
		buf_add(&text, json_count(data) > 0 ? json_print(a, data) : SLICE_LIT("{}")); /* none and empty are the same */
	}
	sha256_hex(buf_slice(&text), hex);
	return arena_dup(a, slice_of(hex));
}

void switch_record_replaces(struct switch_record *record, const struct switch_record *there)
{
	record->version = there->version;
	record->host = there->host;
	record->pid = there->pid;
	record->renewed = there->renewed;
}

/* ---- print ---- */

static void write_words(struct json_writer *w, const char *key, const struct switch_words *words)
{
	json_write_member_open(w, key, '{');
	json_write_member(w, "mode", words->mode); /* an empty string is not the same as none */
	json_write_member(w, "master", words->master);
	json_write_close(w, '}');
}

static void write_map(struct arena *a, struct json_writer *w, const struct switch_map *m, bool fixed)
{
	json_write_open(w, '{');
	json_write_member(w, "name", m->name);
	json_write_member(w, "uid", m->uid);
	if (m->data) {
		json_write_key(w, SLICE_LIT("data"));
		json_write_raw(w, json_print(a, m->data));
	}
	if (m->binary) {
		json_write_key(w, SLICE_LIT("binaryData"));
		json_write_raw(w, json_print(a, m->binary));
	}
	if (!fixed) {
		json_write_member_nonempty(w, "wrote", m->wrote);
		json_write_member_nonempty(w, "back", m->back);
	}
	json_write_close(w, '}');
}

static void write_restart(struct json_writer *w, const struct switch_restart *s)
{
	json_write_open(w, '{');
	json_write_member(w, "kind", s->kind);
	json_write_member(w, "name", s->name);
	json_write_member(w, "uid", s->uid);
	json_write_member_nonempty(w, "before", s->before);
	json_write_close(w, '}');
}

static void write_holder(struct json_writer *w, const struct switch_record *r)
{
	json_write_member_bool(w, "undoing", r->undoing);
	json_write_member(w, "host", r->host);
	json_write_member_int(w, "pid", r->pid);
	json_write_member_int(w, "renewed", r->renewed);
}

/* fixed: without what changes on the way. */
static struct slice print_text(struct arena *a, const struct switch_record *r, bool fixed)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	json_write_member_int(&w, "version", RECORD_VERSION);
	if (!fixed)
		write_holder(&w, r);
	json_write_member(&w, "stamp", r->stamp);
	write_words(&w, "before", &r->before);
	write_words(&w, "after", &r->after);
	json_write_member_open(&w, "restarts", '[');
	for (size_t i = 0; i < r->restart_count; i++)
		write_restart(&w, &r->restarts[i]);
	json_write_close(&w, ']');
	json_write_member_open(&w, "configMaps", '[');
	for (size_t i = 0; i < r->map_count; i++)
		write_map(a, &w, &r->maps[i], fixed);
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	return buf_slice(&out);
}

const char *switch_record_digest(struct arena *a, const struct switch_record *record)
{
	char hex[SHA256_HEX];

	sha256_hex(print_text(a, record, true), hex);
	return arena_dup(a, slice_of(hex));
}

struct slice switch_record_print(struct arena *a, const char *namespace, const struct switch_record *record)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	json_write_member(&w, "apiVersion", "v1");
	json_write_member(&w, "kind", "ConfigMap");
	json_write_member_open(&w, "metadata", '{');
	json_write_member(&w, "name", SWITCH_RECORD_NAME);
	json_write_member(&w, "namespace", namespace);
	json_write_member_nonempty(&w, "resourceVersion", record->version);
	json_write_close(&w, '}');
	json_write_member_open(&w, "data", '{');
	json_write_key(&w, SLICE_LIT(SWITCH_RECORD_KEY));
	json_write_string(&w, print_text(a, record, false));
	json_write_close(&w, '}');
	json_write_close(&w, '}');
	return buf_slice(&out);
}

/* ---- parse ---- */

static int take_text(const struct json *object, const char *key, const char **ret, struct err *err)
{
	*ret = json_text(json_get_slice(object, slice_of(key)), NULL);
	return *ret && **ret ? 0 : err_set(err, "%s is not a string", key);
}

static int take_words(const struct json *object, const char *key, struct switch_words *ret, struct err *err)
{
	const struct json *words = json_get_slice(object, slice_of(key));

	if (json_type(words) != JSON_OBJECT)
		return err_set(err, "%s is not an object", key);
	ret->mode = json_text(json_get(words, "mode"), NULL);
	ret->master = json_text(json_get(words, "master"), NULL);
	return 0;
}

static int take_name(const struct json *object, const char **name, const char **uid, struct err *err)
{
	if (take_text(object, "name", name, err) < 0 || take_text(object, "uid", uid, err) < 0)
		return -1;
	return kube_name_ok(*name) ? 0 : err_set(err, "'%s' is not a valid object name", *name);
}

static int take_restart(struct arena *a, const struct json *object, struct switch_restart *ret, struct err *err)
{
	if (take_text(object, "kind", &ret->kind, err) < 0 || take_name(object, &ret->name, &ret->uid, err) < 0)
		return -1;
	ret->before = json_text(json_get(object, "before"), NULL);
	if (strcmp(ret->kind, "ConfigMap") == 0 || !switch_path(a, "a", ret->kind, ret->name))
		return err_set(err, "'%s' is not a kind that is restarted", ret->kind);
	return 0;
}

/* Data of a ConfigMap: texts by key. */
static int take_data(const struct json *object, const char *key, const struct json **ret, struct err *err)
{
	*ret = json_get_slice(object, slice_of(key));
	if (*ret && json_type(*ret) != JSON_OBJECT)
		return err_set(err, "%s is not an object", key);
	JSON_EACH(member, *ret)
		if (json_type(member) != JSON_STRING)
			return err_set(err, "%s/%s is not a string", key, json_key(member));
	return 0;
}

static int take_map(const struct json *object, struct switch_map *ret, struct err *err)
{
	if (take_name(object, &ret->name, &ret->uid, err) < 0 || take_data(object, "data", &ret->data, err) < 0)
		return -1;
	ret->wrote = json_text(json_get(object, "wrote"), NULL);
	ret->back = json_text(json_get(object, "back"), NULL);
	return take_data(object, "binaryData", &ret->binary, err);
}

static int take_lists(struct arena *a, const struct json *root, struct switch_record *r, struct err *err)
{
	const struct json *restarts = json_get(root, "restarts"), *maps = json_get(root, "configMaps");

	if (json_type(restarts) != JSON_ARRAY || json_type(maps) != JSON_ARRAY)
		return err_set(err, "restarts or configMaps is not a list");
	if (json_count(restarts) + json_count(maps) > SWITCH_ITEMS_MAX)
		return err_set(err, "it has more than %d objects", SWITCH_ITEMS_MAX);
	r->restarts = ARENA_ARRAY(a, json_count(restarts), struct switch_restart);
	JSON_EACH(item, restarts)
		if (take_restart(a, item, &r->restarts[r->restart_count++], err) < 0)
			return err_wrap(err, "restarts/%zu", r->restart_count - 1);
	r->maps = ARENA_ARRAY(a, json_count(maps), struct switch_map);
	JSON_EACH(item, maps)
		if (take_map(item, &r->maps[r->map_count++], err) < 0)
			return err_wrap(err, "configMaps/%zu", r->map_count - 1);
	return 0;
}

static bool is_mode(const char *mode)
{
	return !mode || strcmp(mode, backend_name(BACKEND_K8S)) == 0 || strcmp(mode, backend_name(BACKEND_STANDALONE)) == 0;
}

static int take_all(struct arena *a, const struct json *root, struct switch_record *r, struct err *err)
{
	int64_t version;

	if (json_int(json_get(root, "version"), &version) < 0 || version != RECORD_VERSION)
		return err_set(err, "its version is not %d", RECORD_VERSION);
	r->undoing = json_bool(json_get(root, "undoing"), false);
	if (json_int(json_get(root, "pid"), &r->pid) < 0 || json_int(json_get(root, "renewed"), &r->renewed) < 0)
		return err_set(err, "pid or renewed is not a number");
	if (take_text(root, "host", &r->host, err) < 0 || take_text(root, "stamp", &r->stamp, err) < 0 ||
	    take_words(root, "before", &r->before, err) < 0 || take_words(root, "after", &r->after, err) < 0)
		return -1;
	/* What was there before may be any text: it goes back as it was. */
	if (!is_mode(r->after.mode) || !r->after.mode)
		return err_set(err, "after has an unknown backend");
	return take_lists(a, root, r, err);
}

int switch_record_parse(struct arena *a, const struct json *config_map, struct switch_record *ret, struct err *err)
{
	struct slice text = json_slice(json_get(json_get(config_map, "data"), SWITCH_RECORD_KEY));
	struct switch_record r = {.version = json_text(json_get(json_get(config_map, "metadata"), "resourceVersion"), NULL)};
	const struct json *root;

	if (json_parse(a, text, &root, err) < 0 || take_all(a, root, &r, err) < 0)
		return err_wrap(err, "ConfigMap %s, data/%s is not a record of a switch; look at it, and delete it where the namespace is as "
				     "it should be", SWITCH_RECORD_NAME, SWITCH_RECORD_KEY);
	*ret = r;
	return 0;
}
