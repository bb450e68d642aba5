#include "report/diff.h"

#include "base/color.h"

struct text {
	struct slice *lines;
	size_t count;
};

/* One line of the result: ' ' both have it, '-' only the first, '+' only the second. */
struct edit {
	char sign;
	struct slice line;
};

struct script {
	struct edit *items;
	size_t count, cap;
};

static struct text split(struct arena *a, struct slice text)
{
	struct text t = {ARENA_NEW(a, struct slice), 0}; /* never NULL, also of no lines */
	size_t cap = 1;

	while (text.len > 0) {
		*ARENA_PUSH(a, t.lines, &cap, t.count) = slice_cut(&text, '\n');
	}
	return t;
}

static void add(struct arena *a, struct script *s, char sign, struct slice line)
{
	*ARENA_PUSH(a, s->items, &s->cap, s->count) = (struct edit){sign, line};
}

static void add_all(struct arena *a, struct script *s, char sign, struct text t)
{
	for (size_t i = 0; i < t.count; i++)
		add(a, s, sign, t.lines[i]);
}

/* ---- Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), figure 2 ---- */

/* Where each diagonal k had come to after d edits; index k + d. */
struct trace {
	int *reach[DIFF_EDITS_MAX + 1];
	int edits; /* of the solution; -1 = more than the limit */
};

static int reach_of(const struct trace *t, int d, int k)
{
	return d >= 0 && k >= -d && k <= d ? t->reach[d][k + d] : -1;
}

/* Does the best way to diagonal k with d edits come from above (an insertion)? */
static bool comes_down(const struct trace *t, int d, int k)
{
	return k == -d || (k != d && reach_of(t, d - 1, k - 1) < reach_of(t, d - 1, k + 1));
}

static void search(struct arena *a, struct text before, struct text after, struct trace *t)
{
	const int n = (int)before.count, m = (int)after.count;

	t->edits = -1;
	for (int d = 0; d <= DIFF_EDITS_MAX && d <= n + m; d++) {
		t->reach[d] = ARENA_ARRAY(a, 2 * (size_t)d + 1, int);
		for (int k = -d; k <= d; k += 2) {
			int x = d == 0 ? 0
				: comes_down(t, d, k) ? reach_of(t, d - 1, k + 1) : reach_of(t, d - 1, k - 1) + 1;
			while (x < n && x - k >= 0 && x - k < m && slice_eq(before.lines[x], after.lines[x - k]))
				x++;
			t->reach[d][k + d] = x;
			if (x >= n && x - k >= m) {
				t->edits = d;
				return;
			}
		}
	}
}

/* From the end back to the beginning, so the script comes out reversed. */
static void walk_back(struct arena *a, struct text before, struct text after, const struct trace *t, struct script *s)
{
	int x = (int)before.count, y = (int)after.count;

	for (int d = t->edits; d > 0; d--) {
		bool down = comes_down(t, d, x - y);
		int k = down ? x - y + 1 : x - y - 1;
		int from_x = reach_of(t, d - 1, k), from_y = from_x - k;
		while (x > from_x && y > from_y && (down ? y - 1 > from_y : x - 1 > from_x)) {
			add(a, s, ' ', before.lines[--x]);
			y--;
		}
		if (down)
			add(a, s, '+', after.lines[--y]);
		else
			add(a, s, '-', before.lines[--x]);
	}
	while (x > 0) {
		add(a, s, ' ', before.lines[--x]);
		y--;
	}
}

static void diff_middle(struct arena *a, struct text before, struct text after, struct script *ret)
{
	struct trace t;
	struct script reversed = {NULL, 0, 0};

	search(a, before, after, &t);
	if (t.edits < 0) {
		add_all(a, ret, '-', before);
		add_all(a, ret, '+', after);
		return;
	}
	walk_back(a, before, after, &t, &reversed);
	for (size_t i = reversed.count; i-- > 0;)
		add(a, ret, reversed.items[i].sign, reversed.items[i].line);
}

static struct script compare(struct arena *a, struct text before, struct text after)
{
	struct script s = {NULL, 0, 0};
	size_t shorter = before.count < after.count ? before.count : after.count;
	size_t head = 0, tail = 0;

	while (head < shorter && slice_eq(before.lines[head], after.lines[head]))
		head++;
	while (tail < shorter - head &&
	       slice_eq(before.lines[before.count - 1 - tail], after.lines[after.count - 1 - tail]))
		tail++;
	add_all(a, &s, ' ', (struct text){before.lines, head});
	diff_middle(a, (struct text){before.lines + head, before.count - head - tail},
		    (struct text){after.lines + head, after.count - head - tail}, &s);
	add_all(a, &s, ' ', (struct text){before.lines + before.count - tail, tail});
	return s;
}

/* ---- hunks ---- */

struct hunk {
	size_t first, end;         /* of the script */
	size_t old_line, new_line; /* before it */
	size_t old_count, new_count;
};

/* From the change at `change` on: with context, and with the next change if their contexts touch. */
static struct hunk take_hunk(const struct script *s, size_t change, size_t from)
{
	struct hunk h = {.first = change > from + DIFF_CONTEXT ? change - DIFF_CONTEXT : from};
	size_t last = change;

	for (size_t i = change; i < s->count && i <= last + 2 * DIFF_CONTEXT + 1; i++)
		if (s->items[i].sign != ' ')
			last = i;
	h.end = last + 1 + DIFF_CONTEXT < s->count ? last + 1 + DIFF_CONTEXT : s->count;
	return h;
}

static void print_edit(const struct edit *e, bool on, struct buf *out)
{
	enum color hue = e->sign == '-' ? COLOR_RED : COLOR_GREEN;

	if (e->sign == ' ')
		buf_printf(out, " %.*s\n", SLICE_ARG(e->line));
	else
		buf_printf(out, "%s%c%.*s%s\n", color(on, hue), e->sign, SLICE_ARG(e->line), color(on, COLOR_OFF));
}

static void print_hunk(const struct script *s, struct hunk h, bool on, struct buf *out)
{
	for (size_t i = 0; i < h.end; i++) {
		char sign = s->items[i].sign;
		size_t *old_count = i < h.first ? &h.old_line : &h.old_count;
		size_t *new_count = i < h.first ? &h.new_line : &h.new_count;
		*old_count += sign != '+';
		*new_count += sign != '-';
	}
	buf_printf(out, "%s@@ -%zu,%zu +%zu,%zu @@%s\n", color(on, COLOR_CYAN), h.old_line + (h.old_count > 0),
		   h.old_count, h.new_line + (h.new_count > 0), h.new_count, color(on, COLOR_OFF));
	for (size_t i = h.first; i < h.end; i++)
		print_edit(&s->items[i], on, out);
}

void diff_lines(struct arena *a, const char *name, struct slice before, struct slice after, bool on, struct buf *out)
{
	if (slice_eq(before, after))
		return;

	struct script s = compare(a, split(a, before), split(a, after));
	size_t from = 0;
	buf_printf(out, "%s--- a/%s\n+++ b/%s%s\n", color(on, COLOR_BOLD), name, name, color(on, COLOR_OFF));
	for (size_t i = 0; i < s.count; i++) {
		if (s.items[i].sign == ' ')
			continue;
		struct hunk h = take_hunk(&s, i, from);
		print_hunk(&s, h, on, out);
		from = h.end;
		i = h.end - 1;
	}
}
