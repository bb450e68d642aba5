#include "http/decision_log.h"

#include "base/buf.h"

static bool seen_before(const struct findings *f, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (strcmp(f->items[j].rule, f->items[i].rule) == 0)
			return true;
	return false;
}

/* More rules than this in one line help nobody; it also bounds the comparing. */
#define RULES_SHOWN 32

/* The ids of the violated rules, each once: "backend.master,pss.runAsNonRoot". NULL = none. */
static const char *rules(const struct admission *adm)
{
	const struct findings *f = &adm->decision.findings;
	struct buf list = buf_in(adm->arena);

	for (size_t i = 0; i < f->count && i < RULES_SHOWN; i++) {
		if (f->items[i].action == ACTION_OFF || seen_before(f, i))
			continue;
		if (list.len > 0)
			buf_addc(&list, ',');
		buf_adds(&list, f->items[i].rule);
	}
	return list.len > 0 ? buf_slice(&list).ptr : NULL;
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
	struct log_line line;

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
	struct log_line line;

	if (!adm->decided) {
		log_refused(log, adm, ns);
		return;
	}
	log_open(&line, log, LOG_INFO, "decision");
	log_object(&line, &adm->review);
	log_text(&line, "entry", entry_name(d->entry));
	log_text(&line, "role", role_name(d->role));
	log_text(&line, "mode", mode_name(d->ns.mode));
	log_text(&line, "backend", backend_name(d->backend));
	log_bool(&line, "judged", d->judged);
	log_bool(&line, "allowed", d->allowed);
	log_bool(&line, "verdict", d->verdict);
	if (line.on) {
		log_text(&line, "rules", rules(adm));
		log_text(&line, "exemptions", exemptions(adm));
	}
	log_int(&line, "changes", d->patch.count > 0 ? (int64_t)d->changes.count : 0);
	log_text(&line, "policy", adm->policy->hash);
	log_int(&line, "us", ns / 1000);
	log_close(&line);
}
