#include "admission/notice.h"

#include "base/field_path.h"
#include "base/kubernetes.h"
#include "base/plural.h"
#include "base/utf8.h"

/* A note has 1024 bytes at most (kube/correlator.h): nothing far beyond that need be written. */
#define NOTE_ENOUGH 1100

static bool is(const char *text, const char *word)
{
	return strcmp(text, word) == 0;
}

/* ---- about what ---- */

static void take_controller(const struct json *metadata, const struct json *owner, struct notice *n)
{
	n->api_version = json_text(json_get(owner, "apiVersion"), "");
	n->kind = json_text(json_get(owner, "kind"), "");
	n->name = json_text(json_get(owner, "name"), "");
	n->uid = json_text(json_get(owner, "uid"), "");
	n->template_hash = is(n->kind, "ReplicaSet") && slice_starts(slice_of(n->api_version), "apps/") &&
			   json_get(json_get(metadata, "labels"), "pod-template-hash") != NULL;
}

static void take_object(const struct review *r, const struct json *metadata, struct arena *a, struct notice *n)
{
	n->api_version = *r->group ? arena_join(a, r->group, "/", r->version) : r->version;
	n->kind = r->kind;
	n->name = json_text(json_get(metadata, "name"), "");
	n->uid = json_text(json_get(metadata, "uid"), "");
}

static bool take_regarding(const struct review *r, struct arena *a, struct notice *n)
{
	const struct json *metadata = json_get(r->object, "metadata");
	const struct json *owner = r->operation == OP_CREATE && is(r->kind, "Pod") ? kubernetes_controller(metadata) : NULL;

	n->namespace = is(r->kind, "Namespace") ? "" : r->namespace; /* for a Namespace, a review has its own name here */
	if (owner)
		take_controller(metadata, owner, n);
	else
		take_object(r, metadata, a, n);
	return *n->name && *n->kind;
}

/* ---- what ---- */

static const char *situation(const struct decision *d, struct arena *a)
{
	const char *backend = backend_name(d->backend), *mode = mode_name(d->ns.mode);

	return arena_join(a, backend ? "backendMode " : "no backendMode", backend ? backend : "", ", ", mode ? mode : "not opted in");
}

static void write_refused(const struct review *r, const struct decision *d, struct arena *a, struct notice *n)
{
	n->warning = true;
	n->reason = "SparkgateRefused";
	n->note = is(r->kind, "Namespace") ? arena_join(a, "change refused: ", d->violated)
					   : arena_join(a, r->kind, " refused (", situation(d, a), "): ", d->violated);
}

/* What enforce would refuse, and the mode in force only warns about. */
static bool write_would_refuse(const struct review *r, const struct decision *d, struct arena *a, struct notice *n)
{
	struct buf list = buf_in(a);

	for (size_t i = 0; i < d->findings.count && list.len < NOTE_ENOUGH; i++) {
		const struct finding *f = &d->findings.items[i];
		if (f->action != ACTION_DENY || finding_in_force(d, f) != ACTION_WARN)
			continue;
		buf_adds(&list, list.len ? "; " : "");
		buf_adds(&list, f->rule);
		buf_adds(&list, ": ");
		buf_adds(&list, f->message);
	}
	if (list.len == 0)
		return false;
	n->warning = true;
	n->reason = "SparkgateWouldRefuse";
	n->note = arena_join(a, r->kind, " would be refused in mode enforce (", situation(d, a), "): ", buf_slice(&list).ptr);
	return true;
}

/* Backend settings with their values; hardening, which has a field for each container, is only counted. */
static void add_change(const struct change *c, struct arena *a, struct buf *list)
{
	const char *what = c->place.key ? c->place.key : c->place.pointer ? field_path(a, c->place.pointer) : c->rule;

	buf_adds(list, list->len ? "; " : "");
	buf_adds(list, what);
	buf_adds(list, ": ");
	buf_adds(list, c->from ? c->from : "(absent)");
	buf_adds(list, " -> ");
	buf_adds(list, c->to ? c->to : "(absent)");
}

static bool write_rewritten(const struct review *r, const struct decision *d, struct arena *a, struct notice *n)
{
	struct buf list = buf_in(a);
	unsigned hardened = 0, made = 0;

	for (size_t i = 0; d->patch.count > 0 && i < d->changes.count; i++) {
		const struct change *c = &d->changes.items[i];
		if (engine_rule_mode(&d->ns, c->rule) != MODE_ENFORCE)
			continue;
		made++;
		if (rule_is_of_pod_security(c->rule))
			hardened++;
		else if (list.len < NOTE_ENOUGH)
			add_change(c, a, &list);
	}
	if (made == 0)
		return false;
	if (hardened > 0)
		buf_printf(&list, "%s%u field%s set for Pod Security", list.len ? "; " : "", hardened, plural(hardened));
	n->reason = "SparkgateRewritten";
	n->note = arena_join(a, r->kind, " rewritten (", situation(d, a), "): ", buf_slice(&list).ptr);
	return true;
}

static bool write_note(const struct engine_request *request, const struct decision *d, struct arena *a, struct notice *n)
{
	const struct review *r = request->review;

	if (request->endpoint == ENDPOINT_MUTATE)
		return write_rewritten(r, d, a, n);
	if (!d->allowed) {
		write_refused(r, d, a, n);
		return true;
	}
	/* A controller's author hears about the pods when they come. */
	return (is(r->kind, "Pod") || is(r->kind, "ConfigMap")) && write_would_refuse(r, d, a, n);
}

bool notice_of(const struct engine_request *request, const struct decision *d, struct arena *a, struct notice *ret)
{
	struct notice n = {.uid = ""};

	if (request->review->dry_run || (d->allowed && !d->judged) || !take_regarding(request->review, a, &n) ||
	    !write_note(request, d, a, &n))
		return false;
	utf8_one_line(n.note);
	*ret = n;
	return true;
}
