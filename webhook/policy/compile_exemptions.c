/* Kind Exemptions: who may violate what, who answers for it, and until when. */
#include "policy/compile.h"

#include "base/number.h"
#include "policy/words.h"

#include <time.h>

/* One field of a date; -1 if it is not a number of that many digits. */
static int date_part(struct slice *rest, size_t digits, int max)
{
	int64_t value;

	if (rest->len < digits || number_parse((struct slice){rest->ptr, digits}, max, &value) < 0)
		return -1;
	rest->ptr += digits;
	rest->len -= digits;
	return (int)value;
}

int64_t compile_date(struct slice text)
{
	struct tm tm = {0};

	tm.tm_year = date_part(&text, 4, 9999) - 1900;
	if (!slice_skip(&text, SLICE_LIT("-")))
		return -1;
	tm.tm_mon = date_part(&text, 2, 12) - 1;
	if (!slice_skip(&text, SLICE_LIT("-")))
		return -1;
	tm.tm_mday = date_part(&text, 2, 31);
	if (text.len > 0 || tm.tm_year < 70 || tm.tm_mon < 0 || tm.tm_mday < 1)
		return -1;
	const struct tm asked = tm;
	time_t start = timegm(&tm); /* turns February 30th into March 2nd */
	if (start < 0 || tm.tm_mday != asked.tm_mday || tm.tm_mon != asked.tm_mon)
		return -1;
	return (int64_t)start + 86400;
}

static void read_expiry(const struct node *n, struct exemption *e)
{
	const struct node place = node_get(n, "expires");

	e->expires = node_text(n, "expires", NODE_REQUIRED);
	if (!e->expires || strcmp(e->expires, "never") == 0)
		return;
	e->expires_unix = compile_date(slice_of(e->expires));
	if (e->expires_unix < 0)
		node_problem(&place, "'%s' is not a date, write \"2027-03-31\" (its last day) or never", e->expires);
}

/* It appears in logs, warnings and metrics. NULL (noted) if it is not valid. */
static const char *read_id(const struct node *n)
{
	const char *id = node_text(n, "id", NODE_REQUIRED);
	const struct node place = node_get(n, "id");

	for (const char *p = id; p && *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			node_problem(&place, "an id is one line");
			return NULL;
		}
	if (id && strlen(id) > EXEMPTION_ID_MAX) {
		node_problem(&place, "an id has at most %d bytes", EXEMPTION_ID_MAX);
		return NULL;
	}
	return id;
}

static void put_exemption(struct compiler *c, const struct exemption *e)
{
	struct policy *p = c->policy;

	for (size_t i = 0; i < p->exemption_count; i++)
		if (strcmp(p->exemptions[i].id, e->id) == 0) {
			p->exemptions[i] = *e;
			return;
		}
	*ARENA_PUSH(&p->arena, p->exemptions, &c->exemption_cap, p->exemption_count) = *e;
}

static void mention_rules(struct compiler *c, const struct node *n, const struct exemption *e)
{
	const struct node place = node_get(n, "rules");
	const char *who = arena_printf(c->scratch, "exemption '%s' names", e->id);

	for (size_t i = 0; i < e->rules.count; i++)
		compile_mention(c, &place, who, e->rules.items[i]);
}

static void read_exemption(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {
		"id", "owner", "reason", "expires", "rules", "namespaces", "names", "users", "groups",
	};
	struct exemption e = {0};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	e.id = read_id(n);
	e.owner = node_text(n, "owner", NODE_REQUIRED);
	e.reason = node_text(n, "reason", NODE_REQUIRED);
	read_expiry(n, &e);
	const struct node rules = node_list(n, "rules", NODE_REQUIRED);
	if (rules.v && json_count(rules.v) == 0)
		node_problem(&rules, "'rules' is empty, the exemption would say nothing");
	node_texts(n, "rules", &e.rules);
	node_texts(n, "namespaces", &e.namespaces);
	node_texts(n, "names", &e.names);
	node_texts(n, "users", &e.users);
	node_texts(n, "groups", &e.groups);
	if (!e.id || !compile_once(c, n, "exemption", e.id))
		return;
	e.place = compile_place(n);
	mention_rules(c, n, &e);
	put_exemption(c, &e);
}

/* ---- of the whole policy ---- */

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"

static bool is_made_of(const char *pattern, const char *chars)
{
	return *pattern && pattern[strspn(pattern, chars)] == '\0';
}

/* A service account is system:serviceaccount:NAMESPACE:NAME; what else a user may be called, nobody knows. */
static bool is_no_account(const char *user)
{
	struct slice rest = slice_of(user);

	if (!slice_skip(&rest, SLICE_LIT("system:serviceaccount:")) || slice_has(rest, "*"))
		return false;
	struct slice namespace = slice_cut(&rest, ':');
	return namespace.len == 0 || rest.len == 0 || slice_has(rest, ":");
}

static void warn_exemption(struct compiler *c, const struct exemption *e, const char *what)
{
	compile_warn(c, e->place, arena_printf(c->scratch, "exemption '%s' %s", e->id, what));
}

static void warn_never(struct compiler *c, const struct exemption *e, const char *kind, const char *text, const char *form)
{
	warn_exemption(c, e, arena_printf(c->scratch, "names %s '%s', which nothing can have: %s", kind, text, form));
}

/* What no object of Kubernetes and no account has: the exemption is not what its author takes it for. */
static void warn_impossible(struct compiler *c, const struct exemption *e)
{
	for (size_t i = 0; i < e->namespaces.count; i++)
		if (!is_made_of(e->namespaces.items[i], LOWER "-*"))
			warn_never(c, e, "namespace", e->namespaces.items[i], "small letters, digits and '-'");
	for (size_t i = 0; i < e->names.count; i++)
		if (!is_made_of(e->names.items[i], LOWER "-.*"))
			warn_never(c, e, "name", e->names.items[i], "small letters, digits, '-' and '.'");
	for (size_t i = 0; i < e->users.count; i++)
		if (is_no_account(e->users.items[i]))
			warn_never(c, e, "user", e->users.items[i], "system:serviceaccount:NAMESPACE:NAME");
}

void compile_exemptions_finish(struct compiler *c)
{
	struct policy *p = c->policy;

	for (size_t i = 0; i < p->exemption_count; i++) {
		const struct exemption *e = &p->exemptions[i];
		if (e->namespaces.count + e->names.count + e->users.count + e->groups.count == 0)
			warn_exemption(c, e, "holds for every object of every namespace");
		if (e->expires_unix == 0)
			warn_exemption(c, e, "never expires");
		if (texts_has(&e->rules, SLICE_LIT("pss.privileged")) && !texts_has(&e->rules, SLICE_LIT("pss.allowPrivilegeEscalation")))
			warn_exemption(c, e, "allows privileged containers and not pss.allowPrivilegeEscalation, which they violate as well");
		warn_impossible(c, e);
	}
}

/* ---- the document ---- */

void compile_exemptions(struct compiler *c, const struct node *document)
{
	static const char *const fields[] = {COMPILE_HEAD, "exemptions"};
	size_t index = 0;

	if (!node_fields(document, COMPILE_WORDS(fields)))
		return;
	const struct node list = node_list(document, "exemptions", NODE_REQUIRED);
	JSON_EACH(item, list.v) {
		const struct node exemption = node_item(&list, item, index++);
		read_exemption(c, &exemption);
	}
}
