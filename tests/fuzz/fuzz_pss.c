/* Any JSON as a pod: judging and hardening do not crash, and the laws hold: the patch applies and makes the pod
 * pass, or there is none; a second time changes nothing. The first byte picks level, hardening and namespace. */
#include "pss/pss.h"
#include "fuzzing.h"

#include <stdint.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	json_setup();
	return 0;
}

static struct harden_options options_of(uint8_t pick)
{
	static const struct spark_user with_user[] = {{"a", 185}}, no_user[] = {{"a", 0}};
	static const char *const versions[] = {"latest", "v1.0", "v1.18", "v1.24"};

	return (struct harden_options){
		.level = pick & 1 ? PSS_RESTRICTED : PSS_BASELINE,
		.hardening = pick & 2 ? HARDENING_FORCE : HARDENING_FILL,
		.openshift = pick & 4,
		.spark = pick & 16 ? with_user : no_user,
		.spark_count = pick & 8 ? 1 : 0,
		.version = versions[pick >> 5 & 3],
	};
}

static bool passes(struct arena *a, const struct harden_options *o, const struct json *pod)
{
	struct pss_verdict v;

	pss_evaluate(a, o->level, o->version, json_get(pod, "metadata"), json_get(pod, "spec"), "", &v);
	must((v.count == 0) == (*v.reason == '\0'));
	return v.count == 0;
}

static bool harden(struct arena *a, const struct harden_options *o, const struct json *pod, struct json_patch *patch)
{
	struct changes changes = {0};
	struct findings warnings = {0};

	*patch = json_patch_in(a);
	return pss_harden(a, o, json_get(pod, "metadata"), json_get(pod, "spec"), "", patch, &changes, &warnings);
}

static void check(struct arena *a, const struct harden_options *o, const struct json *pod)
{
	struct json_patch patch, again;
	struct json *after;
	struct err err;
	bool done = harden(a, o, pod, &patch);

	must(done || patch.count == 0);
	must(json_patch_apply(a, pod, &patch, &after, &err) == 0);
	must(passes(a, o, after) == done);
	must(harden(a, o, after, &again) == done && again.count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	const struct json *pod;
	struct err err;

	if (size > 0 && json_parse(&a, (struct slice){(const char *)data + 1, size - 1}, &pod, &err) == 0) {
		struct harden_options options = options_of(data[0]);

		check(&a, &options, pod);
	}
	arena_release(&a);
	return 0;
}
