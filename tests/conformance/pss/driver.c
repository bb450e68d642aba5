/*
 * driver.c - sparkgate's Pod Security behind a pipe, for oracles in other languages.
 *
 * In, one JSON object a line:
 *	{"level": "restricted", "version": "latest", "pod": {...},
 *	 "harden": "fill", "openshift": false, "sparkContainer": "spark", "runAsUser": 185}
 * Without "harden" the pod is only judged, with "levels" and "versions" once for each pair of them. Out, one a line:
 *	{"count": 1, "reason": "...", "detail": "...",
 *	 "hardened": true, "patch": [...], "pod": {the patched one}, "again": 0}
 *	{"matters": true}  with "old": the pod before an update
 *	{"sweep": [{"count": 1, "reason": "...", "detail": "..."}, null, ...]}
 * null is the same as the one before; again is the number of operations that a second hardening asks for. A patch that does not apply ends
 * the program.
 */
#include "admission/judge.h"
#include "base/json_write.h"

#include <stdio.h>
#include <stdlib.h>

static enum pss_level level_of(const char *name)
{
	if (strcmp(name, "restricted") == 0)
		return PSS_RESTRICTED;
	return strcmp(name, "baseline") == 0 ? PSS_BASELINE : PSS_PRIVILEGED;
}

static enum hardening hardening_of(const char *name)
{
	if (strcmp(name, "force") == 0)
		return HARDENING_FORCE;
	return strcmp(name, "fill") == 0 ? HARDENING_FILL : HARDENING_OFF;
}

/* user: what options then point to. */
static struct harden_options options_of(const struct json *line, struct spark_user *user)
{
	struct harden_options options = {
		.level = level_of(json_text(json_get(line, "level"), "")),
		.version = json_text(json_get(line, "version"), "latest"),
		.hardening = hardening_of(json_text(json_get(line, "harden"), "")),
		.openshift = json_bool(json_get(line, "openshift"), false),
		.spark = user,
	};

	*user = (struct spark_user){.container = json_text(json_get(line, "sparkContainer"), NULL)};
	options.spark_count = user->container != NULL;
	if (json_int(json_get(line, "runAsUser"), &user->run_as_user) < 0)
		user->run_as_user = 0;
	return options;
}

static struct json_patch harden(struct arena *a, const struct harden_options *options, const struct json *pod, bool *ok)
{
	struct json_patch patch = json_patch_in(a);
	struct changes changes = {0};
	struct findings warnings = {0};

	*ok = pss_harden(a, options, json_get(pod, "metadata"), json_get(pod, "spec"), "", &patch, &changes, &warnings);
	return patch;
}

static void answer_hardened(struct arena *a, const struct harden_options *options, const struct json *pod,
			    struct json_writer *w)
{
	bool ok, again_ok;
	struct json_patch patch = harden(a, options, pod, &ok);
	struct json *patched;
	struct err err = {""};

	if (json_patch_apply(a, pod, &patch, &patched, &err) < 0) {
		fprintf(stderr, "driver: the patch does not apply: %s\n", err.text);
		exit(2);
	}
	json_write_key(w, SLICE_LIT("hardened"));
	json_write_bool(w, ok);
	json_write_key(w, SLICE_LIT("patch"));
	json_write_raw(w, patch.count > 0 ? json_patch_print(&patch, "") : SLICE_LIT("[]"));
	json_write_key(w, SLICE_LIT("pod"));
	json_write_raw(w, json_print(a, patched));
	json_write_key(w, SLICE_LIT("again"));
	json_write_int(w, (int64_t)harden(a, options, patched, &again_ok).count);
}

static void write_verdict(struct json_writer *w, const struct pss_verdict *v)
{
	json_write_key(w, SLICE_LIT("count"));
	json_write_int(w, (int64_t)v->count);
	json_write_member(w, "reason", v->reason);
	json_write_member(w, "detail", v->detail);
}

static struct pss_verdict judge(struct arena *a, enum pss_level level, const char *version, const struct json *pod)
{
	struct pss_verdict v;

	pss_evaluate(a, level, version, json_get(pod, "metadata"), json_get(pod, "spec"), "", &v);
	return v;
}

static void answer_sweep(struct arena *a, const struct json *line, const struct json *pod, struct json_writer *w)
{
	struct pss_verdict last = {.reason = NULL};

	json_write_key(w, SLICE_LIT("sweep"));
	json_write_open(w, '[');
	JSON_EACH(level, json_get(line, "levels"))
		JSON_EACH(version, json_get(line, "versions")) {
			struct pss_verdict v = judge(a, level_of(json_text(level, "")), json_text(version, ""), pod);

			if (last.reason && v.count == last.count && strcmp(v.detail, last.detail) == 0) {
				json_write_null(w);
				continue;
			}
			json_write_open(w, '{');
			write_verdict(w, &v);
			json_write_close(w, '}');
			last = v;
		}
	json_write_close(w, ']');
}

static void answer_update(struct arena *a, const struct json *line, const struct json *pod, struct json_writer *w)
{
	struct review review = {.subresource = "", .object = pod, .old_object = json_get(line, "old")};
	struct judge j = {.review = &review, .a = a};

	json_write_key(w, SLICE_LIT("matters"));
	json_write_bool(w, judge_pod_update_matters(&j));
}

static void answer(struct arena *a, const struct json *line)
{
	struct spark_user user;
	struct harden_options options = options_of(line, &user);
	const struct json *pod = json_get(line, "pod");
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	if (json_has(line, "levels")) {
		answer_sweep(a, line, pod, &w);
	} else if (json_has(line, "old")) {
		answer_update(a, line, pod, &w);
	} else {
		struct pss_verdict v = judge(a, options.level, options.version, pod);

		write_verdict(&w, &v);
	}
	if (json_has(line, "harden"))
		answer_hardened(a, &options, pod, &w);
	json_write_close(&w, '}');
	printf("%s\n", buf_slice(&out).ptr);
	fflush(stdout); /* whoever asks waits for the answer before closing our input */
}

int main(void)
{
	struct arena arena = ARENA_INIT;
	char *line = NULL;
	size_t cap = 0;
	ssize_t len;

	json_setup();
	while ((len = getline(&line, &cap, stdin)) > 0) {
		const struct json *v;
		struct err err = {""};

		if (json_parse(&arena, (struct slice){line, (size_t)len}, &v, &err) < 0) {
			fprintf(stderr, "driver: %s\n", err.text);
			return 2;
		}
		answer(&arena, v);
		arena_reset(&arena);
	}
	free(line);
	arena_release(&arena);
	return 0;
}
