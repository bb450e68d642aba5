#include "policy/words.h"

#include <limits.h>

/* On a mismatch the last '*' takes one byte more: no recursion, at most text times pattern steps. */
bool glob_match(const char *pattern, struct slice text)
{
	const char *after_star = NULL;
	size_t i = 0, retry = 0;

	if (text.len > 0 && *pattern != '*' && *pattern != text.ptr[0])
		return false;
	size_t n = strlen(pattern);
	/* Keys begin alike ("spark.hadoop.fs.s3a."); most that do not match differ in their last byte. */
	if (n > 0 && pattern[n - 1] != '*' && (text.len == 0 || text.ptr[text.len - 1] != pattern[n - 1]))
		return false;
	while (i < text.len) {
		if (*pattern == '*') {
			after_star = ++pattern;
			retry = i;
		} else if (*pattern && *pattern == text.ptr[i]) {
			pattern++;
			i++;
		} else if (after_star) {
			pattern = after_star;
			i = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

int word_index(struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(text, words[i]))
			return (int)i;
	return -1;
}

/* Longer texts are not misspelt words, and the distance is quadratic. */
#define WORD_MAX 48

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment distance (Levenshtein plus swapped neighbours), case-blind. */
static unsigned distance(struct slice a, struct slice b)
{
	unsigned rows[3][WORD_MAX + 1];

	for (unsigned j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.len; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
		row[0] = i;
		for (unsigned j = 1; j <= b.len; j++) {
			bool same = lower(a.ptr[i - 1]) == lower(b.ptr[j - 1]);
			row[j] = min3(up[j] + 1, row[j - 1] + 1, up[j - 1] + !same);
			bool swapped = i > 1 && j > 1 && lower(a.ptr[i - 1]) == lower(b.ptr[j - 2]) &&
				       lower(a.ptr[i - 2]) == lower(b.ptr[j - 1]);
			if (swapped && up2[j - 2] + 1 < row[j])
				row[j] = up2[j - 2] + 1;
		}
	}
	return rows[a.len % 3][b.len];
}

/* How much both have in common up to a '/' or '.': "sparkgate.io/", "backend.". It says nothing about how near the rest
 * is. */
static size_t shared_prefix(struct slice a, struct slice b)
{
	size_t shared = 0;

	for (size_t i = 0; i < a.len && i < b.len && lower(a.ptr[i]) == lower(b.ptr[i]); i++)
		if (a.ptr[i] == '/' || a.ptr[i] == '.')
			shared = i + 1;
	return shared;
}

static struct slice behind(struct slice s, size_t n)
{
	return (struct slice){s.ptr + n, s.len - n};
}

/* "4.2" is not a misspelt "4.0". */
static bool is_number(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.ptr[i] < '0' || s.ptr[i] > '9') && s.ptr[i] != '.')
			return false;
	return true;
}

const char *nearest_word(struct slice text, const char *const *words, size_t count)
{
	const char *best = NULL;
	unsigned best_distance = UINT_MAX;

	if (text.len > WORD_MAX || is_number(text))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct slice word = slice_of(words[i]);
		if (word.len > WORD_MAX)
			continue;
		size_t shared = shared_prefix(text, word);
		unsigned d = distance(behind(text, shared), behind(word, shared));
		if (d <= (word.len - shared + 2) / 3 && d < best_distance) {
			best = words[i];
			best_distance = d;
		}
	}
	return best;
}
