/*
 * work [RECIPE...] : every recipe at four sizes, each twice the one before; the last line is "N passed, N failed, N skipped".
 *
 * What is held against it: eight times the input is no more than 8 * SLACK times the work; and, so that a large constant hides
 * nothing, what the last doubling adds is no more than 2 * SLACK times what the one before it added. A recipe that is not `bounded`
 * must reach what it is for: the last doubling adds LEAST times what the one before it added. Two canaries are quadratic, in blocks
 * and in copies, and must be refused.
 */
#include "work.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdio.h>
#include <string.h>

#define SIZES  4
#define SMALL  (6u << 10)
#define SLACK  1.3
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

/* NULL: as it should be. */
static const char *judge(const struct recipe *r, const unsigned long w[SIZES])
{
	double first = (double)w[2] - (double)w[1], second = (double)w[3] - (double)w[2];

	if ((double)w[3] > 8 * SLACK * (double)w[0])
		return "more than linear";
	if (second > CHANCE && second > 2 * SLACK * (first > CHANCE ? first : CHANCE))
		return "grows ever faster";
	if (!r->bounded && second < LEAST * first)
		return "does not reach what it is for";
	return NULL;
}

static bool run(const struct recipe *r)
{
	unsigned long w[SIZES];

	(void)work_of(r, 64); /* what is made once is no work of an input */
	for (size_t i = 0; i < SIZES; i++)
		w[i] = work_of(r, (size_t)SMALL << i);
	const char *wrong = judge(r, w);
	printf("%-12s %-28s %10lu %10lu %10lu %10lu  x%.2f%s%s\n", r->grammar, r->name, w[0], w[1], w[2], w[3],
	       (double)w[3] / (double)w[0], wrong ? "  FAILED: " : "", wrong ? wrong : "");
	return !wrong;
}

static bool asked_for(const struct recipe *r, char **words)
{
	bool any = *words == NULL;

	for (; *words; words++)
		any = any || strstr(r->name, *words) || strstr(r->grammar, *words);
	return any;
}

static bool refused(const char *name, work_target *target)
{
	const struct recipe canary = {"canary", name, target, "", "x", NULL, NULL, "", false};

	return !run(&canary);
}

int main(int argc, char **argv)
{
	unsigned passed = 0, failed = 0;

	(void)argc;
	json_setup();
	printf("%-12s %-28s %10s %10s %10s %10s\n", "grammar", "recipe", "work of 6K", "12K", "24K", "48K");
	for (size_t i = 0; i < recipe_count; i++) {
		if (!asked_for(&recipes[i], argv + 1))
			continue;
		if (run(&recipes[i]))
			passed++;
		else
			failed++;
	}
	puts("two that must be refused:");
	bool blocks = refused("blocks", canary_blocks), copies = refused("copies", canary_copies);
	passed += (unsigned)blocks + (unsigned)copies;
	failed += (unsigned)!blocks + (unsigned)!copies;
	printf("%u passed, %u failed, 0 skipped\n", passed, failed);
	return failed > 0;
}
