#include "status/spark_ui.h"

#include "base/url.h"

static int read_array(struct arena *a, struct slice text, const struct json **ret, struct err *err)
{
	const struct json *root;

	if (text.len > SPARK_UI_BYTES)
		return err_set(err, "an answer of more than %u bytes", SPARK_UI_BYTES);
	if (json_parse_limited(a, text, SPARK_UI_NODES, &root, err) < 0)
		return -1;
	if (json_type(root) != JSON_ARRAY)
		return err_set(err, "expected a list, got %s", json_type_name(json_type(root)));
	*ret = root;
	return 0;
}

static bool is_word(const char *text)
{
	return *text && strlen(text) <= SPARK_UI_WORD;
}

/* It becomes part of a path; the IDs that Spark's cluster managers make have no other characters. */
static bool is_id(const char *text)
{
	return is_word(text) && strlen(text) <= 128 && text[0] != '.' &&
	       strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") == strlen(text);
}

int spark_ui_application(struct arena *a, struct slice text, struct spark_ui_application *ret, struct err *err)
{
	const struct json *list;

	if (read_array(a, text, &list, err) < 0)
		return -1;
	const struct json *app = json_first(list);
	if (!app)
		return err_set(err, "it has no application (yet)");
	const char *id = json_text(json_get(app, "id"), ""), *name = json_text(json_get(app, "name"), "");
	const char *version = json_text(json_get(json_first(json_get(app, "attempts")), "appSparkVersion"), "");
	if (!is_id(id))
		return err_set(err, "invalid application ID");
	*ret = (struct spark_ui_application){id, is_word(name) ? name : "", is_word(version) && strlen(version) < 64 ? version : ""};
	return 0;
}

int spark_ui_master(struct arena *a, struct slice text, const char **ret, struct err *err)
{
	const struct json *root;

	if (text.len > SPARK_UI_BYTES)
		return err_set(err, "an answer of more than %u bytes", SPARK_UI_BYTES);
	if (json_parse_limited(a, text, SPARK_UI_NODES, &root, err) < 0)
		return -1;
	JSON_EACH(pair, json_get(root, "sparkProperties")) {
		const char *key = json_text(json_at(pair, 0), ""), *value = json_text(json_at(pair, 1), "");
		if (strcmp(key, "spark.master") != 0)
			continue;
		const char *shown = is_word(value) ? url_redact(a, slice_of(value)) : ""; /* which may be longer */
		if (!is_word(shown))
			return err_set(err, "spark.master is empty or too long");
		*ret = shown;
		return 0;
	}
	return err_set(err, "no spark.master among its sparkProperties");
}

int spark_ui_executors(struct arena *a, struct slice text, size_t *ret, struct err *err)
{
	const struct json *list;
	size_t count = 0;

	if (read_array(a, text, &list, err) < 0)
		return -1;
	JSON_EACH(executor, list)
		count += strcmp(json_text(json_get(executor, "id"), ""), "driver") != 0 && json_bool(json_get(executor, "isActive"), true);
	*ret = count;
	return 0;
}
