/* For machines: docs/status.schema.json. What is not known is a member `unknown` with the reason, in the place of what it hides. */
#include "base/clock.h"
#include "base/json_write.h"
#include "report/status.h"

static void write_time(struct json_writer *w, const char *key, int64_t seconds)
{
	char text[CLOCK_TEXT_SIZE];

	if (seconds <= 0)
		return;
	clock_print(seconds, text);
	json_write_member(w, key, text);
}

static void write_given(struct json_writer *w, const char *key, const char *text)
{
	if (text && *text)
		json_write_member(w, key, text);
}

static void write_lines(struct json_writer *w, const char *key, const struct status_lines *lines)
{
	json_write_member_open(w, key, '[');
	for (size_t i = 0; i < lines->count; i++)
		json_write_string(w, slice_of(lines->items[i]));
	json_write_close(w, ']');
}

static void write_contract(struct json_writer *w, const struct status_namespace *n)
{
	const struct namespace *ns = &n->ns;

	json_write_member_open(w, "contract", '{');
	write_given(w, "unknown", n->unknown);
	if (!n->unknown) {
		json_write_member_bool(w, "optedIn", ns->mode != MODE_NONE);
		if (ns->mode != MODE_NONE) {
			write_time(w, "optedInBy", n->opted_in.by_then);
			write_given(w, "optedInManager", n->opted_in.manager);
			write_given(w, "mode", mode_name(ns->mode));
			write_given(w, "pssMode", mode_name(ns->pss_mode));
			write_given(w, "backend", backend_name(ns->backend));
			write_given(w, "master", ns->backend == BACKEND_STANDALONE ? ns->standalone_master : NULL);
		}
	}
	json_write_close(w, '}');
}

static void write_server(struct json_writer *w, const struct status_server *s)
{
	static const char *const fits[] = {[STATUS_FITS] = "right", [STATUS_WRONG] = "wrong", [STATUS_UNTOLD] = "unknown"};

	json_write_open(w, '{');
	write_given(w, "owner", s->owner);
	json_write_member(w, "pod", s->pod);
	json_write_member(w, "phase", s->phase);
	json_write_member_bool(w, "ready", s->ready);
	write_time(w, "created", s->since);
	json_write_member(w, "backend", fits[s->fit]);
	json_write_member_open(w, "configured", '{');
	write_given(w, "master", s->master);
	write_given(w, "from", s->from);
	write_given(w, "unseen", s->unseen);
	json_write_member_bool(w, "uncertain", s->uncertain);
	json_write_close(w, '}');
	json_write_member_open(w, "real", '{');
	write_given(w, "unknown", s->not_asked);
	write_given(w, "master", s->real_master);
	write_given(w, "sparkVersion", s->version);
	write_given(w, "application", s->application);
	if (!s->not_asked && !s->executors_unknown)
		json_write_member_int(w, "executors", (int64_t)s->executors);
	json_write_close(w, '}');
	json_write_close(w, '}');
}

static void write_servers(struct json_writer *w, const struct status_namespace *n)
{
	json_write_member_open(w, "servers", '{');
	write_given(w, "unknown", n->servers_unknown);
	json_write_member_open(w, "items", '[');
	for (size_t i = 0; i < n->server_count; i++)
		write_server(w, &n->servers[i]);
	json_write_close(w, ']');
	json_write_member_int(w, "more", (int64_t)n->server_more);
	json_write_close(w, '}');
}

static void write_refusals(struct json_writer *w, const struct status_namespace *n)
{
	json_write_member_open(w, "refusals", '{');
	write_given(w, "unknown", n->refusals_unknown);
	json_write_member_open(w, "items", '[');
	for (size_t i = 0; i < n->refusal_count; i++) {
		const struct status_refusal *r = &n->refusals[i];
		json_write_open(w, '{');
		json_write_member(w, "kind", r->kind);
		json_write_member(w, "name", r->name);
		json_write_member(w, "reason", r->reason);
		json_write_member(w, "note", r->note);
		json_write_member_int(w, "count", r->count);
		write_time(w, "last", r->last);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_member_int(w, "more", (int64_t)n->refusal_more);
	json_write_close(w, '}');
}

static void write_namespace(struct json_writer *w, const struct status_namespace *n)
{
	json_write_open(w, '{');
	json_write_member(w, "name", n->name);
	write_contract(w, n);
	write_servers(w, n);
	write_refusals(w, n);
	write_lines(w, "problems", &n->problems);
	write_lines(w, "notes", &n->notes);
	json_write_close(w, '}');
}

static void write_replicas(struct json_writer *w, const struct status_gate *g)
{
	json_write_member_open(w, "replicas", '{');
	write_given(w, "unknown", g->replicas_unknown);
	json_write_member_open(w, "items", '[');
	for (size_t i = 0; i < g->replica_count; i++) {
		const struct status_replica *r = &g->replicas[i];
		json_write_open(w, '{');
		json_write_member(w, "pod", r->pod);
		json_write_member_bool(w, "ready", r->ready);
		write_given(w, "unknown", r->unknown);
		write_given(w, "version", r->version);
		write_given(w, "policy", r->policy);
		write_time(w, "certificateUntil", r->certificate_until);
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	json_write_member_int(w, "more", (int64_t)g->replica_more);
	json_write_close(w, '}');
}

static void write_gate(struct json_writer *w, const struct status_gate *g)
{
	json_write_member_open(w, "sparkgate", '{');
	json_write_member(w, "namespace", g->namespace);
	write_replicas(w, g);
	json_write_member_open(w, "webhooks", '[');
	for (size_t i = 0; i < 2; i++) {
		const struct status_webhooks *h = &g->webhooks[i];
		json_write_open(w, '{');
		json_write_member(w, "kind", h->kind);
		write_given(w, "name", h->name);
		write_given(w, "unknown", h->unknown);
		if (!h->unknown) {
			json_write_member_int(w, "entries", (int64_t)h->entries);
			json_write_member_int(w, "failClosed", (int64_t)h->closed);
		}
		json_write_close(w, '}');
	}
	json_write_close(w, ']');
	write_lines(w, "problems", &g->problems);
	write_lines(w, "notes", &g->notes);
	json_write_close(w, '}');
}

void report_status_json(const struct status_report *all, struct buf *out)
{
	struct json_writer w = json_writer(out);

	json_write_open(&w, '{');
	json_write_member_open(&w, "namespaces", '[');
	for (size_t i = 0; i < all->namespace_count; i++)
		write_namespace(&w, &all->namespaces[i]);
	json_write_close(&w, ']');
	write_gate(&w, all->gate);
	json_write_close(&w, '}');
	buf_addc(out, '\n');
}
