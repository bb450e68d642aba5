/* cmdline_testing.h - a pod of one container, and what cmdline_set() makes of it. */
#ifndef CMDLINE_TESTING_H
#define CMDLINE_TESTING_H

#include "spark/cmdline.h"

#include "base/json_write.h"

#include <criterion/criterion.h>

#define SERVER "org.apache.spark.sql.connect.service.SparkConnectServer"
#define START "/opt/spark/sbin/start-connect-server.sh"
#define M "spark://m:7077"

static struct arena arena;
static const char *env_from = ""; /* of the container; "": none */

static const char *after_args[] = {"--master", "yarn"};
static const char *driver_before[] = {"--conf", "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS"};
static struct entrypoint_role roles[] = {
	{.name = "connect-server", .role = ROLE_CONNECT_SERVER},
	{.name = "driver", .role = ROLE_NONE, .before = {driver_before, 2}},
	{.name = "pinned-server", .role = ROLE_CONNECT_SERVER, .after = {after_args, 2}},
};
static const struct policy policy = {.entrypoints = roles, .entrypoint_count = 3};

static inline void setup(void)
{
	json_setup();
}

static inline void release(void)
{
	env_from = "";
	arena_release(&arena);
}

static inline void write_list(struct json_writer *w, const char *key, const char *const *items)
{
	json_write_key(w, slice_of(key));
	json_write_open(w, '[');
	for (; *items; items++)
		json_write_string(w, slice_of(*items));
	json_write_close(w, ']');
}

/* command and args may be NULL. The container has env POD_IP, EXTRA (from elsewhere), URL, BLANKS, DANGLES, ENDS, SECRET and LABEL. */
static inline const struct json *make_pod(const char *const *command, const char *const *args)
{
	struct buf text = buf_in(&arena);
	struct json_writer w = json_writer(&text);
	const struct json *pod;
	struct err err;

	json_write_open(&w, '{');
	json_write_key(&w, SLICE_LIT("containers"));
	json_write_open(&w, '[');
	json_write_open(&w, '{');
	json_write_member(&w, "name", "spark");
	json_write_key(&w, SLICE_LIT("env"));
	json_write_raw(&w, SLICE_LIT("[{\"name\":\"POD_IP\",\"valueFrom\":{\"fieldRef\":{}}},"
				     "{\"name\":\"EXTRA\",\"valueFrom\":{\"configMapKeyRef\":{}}},"
				     "{\"name\":\"URL\",\"value\":\"k8s://https://h\"},"
				     "{\"name\":\"BLANKS\",\"value\":\"a --master b\"},"
				     "{\"name\":\"DANGLES\",\"value\":\"--master local --name\"},"
				     "{\"name\":\"ENDS\",\"value\":\"--name\"},"
				     "{\"name\":\"SECRET\",\"valueFrom\":{\"secretKeyRef\":{\"name\":\"s\",\"key\":\"k\"}}},"
				     "{\"name\":\"LABEL\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"metadata.labels['a']\"}}}]"));
	if (*env_from) {
		json_write_key(&w, SLICE_LIT("envFrom"));
		json_write_raw(&w, slice_of(env_from));
	}
	if (command)
		write_list(&w, "command", command);
	if (args)
		write_list(&w, "args", args);
	json_write_close(&w, '}');
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	cr_assert_eq(json_parse(&arena, buf_slice(&text), &pod, &err), 0, "%s", err.text);
	return pod;
}

static inline const struct json *container_of(const struct json *pod)
{
	return json_at(json_get(pod, "containers"), 0);
}

static inline struct cmdlines find(const struct json *pod)
{
	struct cmdlines lines;
	struct err err = {""};

	cr_assert_eq(cmdlines_find(&policy, &arena, container_of(pod), "/containers/0", NULL, &lines, &err), 0, "%s", err.text);
	return lines;
}

static inline const struct json *apply(const struct json *pod, const struct cmdlines *lines, size_t *ops)
{
	struct json_patch patch = json_patch_in(&arena);
	struct json *result;
	struct err err = {""};

	cmdlines_patch(lines, &patch);
	*ops = patch.count;
	cr_assert_eq(json_patch_apply(&arena, pod, &patch, &result, &err), 0, "%s", err.text);
	return result;
}

/* The last setting of key among the line's --conf entries. */
static inline const struct setting *conf_of(const struct cmdline *line, const char *key)
{
	struct settings all = {.count = 0};

	cmdline_settings(line, &all);
	return settings_last(&all, SOURCE_CONF, slice_of(key));
}

/* Does the line say value for key, as Spark reads it? */
static inline bool says(const struct cmdline *line, const char *key, const char *value)
{
	struct settings all = {.count = 0};

	cmdline_settings(line, &all);
	const struct setting *option = settings_last(&all, SOURCE_OPTION, slice_of(key));
	option = option ? option : conf_of(line, key);
	return option && slice_is(option->value, value) && !cmdline_uncertain(line, slice_of(key));
}

static inline size_t set_all(struct cmdlines *lines, const char *key, const char *value, const char *what)
{
	struct changes changes = {0};
	size_t count;

	for (size_t i = 0; i < lines->count; i++) {
		struct err err = {""};

		cr_assert_eq(cmdline_set(cmdlines_at(lines, i), slice_of(key), slice_of(value), "r", &changes, &err), 0,
			     "%s: %s", what, err.text);
		cr_expect(says(cmdlines_at(lines, i), key, value), "%s: does not say it", what);
	}
	count = changes.count;
	for (size_t i = 0; i < lines->count; i++) {
		struct err err = {""};

		cr_expect_eq(cmdline_set(cmdlines_at(lines, i), slice_of(key), slice_of(value), "r", &changes, &err), 0);
	}
	cr_expect_eq(changes.count, count, "%s: a second set changes something", what);
	return count;
}

/* Set, apply, and admit again. */
static inline const struct json *put_on(const struct json *pod, const char *key, const char *value, const char *what)
{
	struct cmdlines lines = find(pod);
	size_t ops;

	cr_assert(lines.count > 0, "%s: not found (%s)", what, lines.why_unlocated ? lines.why_unlocated : "-");
	set_all(&lines, key, value, what);
	pod = apply(pod, &lines, &ops);
	lines = find(pod);
	for (size_t i = 0; i < lines.count; i++)
		cr_expect(says(cmdlines_at(&lines, i), key, value), "%s: not there on the second admission", what);
	cr_expect_eq(set_all(&lines, key, value, what), 0, "%s: changes on the second admission", what);
	apply(pod, &lines, &ops);
	cr_expect_eq(ops, 0, "%s: the second patch is not empty", what);
	return pod;
}

static inline void expect_list(const struct json *list, const char *const *expected, size_t row)
{
	size_t i = 0;

	for (; expected[i]; i++)
		cr_expect_str_eq(json_text(json_at(list, i), "(none)"), expected[i], "case %zu, element %zu: %s", row, i,
				 json_text(json_at(list, i), "(none)"));
	cr_expect_eq(json_count(list), i, "case %zu: %zu elements", row, json_count(list));
}

#endif
