#include "kube/correlator.h"

#include "base/utf8.h"

#include <stdio.h>

/* FNV-1a: the table is small, and what collides in 64 bits is counted as one. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++)
		hash = (hash ^ *p) * 1099511628211u;
	return (hash ^ 0xffu) * 1099511628211u; /* not a byte of UTF-8: separates texts */
}

static uint64_t hash_object(const struct happening_object *o)
{
	uint64_t hash = hash_text(14695981039346656037u, o->kind);

	hash = hash_text(hash, o->namespace);
	return hash_text(hash_text(hash, o->name), o->uid);
}

static bool fits(const char *text, size_t size)
{
	return strlen(text) < size;
}

/* Names go into paths, and the API server would refuse longer words. */
static bool is_sane(const struct happening_object *o)
{
	const struct series *s = NULL;

	return kube_name_ok(o->name) && (!*o->namespace || kube_name_ok(o->namespace)) &&
	       fits(o->namespace, sizeof(s->namespace)) && *o->kind && fits(o->kind, sizeof(s->kind)) &&
	       fits(o->api_version, sizeof(s->api_version)) && fits(o->uid, sizeof(s->uid));
}

/* ---- finding and making room ---- */

static bool is_over(const struct series *s, int64_t now)
{
	return !s->dirty && !s->busy && now - s->last >= CORRELATOR_QUIET_NS;
}

static struct series *find(struct correlator *c, uint64_t hash, int64_t now)
{
	for (size_t i = 0; i < CORRELATOR_SERIES; i++)
		if (c->hashes[i] == hash && !is_over(&c->series[i], now))
			return &c->series[i];
	return NULL;
}

/* An empty place, or that of the series that was silent longest and has nothing left to send. */
static struct series *room(struct correlator *c, bool warning)
{
	struct series *best = NULL, *empty = NULL;
	size_t normals = 0;

	for (size_t i = 0; i < CORRELATOR_SERIES; i++) {
		struct series *s = &c->series[i];
		if (!s->used)
			empty = empty ? empty : s;
		else if (s->dirty || s->busy)
			normals += !s->warning;
		else if (!best || s->last < best->last)
			best = s;
	}
	if (!warning && normals >= CORRELATOR_NORMALS_WAIT)
		return NULL;
	return empty ? empty : best;
}

/* Everything counts against the whole; what is not a warning also counts against its half. */
struct share {
	size_t all, normals;
};

static bool is_full(const struct share *share, size_t most, bool warning)
{
	return share->all >= most || (!warning && share->normals >= most / 2);
}

static bool too_many(const struct correlator *c, const struct happening *h, uint64_t object_hash, int64_t now)
{
	struct share object = {0, 0}, namespace = {0, 0};

	for (size_t i = 0; i < CORRELATOR_SERIES; i++) {
		const struct series *s = &c->series[i];
		if (!s->used || now - s->first >= CORRELATOR_QUIET_NS)
			continue;
		bool of_object = s->object_hash == object_hash, of_namespace = strcmp(s->namespace, h->object.namespace) == 0;
		object.all += of_object;
		object.normals += of_object && !s->warning;
		namespace.all += of_namespace;
		namespace.normals += of_namespace && !s->warning;
	}
	return is_full(&object, CORRELATOR_OF_OBJECT, h->warning) || is_full(&namespace, CORRELATOR_OF_NAMESPACE, h->warning);
}

/* Cut at the limit, not within a character. */
static void copy_note(char to[CORRELATOR_NOTE_MAX + 1], const char *note)
{
	struct slice whole = slice_of(note);

	if (whole.len <= CORRELATOR_NOTE_MAX)
		memcpy(to, note, whole.len + 1);
	else
		snprintf(to, CORRELATOR_NOTE_MAX + 1, "%.*s...", (int)utf8_cut(whole, CORRELATOR_NOTE_MAX - 3), note);
}

static void fill(struct series *s, const struct happening *h)
{
	const struct happening_object *o = &h->object;

	snprintf(s->api_version, sizeof(s->api_version), "%s", o->api_version);
	snprintf(s->kind, sizeof(s->kind), "%s", o->kind);
	snprintf(s->namespace, sizeof(s->namespace), "%s", o->namespace);
	snprintf(s->name, sizeof(s->name), "%s", o->name);
	snprintf(s->uid, sizeof(s->uid), "%s", o->uid);
	copy_note(s->note, h->note);
}

enum correlated correlator_add(struct correlator *c, const struct happening *h, int64_t now, int64_t unix_ms)
{
	if (!is_sane(&h->object))
		return CORRELATED_DROPPED;
	uint64_t object_hash = hash_object(&h->object), hash = hash_text(hash_text(object_hash, h->reason), h->note) | 1;
	struct series *s = find(c, hash, now);
	bool known = s != NULL;
	if (!known) {
		s = too_many(c, h, object_hash, now) ? NULL : room(c, h->warning);
		if (!s)
			return CORRELATED_DROPPED;
		*s = (struct series){.used = true, .warning = h->warning, .template_hash = h->template_hash,
				     .reason = h->reason, .action = h->action, .object_hash = object_hash,
				     .number = ++c->numbers, .first = now, .next = now, .first_ms = unix_ms};
		fill(s, h);
		c->hashes[s - c->series] = hash;
	}
	s->count++;
	s->last = now;
	s->last_ms = unix_ms;
	s->dirty = true;
	return known ? CORRELATED_REPEATED : CORRELATED_NEW;
}

/* ---- sending ---- */

/* The first that is due from `turn` on: a warning, or where none is, anything else. */
static int find_due(const struct correlator *c, int64_t now, int64_t *again)
{
	const int64_t ahead = (CORRELATOR_BURST - 1) * CORRELATOR_EVERY_NS;
	int normal = -1;

	*again = INT64_MAX;
	for (unsigned i = 0; i < CORRELATOR_SERIES; i++) {
		unsigned index = (c->turn + i) % CORRELATOR_SERIES;
		const struct series *s = &c->series[index];
		if (!s->used || !s->dirty || s->busy)
			continue;
		int64_t due = s->next > c->spent - ahead ? s->next : c->spent - ahead;
		if (due > now)
			*again = due < *again ? due : *again;
		else if (s->warning)
			return (int)index;
		else if (normal < 0)
			normal = (int)index;
	}
	return normal;
}

int correlator_next(struct correlator *c, int64_t now, int64_t *again)
{
	int index = find_due(c, now, again);

	if (index < 0)
		return -1;
	c->turn = ((unsigned)index + 1) % CORRELATOR_SERIES;
	c->spent = (c->spent > now ? c->spent : now) + CORRELATOR_EVERY_NS;
	c->series[index].busy = true;
	c->series[index].dirty = false;
	return index;
}

/* Ever more rarely: 10 s, 20 s, 40 s ... */
static int64_t pause_of(const struct series *s)
{
	int64_t pause = CORRELATOR_UPDATE_NS;

	for (unsigned i = 0; i < s->updates && pause < CORRELATOR_UPDATE_MAX_NS; i++)
		pause *= 2;
	return pause < CORRELATOR_UPDATE_MAX_NS ? pause : CORRELATOR_UPDATE_MAX_NS;
}

void correlator_sent(struct correlator *c, int index, enum correlator_outcome outcome, int64_t now)
{
	struct series *s = &c->series[index];

	s->busy = false;
	if (outcome == CORRELATOR_GONE) {
		s->created = false;
		s->number = ++c->numbers; /* another Event, so another name */
		s->dirty = true;
		s->next = now;
		return;
	}
	if (outcome == CORRELATOR_TAKEN)
		s->created = true;
	if (outcome == CORRELATOR_LOST && !s->created && s->retries < CORRELATOR_RETRIES) {
		s->retries++;
		s->dirty = true;
	}
	s->next = now + pause_of(s);
	s->updates++;
}
