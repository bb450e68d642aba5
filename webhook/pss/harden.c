/*
 * harden.c - make a pod pass, or leave it alone.
 *
 * The checks say what is wrong; each has at most one remedy here. Remedies change
 * the decoded pod (pod.h) and write the operations alongside; then the checks are run again. If any
 * still fails, everything is thrown away: a half-hardened pod would be refused all the same, and
 * perhaps by the API server before we could explain (allowPrivilegeEscalation: false together with
 * privileged: true or CAP_SYS_ADMIN, ValidateSecurityContext in k8s.io/kubernetes pkg/apis/core/validation).
 *
 * runAsNonRoot and seccompProfile are set once for the pod, where a container may
 * still differ; the rest exists for containers only.
 */
#include "pss/edit.h"
#include "pss/registry.h"

/* What the checks found wrong that has a remedy: rule ids, NULL where nothing is wrong. */
struct needs {
	const char *privileged, *escalation, *capabilities, *non_root, *user, *seccomp;
	bool (*may_add)(const char *capability);
	bool fill_capabilities, fill_seccomp; /* absent is wrong too */
};

struct hardener {
	const struct harden_options *options;
	bool force;
	struct pss_pod pod;
	struct needs needs;
	struct pss_out out;
};

static void note_need(struct needs *needs, const struct pss_violation *v)
{
	switch (v->check) {
	case PSS_CHECK_PRIVILEGED:
		needs->privileged = v->rule;
		break;
	case PSS_CHECK_ESCALATION:
		needs->escalation = v->rule;
		break;
	case PSS_CHECK_CAPABILITIES_RESTRICTED:
		needs->fill_capabilities = true;
		/* fall through */
	case PSS_CHECK_CAPABILITIES:
		needs->capabilities = v->rule;
		break;
	case PSS_CHECK_NON_ROOT:
		needs->non_root = v->rule;
		break;
	case PSS_CHECK_USER:
		needs->user = v->rule;
		break;
	case PSS_CHECK_SECCOMP_RESTRICTED:
		needs->fill_seccomp = true;
		/* fall through */
	case PSS_CHECK_SECCOMP:
		needs->seccomp = v->rule;
		break;
	default: /* has no remedy */
		break;
	}
}

static struct needs needs_of(const struct pss_verdict *v)
{
	struct needs needs = {0};

	for (size_t i = 0; i < v->count; i++)
		note_need(&needs, &v->items[i]);
	needs.may_add = needs.fill_capabilities ? pss_capability_is_restricted : pss_capability_is_default;
	return needs;
}

/* ---- remedies for one security context, a pod's or a container's ---- */

static void set_flag(struct pss_edit *e, enum pss_flag *flag, bool value, const char *key, const char *rule)
{
	*flag = value ? PSS_TRUE : PSS_FALSE;
	pss_edit_set(e, key, value ? SLICE_LIT("true") : SLICE_LIT("false"), rule);
}

static void set_seccomp(struct hardener *h, struct pss_edit *e, struct pss_security *s)
{
	s->seccomp = "RuntimeDefault";
	pss_edit_set(e, "seccompProfile", SLICE_LIT("{\"type\":\"RuntimeDefault\"}"), h->needs.seccomp);
}

static void mend_bad_seccomp(struct hardener *h, struct pss_edit *e, struct pss_security *s)
{
	if (h->force && h->needs.seccomp && s->seccomp && !pss_seccomp_is_good(s->seccomp))
		set_seccomp(h, e, s);
}

static void mend_bad_non_root(struct hardener *h, struct pss_edit *e, struct pss_security *s)
{
	if (h->force && h->needs.non_root && s->run_as_non_root == PSS_FALSE)
		set_flag(e, &s->run_as_non_root, true, "runAsNonRoot", h->needs.non_root);
}

static void set_user(struct hardener *h, struct pss_edit *e, struct pss_security *s, int64_t user)
{
	const char *text = arena_printf(h->out.arena, "%lld", (long long)user);

	s->has_user = true;
	s->run_as_user = user;
	pss_edit_set(e, "runAsUser", slice_of(text), "pss.runAsUser");
}

/* Root becomes `instead` or, if that is 0, the user that the pod or the image says. Not on OpenShift:
 * its SCC plugin, when it runs again after us, demands the users that it gave. */
static void mend_root(struct hardener *h, struct pss_edit *e, struct pss_security *s, int64_t instead)
{
	if (!h->force || !h->needs.user || h->options->openshift || !s->has_user || s->run_as_user != 0)
		return;
	if (instead > 0) {
		set_user(h, e, s, instead);
		return;
	}
	s->has_user = false;
	pss_edit_remove(e, "runAsUser", h->needs.user);
}

/* ---- the pod's own context ---- */

static bool any_container_unset(const struct pss_pod *pod, bool (*is_unset)(const struct pss_security *))
{
	EACH_CONTAINER(c, pod)
		if (is_unset(&c->security))
			return true;
	return false;
}

static bool non_root_unset(const struct pss_security *s)
{
	return s->run_as_non_root == PSS_UNSET;
}

static bool seccomp_unset(const struct pss_security *s)
{
	return s->seccomp == NULL;
}

static void harden_pod_context(struct hardener *h)
{
	struct pss_security *s = &h->pod.security;
	struct pss_edit e;

	pss_edit_open(&e, &h->out, &h->pod, NULL);
	mend_root(h, &e, s, 0);
	mend_bad_non_root(h, &e, s);
	if (h->needs.non_root && non_root_unset(s) && any_container_unset(&h->pod, non_root_unset))
		set_flag(&e, &s->run_as_non_root, true, "runAsNonRoot", h->needs.non_root);
	mend_bad_seccomp(h, &e, s);
	if (h->needs.fill_seccomp && seccomp_unset(s) && any_container_unset(&h->pod, seccomp_unset))
		set_seccomp(h, &e, s);
	pss_edit_close(&e);
}

/* ---- a container's context ---- */

/* API servers refuse allowPrivilegeEscalation: false together with privileged: true or CAP_SYS_ADMIN
 * (ValidateSecurityContext). Such a container passes only where it is exempted from that. */
static bool must_stay_escalating(const struct hardener *h, const struct pss_security *s)
{
	if (s->privileged == PSS_TRUE && !h->needs.privileged)
		return true;
	JSON_EACH(item, s->capabilities_added)
		if (!h->needs.capabilities && strcmp(json_text(item, ""), "CAP_SYS_ADMIN") == 0)
			return true;
	return false;
}

static void harden_privileges(struct hardener *h, struct pss_edit *e, struct pss_security *s)
{
	if (h->force && h->needs.privileged && s->privileged == PSS_TRUE)
		set_flag(e, &s->privileged, false, "privileged", h->needs.privileged);
	if (!h->needs.escalation || must_stay_escalating(h, s))
		return;
	if (s->escalation == PSS_UNSET || (h->force && s->escalation == PSS_TRUE))
		set_flag(e, &s->escalation, false, "allowPrivilegeEscalation", h->needs.escalation);
}

/* Keep in capabilities.add only what the level allows. */
static void mend_added(struct hardener *h, struct pss_edit *e, struct pss_security *s)
{
	struct buf kept = buf_in(h->out.arena);
	struct json_writer w = json_writer(&kept);
	size_t all = 0, good = 0;

	json_write_open(&w, '[');
	JSON_EACH(item, s->capabilities_added) {
		all++;
		if (!h->needs.may_add(json_text(item, "")))
			continue;
		good++;
		json_write_string(&w, json_slice(item));
	}
	json_write_close(&w, ']');
	if (good == all)
		return;
	if (good > 0)
		pss_edit_at(e, "replace", "capabilities/add", buf_slice(&kept), s->capabilities_added,
			    buf_slice(&kept).ptr, h->needs.capabilities);
	else
		pss_edit_at(e, "remove", "capabilities/add", SLICE_NONE, s->capabilities_added, NULL,
			    h->needs.capabilities);
	s->capabilities_added = NULL;
}

/* "ALL" is added to a list that lacks it: nothing that the user dropped comes back. */
static void drop_all(struct hardener *h, struct pss_edit *e, struct pss_security *s)
{
	const struct slice list = SLICE_LIT("[\"ALL\"]");
	const struct json *old = json_get(s->capabilities, "drop");

	s->drops_all = true;
	if (!s->capabilities)
		pss_edit_set(e, "capabilities", SLICE_LIT("{\"drop\":[\"ALL\"]}"), h->needs.capabilities);
	else if (json_count(old) > 0)
		pss_edit_at(e, "add", "capabilities/drop/-", SLICE_LIT("\"ALL\""), NULL, "\"ALL\"", h->needs.capabilities);
	else
		pss_edit_at(e, "add", "capabilities/drop", list, old, list.ptr, h->needs.capabilities);
}

static void harden_capabilities(struct hardener *h, struct pss_edit *e, struct pss_security *s)
{
	if (!h->needs.capabilities)
		return;
	if (h->force)
		mend_added(h, e, s);
	if (h->needs.fill_capabilities && !s->drops_all)
		drop_all(h, e, s);
}

static bool is_non_root(const struct pss_pod *pod, const struct pss_container *c)
{
	if (c->security.run_as_non_root != PSS_UNSET)
		return c->security.run_as_non_root == PSS_TRUE;
	return pod->security.run_as_non_root == PSS_TRUE;
}

/* NULL: it runs something else. */
static const struct spark_user *spark_user_of(const struct harden_options *options, const struct pss_container *c)
{
	for (size_t i = 0; i < options->spark_count; i++)
		if (strcmp(c->name, options->spark[i].container) == 0)
			return &options->spark[i];
	return NULL;
}

/*
 * The kubelet cannot prove that a user known by name only is not root and refuses to start the container
 * ("image has non-numeric user (spark)", verifyRunAsNonRoot in pkg/kubelet/kuberuntime). For images that
 * policy knows the number is written: the user stays the same, so nobody's files change owner.
 */
static int64_t user_for(const struct hardener *h, const struct pss_container *c)
{
	const struct spark_user *spark = spark_user_of(h->options, c);

	if (h->options->level != PSS_RESTRICTED || h->options->openshift || !spark || h->pod.security.has_user)
		return 0;
	return spark->run_as_user;
}

static void fill_user(struct hardener *h, struct pss_edit *e, struct pss_container *c)
{
	int64_t user = user_for(h, c);

	if (user > 0 && !c->security.has_user && is_non_root(&h->pod, c))
		set_user(h, e, &c->security, user);
}

static void harden_container(struct hardener *h, struct pss_container *c)
{
	struct pss_edit e;

	pss_edit_open(&e, &h->out, &h->pod, c);
	harden_privileges(h, &e, &c->security);
	harden_capabilities(h, &e, &c->security);
	mend_bad_non_root(h, &e, &c->security);
	mend_bad_seccomp(h, &e, &c->security);
	mend_root(h, &e, &c->security, user_for(h, c));
	fill_user(h, &e, c);
	pss_edit_close(&e);
}

/* ---- warnings ---- */

/* At most this many containers are named; real pods have a handful. */
#define NAMED 50

/* Its user by number, and not root: all that the kubelet asks of runAsNonRoot. The container's own beats the pod's. */
static bool user_is_known(const struct hardener *h, const struct pss_container *c)
{
	const struct pss_security *s = c->security.has_user ? &c->security : &h->pod.security;

	return s->has_user && s->run_as_user != 0;
}

/* Was runAsNonRoot added to the container, with no certainty that this does no harm? There is certainty for one whose user
 * is a number; on OpenShift, where the SCC gives one, for those that run Spark. */
static bool may_not_start(const struct hardener *h, const struct pss_pod *before, size_t i)
{
	const struct pss_container *c = &h->pod.containers[i];

	if (is_non_root(before, &before->containers[i]) || !is_non_root(&h->pod, c) || user_is_known(h, c))
		return false;
	return !(h->options->openshift && spark_user_of(h->options, c));
}

static void warn(struct hardener *h, const char *message, const char *pointer, const char *container)
{
	findings_add(&h->out.warnings, h->out.arena,
		     (struct finding){
			     .rule = "pss.mayNotStart",
			     .action = ACTION_WARN,
			     .message = message,
			     .place = {.pointer = pointer, .container = container},
		     });
}

static void warn_may_not_start(struct hardener *h, const struct pss_pod *before)
{
	struct arena *a = h->out.arena;
	size_t found = 0;

	for (size_t i = 0; i < before->container_count; i++) {
		const struct pss_container *c = &h->pod.containers[i];

		if (!may_not_start(h, before, i) || ++found > NAMED)
			continue;
		warn(h,
		     arena_printf(a, "container \"%s\" (image \"%s\") may not start: runAsNonRoot was added", c->name,
				  json_text(json_get(c->json, "image"), "")),
		     pss_container_pointer(&h->pod, c, "securityContext/runAsNonRoot"), c->name);
	}
	if (found > NAMED)
		warn(h, arena_printf(a, "%zu more containers may not start: runAsNonRoot was added", found - NAMED),
		     pss_spec_pointer(&h->pod, "containers"), NULL);
}

/* ---- the whole ---- */

static struct pss_pod copy_of(const struct pss_pod *pod)
{
	struct pss_pod copy = *pod;

	copy.containers = ARENA_ARRAY(pod->arena, pod->container_count, struct pss_container);
	if (pod->container_count > 0)
		memcpy(copy.containers, pod->containers, pod->container_count * sizeof(*copy.containers));
	return copy;
}

/* A pod whose fields cannot be read or written as they should is not touched; nor is a Windows pod,
 * where the API server refuses most of these fields. */
static bool can_be_edited(const struct pss_pod *pod)
{
	EACH_CONTAINER(c, pod)
		if (!c->json)
			return false;
	return pod->malformed.count == 0 && !pod->windows;
}

static void mend(struct hardener *h, const struct pss_verdict *wrong)
{
	h->needs = needs_of(wrong);
	harden_pod_context(h);
	for (size_t i = 0; i < h->pod.container_count; i++)
		harden_container(h, &h->pod.containers[i]);
}

/* Drop the violations that are exempted. */
static void drop_exempted(const struct harden_options *options, struct arena *a, struct pss_verdict *v)
{
	size_t kept = 0;

	if (options->exempt.count == 0)
		return;
	for (size_t i = 0; i < v->count; i++)
		if (!texts_has(&options->exempt, slice_of(v->items[i].rule)))
			v->items[kept++] = v->items[i];
	v->count = kept;
	pss_summarise(a, v);
}

/* Harden in *h, appending to what is in out already, and say in *ret what is still wrong then. A pod that passes is not
 * touched at all. */
static void harden(struct hardener *h, const struct pss_out *out, const struct harden_options *options,
		   const struct json *metadata, const struct json *spec, const char *prefix, struct pss_verdict *ret)
{
	struct arena *a = out->arena;

	*h = (struct hardener){.options = options, .force = options->hardening == HARDENING_FORCE, .out = *out};
	pss_pod_read(&h->pod, a, metadata, spec, prefix);

	uint64_t rows = pss_rows_asked(options->level, options->version);
	pss_judge_briefly(&h->pod, rows, ret);
	drop_exempted(options, a, ret);
	if (ret->count == 0)
		return;

	struct pss_pod before = copy_of(&h->pod);
	if (options->hardening != HARDENING_OFF && can_be_edited(&h->pod))
		mend(h, ret);
	pss_judge(&h->pod, rows, ret);
	drop_exempted(options, a, ret);
	if (h->out.patch.count > out->patch.count)
		warn_may_not_start(h, &before);
}

/* On failure the caller keeps its lists as they were: what was appended is dropped. */
bool pss_harden(struct arena *a, const struct harden_options *options, const struct json *metadata,
		const struct json *spec, const char *prefix, struct json_patch *patch, struct changes *changes,
		struct findings *warnings)
{
	struct hardener h;
	struct pss_verdict after;

	harden(&h, &(struct pss_out){a, *patch, *changes, *warnings}, options, metadata, spec, prefix, &after);
	if (after.count > 0)
		return false;
	*patch = h.out.patch;
	*changes = h.out.changes;
	*warnings = h.out.warnings;
	return true;
}

void pss_obstacles(struct arena *a, const struct harden_options *options, const struct json *metadata,
		   const struct json *spec, const char *prefix, struct pss_verdict *ret)
{
	struct hardener h;

	harden(&h, &(struct pss_out){.arena = a, .patch = json_patch_in(a)}, options, metadata, spec, prefix, ret);
}
