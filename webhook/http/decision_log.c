#include "http/decision_log.h"

#include "base/buf.h"

/* More rules than this in one line help nobody; it also bounds the comparisons. */
#define RULES_SHOWN 32

/* Rule ids, each once: "backend.master,pss.runAsNonRoot". */
struct rule_list {
	struct buf text;
	const char *items[RULES_SHOWN];
	size_t count;
};

static void add_rule(struct rule_list *list, const char *rule)
{
	if (list->count == RULES_SHOWN)
		return;
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i], rule) == 0)
			return;
	list->items[list->count++] = rule;
	buf_adds(&list->text, list->text.len > 0 ? "," : "");
	buf_adds(&list->text, rule);
}

static const char *listed(const struct rule_list *list)
{
	return list->count > 0 ? buf_slice(&list->text).ptr : NULL;
}

/* The violated ones. NULL = none. */
static const char *rules(const struct admission *adm)
{
	const struct findings *f = &adm->decision.findings;
	struct rule_list list = {.text = buf_in(adm->arena)};

	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].action != ACTION_OFF)
			add_rule(&list, f->items[i].rule);
	return listed(&list);
}

/* The rules of changes that the mode of their half forbids. For pods and ConfigMaps, /mutate reports them. */
static const char *would_change(const struct admission *adm)
{
	const struct decision *d = &adm->decision;
	struct rule_list list = {.text = buf_in(adm->arena)};

	if (adm->endpoint == ENDPOINT_VALIDATE && d->entry != ENTRY_WORKLOADS_VALIDATE)
		return NULL;
	for (size_t i = 0; i < d->changes.count; i++)
		if (engine_rule_mode(&d->ns, d->changes.items[i].rule) != MODE_ENFORCE)
			add_rule(&list, d->changes.items[i].rule);
	return listed(&list);
}

/* How many changes were made. */
static int64_t changes_made(const struct decision *d)
{
	int64_t count = 0;

	for (size_t i = 0; d->patch.count > 0 && i < d->changes.count; i++)
		count += engine_rule_mode(&d->ns, d->changes.items[i].rule) == MODE_ENFORCE;
	return count;
}

/* The ids of the exemptions that were used: "inc-7,legacy-etl". NULL = none. */
static const char *exemptions(const struct admission *adm)
{
	const struct exemption_uses *uses = &adm->decision.exemptions;
	struct buf list = buf_in(adm->arena);

	for (size_t i = 0; i < uses->count && i < RULES_SHOWN; i++) {
		if (i > 0)
			buf_addc(&list, ',');
		buf_adds(&list, uses->items[i].exemption->id);
	}
	return list.len > 0 ? buf_slice(&list).ptr : NULL;
}

static void log_object(struct log_line *line, const struct review *r)
{
	log_text(line, "uid", r->uid);
	/* Without its kind nothing else of the request was read: the operation would be a guess. */
	if (!r->kind || r->kind[0] == '\0')
		return;
	log_text(line, "operation", operation_name(r->operation));
	log_text(line, "namespace", r->namespace);
	log_text(line, "name", r->name);
	log_text(line, "kind", r->kind);
	if (r->subresource && r->subresource[0])
		log_text(line, "subresource", r->subresource);
	if (r->dry_run)
		log_bool(line, "dryRun", true);
}

static void log_refused(const struct log *log, const struct admission *adm, int64_t ns)
{
	struct log_line line __attribute__((uninitialized)); /* its text is kilobytes, and log_open() sets the rest */

	log_open(&line, log, LOG_WARN, "request refused");
	log_object(&line, &adm->review);
	log_text(&line, "endpoint", adm->endpoint == ENDPOINT_MUTATE ? "mutate" : "validate");
	log_int(&line, "status", adm->status);
	log_text(&line, "error", adm->err.text);
	log_int(&line, "us", ns / 1000);
	log_close(&line);
}

void decision_log(const struct log *log, const struct admission *adm, int64_t ns)
{
	const struct decision *d = &adm->decision;
	struct log_line line __attribute__((uninitialized)); /* its text is kilobytes, and log_open() sets the rest */

	if (!adm->decided) {
		log_refused(log, adm, ns);
		return;
	}
	log_open(&line, log, LOG_INFO, "decision");
	log_object(&line, &adm->review);
	log_text(&line, "entry", entry_name(d->entry));
	log_text(&line, "role", role_name(d->role));
	log_text(&line, "mode", mode_name(d->ns.mode));
	if (d->ns.mode != MODE_NONE && d->ns.pss_mode != d->ns.mode)
		log_text(&line, "pssMode", mode_name(d->ns.pss_mode));
	log_text(&line, "backend", backend_name(d->backend));
	log_bool(&line, "judged", d->judged);
	log_bool(&line, "allowed", d->allowed);
	log_bool(&line, "verdict", d->verdict);
	if (line.on) {
		log_text(&line, "rules", rules(adm));
		log_text(&line, "wouldChange", would_change(adm));
		log_text(&line, "exemptions", exemptions(adm));
	}
	log_int(&line, "changes", changes_made(d));
	if (adm->unread)
		log_text(&line, "error", adm->err.text);
	log_text(&line, "policy", adm->policy->hash);
	log_int(&line, "us", ns / 1000);
	log_close(&line);
}
