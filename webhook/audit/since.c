#include "audit/since.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/limits.h"

#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEAD "sparkgate.io/audit-since/v1 "

/* A path to a folder. */
#define FOLDER_MAX 4096

#define LINE_BYTES 17 /* 16 digits and the end of the line */

/* Sorted, each once. */
struct list {
	uint64_t *items;
	size_t count;
};

struct since {
	struct arena arena;
	const char *path, *when;
	char scope[17]; /* 16 hex digits of what is audited, and how */
	struct list last;
	bool *met; /* of last */

	/* Of this audit, on the heap: it grows to megabytes, of which an arena would keep every smaller version. */
	struct list now;
	size_t cap, sorted; /* how many of the first are in order, each once */
	bool full;          /* more than SINCE_MAX: the rest is not noted */
};

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

/* "2026-01-31T12:00:00Z": it is shown, so it is nothing else. */
static bool is_time(struct slice text)
{
	static const char shape[] = "0000-00-00T00:00:00Z";
	bool good = text.len == sizeof(shape) - 1;

	for (size_t i = 0; good && i < text.len; i++)
		good = shape[i] == '0' ? text.ptr[i] >= '0' && text.ptr[i] <= '9' : text.ptr[i] == shape[i];
	return good;
}

static int read_line(struct list *last, struct slice line, struct err *err)
{
	uint64_t value;

	if (parse_line(line, &value) < 0)
		return err_set(err, "expected 16 hex digits");
	if (last->count > 0 && value <= last->items[last->count - 1])
		return err_set(err, "not in order");
	last->items[last->count++] = value;
	return 0;
}

static int read_lines(struct since *since, struct slice text, struct err *err)
{
	struct slice head = slice_cut(&text, '\n');
	bool ours = slice_skip(&head, SLICE_LIT(HEAD));
	struct slice when = slice_cut(&head, ' ');

	if (!ours || !is_time(when) || head.len != 16)
		return err_set(err, "line 1: not a file of `sparkgate audit --since-last`");
	if (!slice_is(head, since->scope))
		return err_set(err, "it is of an audit with other -n or --as: what that one saw is not what this one "
				    "sees, give each a file");
	since->when = arena_dup(&since->arena, when);
	since->last.items = ARENA_ARRAY(&since->arena, text.len / LINE_BYTES + 1, uint64_t);
	for (unsigned number = 2; text.len > 0; number++)
		if (read_line(&since->last, slice_cut(&text, '\n'), err) < 0)
			return err_wrap(err, "line %u", number);
	return 0;
}

static int read_last(struct since *since, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct slice text;
	int rc = 0;

	if (!file_stamp(since->path).exists)
		return 0;
	if (file_read(&arena, since->path, LIMIT_FILE_BYTES, &text, err) < 0)
		rc = err_wrap(err, "--since-last");
	else if (read_lines(since, text, err) < 0)
		rc = err_wrap(err, "--since-last %s", since->path);
	arena_release(&arena);
	return rc;
}

/* Reported before the work, not after it. */
static int check_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[FOLDER_MAX];
	int n = slash ? snprintf(folder, sizeof(folder), "%.*s/", (int)(slash - path), path)
		      : snprintf(folder, sizeof(folder), ".");

	if (n < 0 || (size_t)n >= sizeof(folder))
		return err_set(err, "--since-last: a path of more than %d bytes", FOLDER_MAX);
	if (access(folder, W_OK) < 0)
		return err_set(err, "--since-last: cannot write '%s': %s", path, strerror(errno));
	return 0;
}

int since_open(const char *path, const char *scope, struct since **ret, struct err *err)
{
	struct since *since = calloc(1, sizeof(*since));
	char hex[SHA256_HEX];

	if (!since)
		out_of_memory();
	since->path = path;
	sha256_hex(slice_of(scope), hex);
	snprintf(since->scope, sizeof(since->scope), "%.16s", hex);
	if (check_folder(path, err) < 0 || read_last(since, err) < 0) {
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
	free(since->now.items);
	free(since);
}

const char *since_when(const struct since *since)
{
	return since->when;
}

/* ---- names ---- */

/* Of generated names: no vowels, and no digits that look like letters (k8s.io/apimachinery pkg/util/rand). */
static bool is_generated(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!strchr("bcdfghjklmnpqrstvwxz2456789", text.ptr[i]))
			return false;
	return text.len > 0;
}

/* What follows the last "-"; empty where there is none. */
static struct slice last_part(struct slice name)
{
	for (size_t i = name.len; i > 0; i--)
		if (name.ptr[i - 1] == '-')
			return (struct slice){name.ptr + i, name.len - i};
	return (struct slice){name.ptr + name.len, 0};
}

static struct slice without(struct slice name, struct slice last)
{
	return last.len + 1 < name.len ? (struct slice){name.ptr, name.len - last.len - 1} : name;
}

/* A pod of a Deployment: "-", the hash of its template, "-" and five characters; of others the last alone. */
static struct slice without_generated(struct slice name)
{
	struct slice last = last_part(name);

	if (last.len != 5 || !is_generated(last))
		return name;
	name = without(name, last);
	last = last_part(name);
	return last.len >= 6 && last.len <= 10 && is_generated(last) ? without(name, last) : name;
}

const char *since_name(struct arena *a, const char *name, const char *owner)
{
	struct slice text = slice_of(owner ? owner : name), number = last_part(text);

	if (owner && slice_starts(text, "Pod "))
		text = without_generated(text);
	else if (owner && slice_starts(text, "Job ") && number.len >= 8 && slice_digits(number))
		text = without(text, number);
	return arena_dup(a, text);
}

/* ---- noting ---- */

static uint64_t fingerprint(const struct since_finding *f)
{
	const char *parts[] = {f->namespace, f->kind, f->name, f->rule, f->action};
	struct arena arena = ARENA_INIT;
	struct buf text = buf_in(&arena);
	unsigned char digest[SHA256_BYTES];
	uint64_t value;

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		buf_adds(&text, parts[i] ? parts[i] : "");
		buf_addc(&text, '\0');
	}
	sha256(buf_slice(&text), digest);
	arena_release(&arena);
	memcpy(&value, digest, sizeof(value));
	return be64toh(value);
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorted, each once. */
static void sort_now(struct since *since)
{
	struct list *now = &since->now;
	size_t kept = 0;

	if (since->sorted == now->count)
		return;
	qsort(now->items, now->count, sizeof(*now->items), compare);
	for (size_t i = 0; i < now->count; i++)
		if (kept == 0 || now->items[kept - 1] != now->items[i])
			now->items[kept++] = now->items[i];
	since->sorted = now->count = kept;
}

/* Executors of one server have the same few: those that are there twice make room first. */
static void make_room(struct since *since)
{
	if (since->now.count < since->cap)
		return;
	sort_now(since);
	since->full = since->now.count > SINCE_MAX;
	if (since->full || since->now.count < since->cap / 2)
		return;
	since->cap = since->cap ? since->cap * 2 : 1024;
	since->now.items = realloc(since->now.items, since->cap * sizeof(*since->now.items));
	if (!since->now.items)
		out_of_memory();
}

bool since_is_new(struct since *since, const struct since_finding *finding)
{
	uint64_t value = fingerprint(finding);
	const uint64_t *old = since->last.count
				      ? bsearch(&value, since->last.items, since->last.count, sizeof(value), compare)
				      : NULL;

	make_room(since);
	if (!since->full)
		since->now.items[since->now.count++] = value;
	if (old)
		since->met[old - since->last.items] = true;
	return !old;
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
	struct arena arena = ARENA_INIT;
	struct buf text = buf_in(&arena);
	char when[CLOCK_TEXT_SIZE];

	sort_now(since);
	if (since->now.count > SINCE_MAX) {
		arena_release(&arena);
		return err_set(
			err,
			"--since-last %s: more than %d findings, which is what it holds: audit fewer namespaces (-n)",
			since->path, SINCE_MAX);
	}
	clock_print(now, when);
	buf_reserve(&text, since->now.count * LINE_BYTES + 100);
	buf_printf(&text, HEAD "%s %s\n", when, since->scope);
	for (size_t i = 0; i < since->now.count; i++)
		buf_printf(&text, "%016llx\n", (unsigned long long)since->now.items[i]);
	int rc = file_write(since->path, buf_slice(&text), 0644, err);
	arena_release(&arena);
	return rc < 0 ? err_wrap(err, "--since-last") : 0;
}
