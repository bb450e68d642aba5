/*
 * pss.c - what Pod Security alone costs, without the request around it.
 *
 *	bench/pss POD.json                 one line a part: name, ns, allocations
 *	bench/pss POD.json PART ROUNDS     that alone, for callgrind to count instructions (0 = the start)
 *
 * Parts: "pass" judges the pod as hardening leaves it, "refuse" as it came, "harden" hardens it as it came; all at
 * level restricted, version latest. The pod is parsed once. The arena is reset after each round as it is after each
 * request; calls of malloc() are counted behind the first round, which may fetch the arena's first block.
 */
#include "pss/pss.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BATCH 2000
#define BATCHES 25

static size_t allocations;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	allocations++;
	return __real_malloc(size);
}

static const struct json *came, *hardened;

static void judge(struct arena *a, const struct json *pod)
{
	struct pss_verdict v;

	pss_evaluate(a, PSS_RESTRICTED, "latest", json_get(pod, "metadata"), json_get(pod, "spec"), "", &v);
}

static struct json_patch harden_came(struct arena *a)
{
	struct harden_options options = {.level = PSS_RESTRICTED, .version = "latest", .hardening = HARDENING_FILL};
	struct json_patch patch = json_patch_in(a);
	struct changes changes = {0};
	struct findings warnings = {0};

	pss_harden(a, &options, json_get(came, "metadata"), json_get(came, "spec"), "", &patch, &changes, &warnings);
	return patch;
}

static void pass(struct arena *a)
{
	judge(a, hardened);
}

static void refuse(struct arena *a)
{
	judge(a, came);
}

static void harden(struct arena *a)
{
	harden_came(a);
}

static const struct {
	const char *name;
	void (*run)(struct arena *a);
} parts[] = {{"pass", pass}, {"refuse", refuse}, {"harden", harden}};

static void repeat(void (*run)(struct arena *a), struct arena *a, long rounds)
{
	for (long i = 0; i < rounds; i++) {
		run(a);
		arena_reset(a);
	}
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The best of many batches: what others do on the machine only ever adds. */
static double measure(void (*run)(struct arena *a), struct arena *a)
{
	double best = 0;

	for (int i = 0; i < BATCHES; i++) {
		double start = now_ns();

		repeat(run, a, BATCH);
		double each = (now_ns() - start) / BATCH;
		if (best == 0 || each < best)
			best = each;
	}
	return best;
}

/* The Pod of path, or of the AdmissionReview there. */
static const struct json *load(struct arena *a, const char *path)
{
	const struct json *pod = NULL;
	struct slice text;
	struct err err = {""};

	if (file_read(a, path, 1 << 20, &text, &err) < 0 || json_parse(a, text, &pod, &err) < 0) {
		fprintf(stderr, "pss: %s\n", err.text);
		exit(2);
	}
	const struct json *reviewed = json_get(json_get(pod, "request"), "object");
	return reviewed ? reviewed : pod;
}

static const struct json *mend(struct arena *a)
{
	struct json_patch patch = harden_came(a);
	struct json *after;
	struct err err = {""};

	if (json_patch_apply(a, came, &patch, &after, &err) < 0) {
		fprintf(stderr, "pss: %s\n", err.text);
		exit(2);
	}
	return after;
}

static void report(size_t part, struct arena *a)
{
	repeat(parts[part].run, a, 1);
	allocations = 0;
	double ns = measure(parts[part].run, a);
	printf("%s %.0f %zu\n", parts[part].name, ns, allocations);
}

int main(int argc, char **argv)
{
	struct arena document = ARENA_INIT, arena = ARENA_INIT;

	if (argc != 2 && argc != 4) {
		fputs("usage: pss POD.json [pass|refuse|harden ROUNDS]\n", stderr);
		return 2;
	}
	json_setup();
	came = load(&document, argv[1]);
	hardened = mend(&document);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (argc == 2)
			report(i, &arena);
		else if (strcmp(argv[2], parts[i].name) == 0)
			repeat(parts[i].run, &arena, strtol(argv[3], NULL, 10));
	}
	arena_release(&arena);
	arena_release(&document);
	return 0;
}
