/*
 * work [--reviews DIR] [RECIPE...] : every recipe at four sizes, each twice the one before, the requests of DIR before them; the last line
 * is "N passed, N failed, N skipped".
 *
 * What is held against it: eight times the input is no more than 8 * SLACK times the work, unless the last doubling adds no more
 * than STEADY times what the one before it added (a step that is behind us); and, so that a large constant hides nothing, it never adds more
 * than 2 * SLACK times. A recipe that is not `bounded` must reach what it is for: the last doubling adds LEAST times what the one before it
 * added. Two canaries are quadratic, in blocks and in copies, and must be refused.
 */
#include "work.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

#define SMALL  (6u << 10)
#define SLACK  1.3
#define STEADY 2.1
#define LEAST  1.5
#define CHANCE 2000 /* blocks: what a doubling may add in whatever way */

static void add(struct buf *out, const char *piece, size_t number)
{
	for (const char *at = piece ? piece : ""; *at; at++) {
		if (*at == '\1')
			buf_printf(out, "%zu", number);
		else
			buf_addc(out, *at);
	}
}

static struct slice text_of(const struct recipe *r, struct arena *a, size_t bytes)
{
	size_t each = strlen(r->piece) + (r->close ? strlen(r->close) : 0);
	size_t n = bytes / each;
	struct buf out = buf_in(a);

	add(&out, r->head, 0);
	for (size_t i = 0; i < n; i++)
		add(&out, r->piece, i);
	add(&out, r->middle, 0);
	for (size_t i = n; r->close && i-- > 0;)
		add(&out, r->close, i);
	add(&out, r->tail, 0);
	return buf_slice(&out);
}

static unsigned long work_of(const struct recipe *r, size_t bytes)
{
	struct arena texts = ARENA_INIT, a = ARENA_INIT;
	struct slice text = text_of(r, &texts, bytes);

	work_begin();
	r->target(&a, text);
	unsigned long done = work_end();
	arena_release(&a);
	arena_release(&texts);
	return done;
}

/* A limit that is met in between takes work away; what is added behind it is compared with nothing. */
static bool steady(const unsigned long w[WORK_SIZES])
{
	return w[0] < w[1] && w[1] < w[2] && w[2] < w[3];
}

/* What linear work adds in the doubling before the last: what it did, or, where a limit that was met in it took work away, twice what the
 * first one added. */
static double added_before(const unsigned long w[WORK_SIZES])
{
	double first = 2 * ((double)w[1] - (double)w[0]), second = (double)w[2] - (double)w[1];
	double added = first > second ? first : second;

	return added > CHANCE ? added : CHANCE;
}

/* NULL: as it should be. */
static const char *judge(const struct recipe *r, const unsigned long w[WORK_SIZES])
{
	double first = (double)w[2] - (double)w[1], second = (double)w[3] - (double)w[2];
	bool grows = second > CHANCE && second > STEADY * first;

	if ((double)w[3] > 8 * SLACK * (double)w[0] && grows)
		return "more than linear";
	if (steady(w) && second > CHANCE && second > 2 * SLACK * added_before(w))
		return "grows ever faster";
	if (!r->bounded && second < LEAST * first)
		return "does not reach what it is for";
	return NULL;
}

struct sums {
	unsigned passed, failed;
};

static bool told(const struct recipe *r, const unsigned long w[WORK_SIZES], struct sums *sums)
{
	const char *wrong = judge(r, w);
	bool canary = strcmp(r->grammar, "canary") == 0;

	printf("%-12s %-38s %10lu %10lu %10lu %10lu  x%.2f%s%s\n", r->grammar, r->name, w[0], w[1], w[2], w[3],
	       (double)w[3] / (double)w[0], wrong ? canary ? "  refused: " : "  FAILED: " : "", wrong ? wrong : "");
	sums->failed += wrong != NULL;
	sums->passed += wrong == NULL;
	return !wrong;
}

static bool run(const struct recipe *r, struct sums *sums)
{
	unsigned long w[WORK_SIZES];

	(void)work_of(r, 64); /* what is made once is no work of an input */
	for (size_t i = 0; i < WORK_SIZES; i++)
		w[i] = work_of(r, (size_t)SMALL << i);
	return told(r, w, sums);
}

/* Most requests end at some bound, which is as it should be. */
static void review(void *closure, const char *name, const unsigned long w[WORK_SIZES])
{
	told(&(const struct recipe){.grammar = "request", .name = name, .bounded = true}, w, closure);
}

static bool asked_for(const struct recipe *r, char **words)
{
	bool any = *words == NULL;

	for (; *words; words++)
		any = any || strstr(r->name, *words) || strstr(r->grammar, *words);
	return any;
}

static void canary(const char *name, work_target *target, struct sums *sums)
{
	const struct recipe r = {"canary", name, target, "", "x", NULL, NULL, "", false};
	struct sums own = {0, 0};

	run(&r, &own);
	sums->passed += own.failed;
	sums->failed += own.passed;
}

int main(int argc, char **argv)
{
	struct sums sums = {0, 0};
	char **words = argv + 1;

	json_setup();
	printf("%-12s %-38s %10s %10s %10s %10s\n", "grammar", "recipe", "work of n", "2 n", "4 n", "8 n");
	if (argc > 2 && strcmp(argv[1], "--reviews") == 0) {
		work_reviews(argv[2], review, &sums);
		words += 2;
	}
	for (size_t i = 0; i < recipe_count; i++)
		if (asked_for(&recipes[i], words))
			run(&recipes[i], &sums);
	puts("two that must be refused:");
	canary("blocks", canary_blocks, &sums);
	canary("copies", canary_copies, &sums);
	printf("%u passed, %u failed, 0 skipped\n", sums.passed, sums.failed);
	return sums.failed > 0;
}
