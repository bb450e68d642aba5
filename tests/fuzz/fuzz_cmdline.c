/*
 * Every container: after cmdline_set() each line says the value and is certain, a second set changes
 * nothing, the patch applies, and what it makes is found again, needs no change, and takes another name for a key. The first
 * byte picks the shape, the rest is cut into elements at 0xff.
 */
#include "spark/cmdline.h"

#include "base/json_write.h"
#include "fuzzing.h"

#include <stdint.h>

#define CLASS "org.apache.spark.sql.connect.service.SparkConnectServer"

static const struct {
	const char *key, *value;
} settings[] = {{"spark.master", "spark://h:7077"}, {"spark.driver.host", "$(POD_IP)"}, {"spark.cores.max", "2"}};
#define SETTINGS (sizeof(settings) / sizeof(*settings))

static const char *const heads[][4] = {
	{NULL},
	{"sh", "-c", NULL},
	{"bash", "-euo", "pipefail", "-c"},
	{"start-connect-server.sh", NULL},
	{"spark-submit", "--class", CLASS, NULL},
	{"bash", "-c", "exec \"$0\" \"$@\"", NULL},
	{"bash", "-c", "a=(x \"$1\"); start-connect-server.sh ${a[@]} \"$@\"", NULL},
	{"/opt/entrypoint.sh", "connect-server", NULL},
};

static void write_args(struct json_writer *w, struct slice data)
{
	while (data.len > 0) {
		struct slice part = slice_cut(&data, '\xff');

		if (!part.len || !memchr(part.ptr, '\0', part.len))
			json_write_string(w, part);
	}
}

static const struct json *make_pod(struct arena *a, unsigned shape, struct slice data)
{
	struct buf text = buf_in(a);
	struct json_writer w = json_writer(&text);
	const char *const *head = heads[shape % (sizeof(heads) / sizeof(*heads))];
	const struct json *pod;
	struct err err;

	buf_adds(&text, "{\"c\":{\"name\":\"c\",\"env\":[{\"name\":\"POD_IP\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"status.podIP\"}}},"
		       "{\"name\":\"A\",\"value\":\"x\"},{\"name\":\"N\",\"value\":\"a --name\"},{\"name\":\"S\",\"valueFrom\":{\"secretKeyRef\":{}}}]");
	buf_adds(&text, head[0] ? ",\"command\":" : "");
	if (head[0]) {
		json_write_open(&w, '[');
		for (size_t i = 0; i < 4 && head[i]; i++)
			json_write_string(&w, slice_of(head[i]));
		json_write_close(&w, ']');
	}
	buf_adds(&text, ",\"args\":");
	w = json_writer(&text);
	json_write_open(&w, '[');
	write_args(&w, data);
	json_write_close(&w, ']');
	buf_adds(&text, "}}");
	return json_parse(a, buf_slice(&text), &pod, &err) == 0 ? pod : NULL; /* more than the limits take */
}

static const struct setting *found_on(const struct cmdline *line, enum setting_source source, struct slice key)
{
	struct settings all = {.count = 0};

	cmdline_settings(line, &all);
	return settings_last(&all, source, key);
}

static bool says(const struct cmdline *line, struct slice key, struct slice value)
{
	const struct setting *found = found_on(line, SOURCE_OPTION, key);

	found = found ? found : found_on(line, SOURCE_CONF, key);
	if (!found || !slice_eq(found->value, value))
		return false;
	/* What Kubernetes expands is known to nobody else before the pod runs. */
	return slice_has(value, "$(") || (found->literal && !cmdline_uncertain(line, key));
}

/* Returns the number of changes; *all is false where a line would not take it. */
static size_t set_all(struct cmdlines *lines, bool *all)
{
	struct changes changes = {0};
	struct err err = {""};

	for (size_t i = 0; i < lines->count; i++) {
		for (size_t j = 0; j < SETTINGS; j++) {
			struct slice key = slice_of(settings[j].key), value = slice_of(settings[j].value);

			if (cmdline_set(cmdlines_at(lines, i), key, value, "r", &changes, &err) < 0)
				*all = false;
			else
				must(says(cmdlines_at(lines, i), key, value));
		}
	}
	return changes.count;
}

/* What is renamed is found under the other name. A line whose words cannot be changed keeps it. */
static void rename_all(struct cmdlines *lines)
{
	struct slice from = SLICE_LIT("spark.driver.host"), to = SLICE_LIT("spark.driver.hosts");

	for (size_t i = 0; i < lines->count; i++) {
		struct cmdline *line = cmdlines_at(lines, i);
		struct changes changes = {0};
		struct err err = {""};

		if (cmdline_rename(line, from, to, "r", &changes, &err) == 0)
			must(!found_on(line, SOURCE_CONF, from));
		must(changes.count == 0 || found_on(line, SOURCE_CONF, to));
	}
}

static bool find(struct arena *a, const struct json *pod, struct cmdlines *lines)
{
	static struct entrypoint_role role = {.name = "connect-server", .role = ROLE_CONNECT_SERVER};
	static const struct policy policy = {.entrypoints = &role, .entrypoint_count = 1};
	struct err err = {""};

	return cmdlines_find(&policy, a, json_get(pod, "c"), "/c", NULL, lines, &err) == 0;
}

static void check(struct arena *a, const struct json *pod)
{
	struct cmdlines lines, again;
	struct json_patch patch = json_patch_in(a);
	struct json *result;
	struct err err = {""};
	bool all = true;

	if (!pod || !find(a, pod, &lines))
		return;
	set_all(&lines, &all);
	if (all)
		must(set_all(&lines, &all) == 0 && all);
	cmdlines_patch(&lines, &patch);
	must(json_patch_apply(a, pod, &patch, &result, &err) == 0);
	must(find(a, result, &again) && again.count == lines.count);
	for (size_t i = 0; all && i < again.count; i++)
		for (size_t j = 0; j < SETTINGS; j++)
			must(says(cmdlines_at(&again, i), slice_of(settings[j].key), slice_of(settings[j].value)));
	if (all)
		must(set_all(&again, &all) == 0);
	rename_all(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;

	json_setup();
	if (size > 0)
		check(&a, make_pod(&a, data[0], (struct slice){(const char *)data + 1, size - 1}));
	arena_release(&a);
	return 0;
}
