/*
 * For people:
 *
 *	Namespace team-a: standalone, mode enforce
 *	  master       spark://spark-master.team-a.svc:7077
 *
 *	Connect servers
 *	  Deployment connect, pod connect-7d4: ready, since 3 h
 *	    runs on    spark://spark-master.team-a.svc:7077, says its driver (Spark 4.1.1)
 *	    ...
 *
 * Of several namespaces first a line each; whole are those alone where something is wrong or could not be read.
 */
#include "base/clock.h"
#include "base/color.h"
#include "base/plural.h"
#include "base/wrap.h"
#include "report/report.h"
#include "report/status.h"

struct printing {
	struct arena *a;
	const struct status_report *all;
	bool color;
	struct buf *out;
};

static const char *tame(const struct printing *p, const char *text)
{
	return report_tame(p->a, text).ptr;
}

static const char *hue(const struct printing *p, enum color which)
{
	return color(p->color, which);
}

static void heading(const struct printing *p, const char *text)
{
	buf_printf(p->out, "\n%s%s%s\n", hue(p, COLOR_BOLD), text, hue(p, COLOR_OFF));
}

/* A label, and a text from a column on. */
static void row(const struct printing *p, size_t indent, const char *label, enum color which, const char *text)
{
	const size_t column = indent + 13;

	buf_printf(p->out, "%*s%s%s", (int)indent, "", label, hue(p, which));
	wrap_add(p->out, slice_of(tame(p, text)), column, indent + strlen(label));
	if (*hue(p, which)) { /* the text ends with a line end: the colour ends before it */
		p->out->len--;
		buf_printf(p->out, "%s\n", hue(p, COLOR_OFF));
	}
}

/* "3 min", "2 h", "5 d". */
static const char *lasting(const struct printing *p, int64_t seconds)
{
	if (seconds < 120)
		return arena_printf(p->a, "%lld s", (long long)(seconds < 0 ? 0 : seconds));
	if (seconds < 7200)
		return arena_printf(p->a, "%lld min", (long long)(seconds / 60));
	if (seconds < 2 * 86400)
		return arena_printf(p->a, "%lld h", (long long)(seconds / 3600));
	return arena_printf(p->a, "%lld d", (long long)(seconds / 86400));
}

/* ---- a namespace ---- */

static const char *mode_words(const struct printing *p, const struct namespace *ns)
{
	const char *mode = mode_name(ns->mode), *pss = mode_name(ns->pss_mode);

	if (ns->pss_mode == ns->mode)
		return mode;
	return arena_join(p->a, mode, " (Pod Security: ", pss ? pss : "none", ")");
}

/* The API server keeps the time of the label's manager's last write, which may have been of another field: no duration is known. */
static const char *opted_in(const struct printing *p, const struct status_opted_in *o)
{
	char text[CLOCK_TEXT_SIZE];

	if (o->by_then == 0)
		return "not known when";
	clock_print(o->by_then, text);
	return arena_printf(p->a, "on %.10s at the latest%s%s", text, *o->manager ? ", by " : "", o->manager);
}

/* What is done in mode enforce alone, of any other mode what would be. */
static const char *done_in(const struct printing *p, enum mode mode, const char *done, const char *would)
{
	const char *name = mode_name(mode);

	return mode == MODE_ENFORCE ? done : arena_join(p->a, would, " (mode ", name ? name : "none", ")");
}

static const char *config_maps(const struct printing *p, const struct namespace *ns)
{
	if (ns->config_maps != CONFIG_MAPS_REWRITE)
		return ns->config_maps == CONFIG_MAPS_CHECK ? "checked only" : "left alone";
	if (ns->backend == BACKEND_NONE)
		return "as they are written, there is no backend";
	return done_in(p, ns->mode, "rewritten", "would be rewritten");
}

static const char *hardening(const struct printing *p, const struct namespace *ns)
{
	if (ns->hardening == HARDENING_OFF)
		return "off";
	if (ns->hardening == HARDENING_FORCE)
		return done_in(p, ns->pss_mode, "forced", "would be forced");
	return done_in(p, ns->pss_mode, "what is missing is filled in", "what is missing would be filled in");
}

static void print_contract(const struct printing *p, const struct status_namespace *n)
{
	const struct namespace *ns = &n->ns;
	const char *backend = backend_name(ns->backend);

	if (n->unknown) {
		row(p, 2, "contract", COLOR_YELLOW, n->unknown);
		return;
	}
	if (ns->mode == MODE_NONE) {
		row(p, 2, "mode", ns->mode_is_annotation ? COLOR_YELLOW : COLOR_OFF,
		    arena_join(p->a, "not opted in (", namespace_not_opted_in(ns), "): nothing is changed or refused here"));
		return;
	}
	row(p, 2, "mode", COLOR_OFF, mode_words(p, ns));
	row(p, 2, "opted in", COLOR_OFF, opted_in(p, &n->opted_in));
	row(p, 2, "backend", COLOR_OFF, backend ? backend : "none (no annotation sparkgate.io/backendMode): nothing is rewritten");
	if (ns->backend == BACKEND_STANDALONE)
		row(p, 2, "master", COLOR_OFF, ns->standalone_master ? ns->standalone_master : "none");
	row(p, 2, "ConfigMaps", COLOR_OFF, config_maps(p, ns));
	row(p, 2, "pods", COLOR_OFF, arena_join(p->a, "Pod Security ", pss_level_name(ns->pss_level), ":", ns->pss_version, ", hardening: ",
						hardening(p, ns)));
}

static const char *runs_on(const struct printing *p, const struct status_server *s)
{
	if (s->not_asked)
		return arena_join(p->a, "not known: ", s->not_asked);
	return arena_join(p->a, s->real_master, " (asked of ", *s->version ? "Spark " : "Spark", s->version, ")");
}

static const char *configured(const struct printing *p, const struct status_server *s)
{
	const char *doubt = s->uncertain ? ", known at run time only" : "";

	if (s->unseen)
		doubt = arena_join(p->a, doubt, "; not seen: ", s->unseen);
	return s->master ? arena_join(p->a, s->master, " (", s->from, doubt, ")") : arena_join(p->a, "no place sets spark.master", doubt);
}

static void print_server(const struct printing *p, const struct status_server *s)
{
	static const enum color colors[] = {[STATUS_FITS] = COLOR_GREEN, [STATUS_WRONG] = COLOR_RED, [STATUS_UNTOLD] = COLOR_YELLOW};
	const char *owner = *s->owner ? arena_join(p->a, s->owner, ", ") : "";
	const char *state = s->ready ? "ready" : arena_join(p->a, s->phase, ", not ready");
	const char *since = s->since > 0 ? arena_join(p->a, ", ", lasting(p, p->all->now - s->since), " old") : "";

	wrap_add(p->out, slice_of(tame(p, arena_join(p->a, owner, "pod ", s->pod, ": ", state, since))), 2, 0);
	row(p, 4, "runs on", s->not_asked ? COLOR_YELLOW : colors[s->fit], runs_on(p, s));
	row(p, 4, "configured", s->not_asked ? colors[s->fit] : COLOR_OFF, configured(p, s));
	if (!s->not_asked)
		row(p, 4, "executors", COLOR_OFF, s->executors_unknown ? s->executors_unknown : arena_printf(p->a, "%zu", s->executors));
}

static void print_servers(const struct printing *p, const struct status_namespace *n)
{
	heading(p, "Connect servers");
	if (n->servers_unknown) {
		row(p, 2, "not known", COLOR_YELLOW, n->servers_unknown);
		return;
	}
	for (size_t i = 0; i < n->server_count; i++)
		print_server(p, &n->servers[i]);
	if (n->server_more > 0)
		buf_printf(p->out, "  and %zu more pod%s\n", n->server_more, plural(n->server_more));
	if (n->server_count == 0)
		buf_adds(p->out, "  none runs\n");
}

static void print_refusals(const struct printing *p, const struct status_namespace *n)
{
	heading(p, "Last refusals");
	if (n->refusals_unknown) {
		row(p, 2, "not known", COLOR_YELLOW, n->refusals_unknown);
		return;
	}
	for (size_t i = 0; i < n->refusal_count; i++) {
		const struct status_refusal *r = &n->refusals[i];
		const char *times = r->count > 1 ? arena_printf(p->a, ", %lld times", (long long)r->count) : "";
		wrap_add(p->out, slice_of(tame(p, arena_join(p->a, r->kind, " ", r->name, ": ", lasting(p, p->all->now - r->last), " ago", times,
							     r->warning ? "" : ", would be refused in mode enforce"))), 2, 0);
		wrap_add(p->out, slice_of(tame(p, r->note)), 4, 0);
	}
	if (n->refusal_more > 0)
		buf_printf(p->out, "  and %zu older: kubectl -n %s get events\n", n->refusal_more, tame(p, n->name));
	if (n->refusal_count == 0)
		buf_adds(p->out, "  none that the cluster still knows (Events last an hour)\n");
}

static void print_lines(const struct printing *p, const char *text, enum color which, const struct status_lines *lines)
{
	if (lines->count == 0)
		return;
	heading(p, text);
	for (size_t i = 0; i < lines->count; i++) {
		buf_printf(p->out, "  %s-", hue(p, which));
		wrap_add(p->out, slice_of(tame(p, lines->items[i])), 4, 3);
		buf_adds(p->out, hue(p, COLOR_OFF));
	}
}

static void print_judgement(const struct printing *p, const struct status_lines *problems, const struct status_lines *notes)
{
	print_lines(p, "What is wrong", COLOR_RED, problems);
	print_lines(p, "Notes", COLOR_YELLOW, notes);
}

static void print_namespace(const struct printing *p, const struct status_namespace *n)
{
	buf_printf(p->out, "%sNamespace %s%s\n", hue(p, COLOR_BOLD), tame(p, n->name), hue(p, COLOR_OFF));
	print_contract(p, n);
	if (!n->missing) {
		print_servers(p, n);
		print_refusals(p, n);
	}
	print_judgement(p, &n->problems, &n->notes);
	buf_adds(p->out, "\n");
}

/* ---- several namespaces ---- */

static void print_line(const struct printing *p, const struct status_namespace *n)
{
	const struct namespace *ns = &n->ns;
	const char *mode = n->unknown ? "?" : mode_name(ns->mode), *backend = n->unknown ? "?" : backend_name(ns->backend);
	const char *servers = n->servers_unknown ? "?" : arena_printf(p->a, "%zu", n->server_count + n->server_more);

	buf_printf(p->out, "%8s %s%8zu%s %8zu  %-8s %-11s %s\n", servers, hue(p, n->problems.count ? COLOR_RED : COLOR_OFF), n->problems.count,
		   hue(p, COLOR_OFF), n->notes.count, mode ? mode : "-", backend ? backend : "-", tame(p, n->name));
}

/* Where something is wrong or could not be read, the line alone does not say what. */
static bool is_shown_whole(const struct status_namespace *n)
{
	return n->problems.count > 0 || n->unknown || n->servers_unknown || n->refusals_unknown;
}

static void print_several(const struct printing *p)
{
	const struct status_report *all = p->all;
	size_t notes = 0;

	buf_printf(p->out, "%s SERVERS    WRONG    NOTES  MODE     BACKEND     NAMESPACE%s\n", hue(p, COLOR_BOLD), hue(p, COLOR_OFF));
	for (size_t i = 0; i < all->namespace_count; i++)
		print_line(p, &all->namespaces[i]);
	buf_adds(p->out, "\n");
	for (size_t i = 0; i < all->namespace_count; i++)
		if (is_shown_whole(&all->namespaces[i]))
			print_namespace(p, &all->namespaces[i]);
		else
			notes += all->namespaces[i].notes.count;
	if (notes > 0)
		buf_adds(p->out, "Notes are shown by `sparkgate status NAMESPACE`.\n\n");
}

/* ---- sparkgate ---- */

static const char *until(const struct printing *p, int64_t when)
{
	char text[CLOCK_TEXT_SIZE];
	long long days = (long long)((when - p->all->now) / 86400);

	clock_print(when, text);
	return arena_printf(p->a, "until %.10s (%lld day%s)", text, days, days == 1 ? "" : "s");
}

static void print_replica(const struct printing *p, const struct status_replica *r)
{
	const char *state = r->ready ? "ready" : "NOT READY";
	const char *told = r->unknown ? r->unknown
				      : arena_join(p->a, "sparkgate ", r->version, ", policy ", r->policy, ", certificate ",
						   r->certificate_until ? until(p, r->certificate_until) : "none yet");

	wrap_add(p->out, slice_of(tame(p, arena_join(p->a, "pod ", r->pod, ": ", state, "; ", told))), 2, 0);
}

static const char *webhooks_text(const struct printing *p, const struct status_webhooks *w)
{
	if (w->missing)
		return "there is none";
	if (w->unknown)
		return w->unknown;
	return arena_printf(p->a, "%s, %zu entr%s, %zu fail%s closed", w->name, w->entries, w->entries == 1 ? "y" : "ies", w->closed,
			    w->closed == 1 ? "s" : "");
}

static void print_gate(const struct printing *p, const struct status_gate *g)
{
	static const char *const labels[] = {"mutating", "validating"};

	buf_printf(p->out, "%ssparkgate%s, namespace %s\n", hue(p, COLOR_BOLD), hue(p, COLOR_OFF), tame(p, g->namespace));
	if (g->replicas_unknown)
		row(p, 2, "replicas", COLOR_YELLOW, g->replicas_unknown);
	for (size_t i = 0; i < g->replica_count; i++)
		print_replica(p, &g->replicas[i]);
	for (size_t i = 0; i < 2; i++)
		row(p, 2, labels[i], g->webhooks[i].missing ? COLOR_RED : g->webhooks[i].unknown ? COLOR_YELLOW : COLOR_OFF,
		    webhooks_text(p, &g->webhooks[i]));
	print_judgement(p, &g->problems, &g->notes);
}

size_t status_problem_count(const struct status_report *all)
{
	size_t count = all->gate->problems.count;

	for (size_t i = 0; i < all->namespace_count; i++)
		count += all->namespaces[i].problems.count;
	return count;
}

void report_status_table(struct arena *a, const struct status_report *all, bool color, struct buf *out)
{
	const struct printing p = {a, all, color, out};

	if (all->namespace_count > 1)
		print_several(&p);
	else if (all->namespace_count == 1)
		print_namespace(&p, &all->namespaces[0]);
	if (all->none)
		buf_printf(out, "%s\n\n", tame(&p, all->none));
	print_gate(&p, all->gate);
}
