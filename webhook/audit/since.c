#include "audit/since.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define HEAD "sparkgate.io/audit-since/v1 "

struct list {
	uint64_t *items;
	size_t count, cap;
};

struct since {
	struct arena arena;
	const char *path, *when;
	struct list last, now;
	bool *met; /* of last */
	bool sorted;
};

static void add(struct since *since, struct list *list, uint64_t value)
{
	list->items = arena_grow(&since->arena, list->items, &list->cap, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = value;
}

/* ---- reading ---- */

static int parse_line(struct slice line, uint64_t *ret)
{
	*ret = 0;
	if (line.len != 16)
		return -1;
	for (size_t i = 0; i < line.len; i++) {
		const char *digits = "0123456789abcdef", *at = strchr(digits, line.ptr[i]);
		if (!at || !*at)
			return -1;
		*ret = *ret << 4 | (uint64_t)(at - digits);
	}
	return 0;
}

static int read_lines(struct since *since, struct slice text, struct err *err)
{
	struct slice head = slice_cut(&text, '\n');
	unsigned number = 1;
	uint64_t value;

	if (!slice_skip(&head, SLICE_LIT(HEAD)))
		return err_set(err, "line 1: no file of `sparkgate audit --since-last`");
	since->when = arena_dup(&since->arena, head);
	while (text.len > 0) {
		struct slice line = slice_cut(&text, '\n');
		number++;
		if (parse_line(line, &value) < 0)
			return err_set(err, "line %u: expected 16 hex digits", number);
		if (since->last.count > 0 && value <= since->last.items[since->last.count - 1])
			return err_set(err, "line %u: not in order", number);
		add(since, &since->last, value);
	}
	return 0;
}

static int read_last(struct since *since, struct err *err)
{
	struct slice text;

	if (!file_stamp(since->path).exists)
		return 0;
	if (file_read(&since->arena, since->path, LIMIT_FILE_BYTES, &text, err) < 0)
		return -1;
	if (read_lines(since, text, err) < 0)
		return err_wrap(err, "--since-last %s", since->path);
	return 0;
}

int since_open(const char *path, struct since **ret, struct err *err)
{
	struct since *since = calloc(1, sizeof(*since));

	if (!since)
		abort(); /* as base/arena.h */
	since->path = path;
	if (read_last(since, err) < 0) {
		since_close(since);
		return -1;
	}
	since->met = ARENA_ARRAY(&since->arena, since->last.count, bool);
	*ret = since;
	return 0;
}

void since_close(struct since *since)
{
	if (!since)
		return;
	arena_release(&since->arena);
	free(since);
}

const char *since_when(const struct since *since)
{
	return since->when;
}

/* ---- noting ---- */

static uint64_t fingerprint(const struct since_finding *f)
{
	const char *parts[] = {f->namespace, f->kind, f->name, f->rule, f->action};
	struct arena arena = ARENA_INIT;
	struct buf text = buf_in(&arena);
	char hex[65];
	uint64_t value;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		buf_adds(&text, parts[i] ? parts[i] : "");
		buf_addc(&text, '\0');
	}
	sha256_hex(buf_slice(&text), hex);
	arena_release(&arena);
	return parse_line((struct slice){hex, 16}, &value) == 0 ? value : 0;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

bool since_is_new(struct since *since, const struct since_finding *finding)
{
	uint64_t value = fingerprint(finding);
	const uint64_t *old = since->last.count
				      ? bsearch(&value, since->last.items, since->last.count, sizeof(value), compare)
				      : NULL;

	add(since, &since->now, value);
	since->sorted = false;
	if (old)
		since->met[old - since->last.items] = true;
	return !old;
}

/* Sorted, each once. */
static void sort_now(struct since *since)
{
	struct list *now = &since->now;
	size_t kept = 0;

	if (since->sorted || now->count == 0)
		return;
	qsort(now->items, now->count, sizeof(*now->items), compare);
	for (size_t i = 0; i < now->count; i++)
		if (kept == 0 || now->items[kept - 1] != now->items[i])
			now->items[kept++] = now->items[i];
	now->count = kept;
	since->sorted = true;
}

struct since_news since_news(struct since *since)
{
	struct since_news news = {0, 0, 0};

	sort_now(since);
	for (size_t i = 0; i < since->last.count; i++)
		news.known += since->met[i];
	news.gone = since->last.count - news.known;
	news.added = since->now.count - news.known;
	return news;
}

/* ---- writing ---- */

int since_save(struct since *since, int64_t now, struct err *err)
{
	struct buf text = buf_in(&since->arena);
	char when[32];
	time_t seconds = (time_t)now;
	struct tm tm;

	sort_now(since);
	if (since->now.count > SINCE_MAX)
		return err_set(err, "--since-last %s: %zu findings, it holds at most %d", since->path, since->now.count,
			       SINCE_MAX);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &tm));
	buf_printf(&text, HEAD "%s\n", when);
	for (size_t i = 0; i < since->now.count; i++)
		buf_printf(&text, "%016llx\n", (unsigned long long)since->now.items[i]);
	return file_write(since->path, buf_slice(&text), 0644, err);
}
