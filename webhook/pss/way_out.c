/*
 * way_out.c - what a person can do about a violation that hardening does not mend.
 */
#include "pss/pss.h"

#include "base/field_path.h"

static const struct {
	const char *id;
	const char *hint;
} ways[] = {
	{"malformed", "give the field the type that the Kubernetes API has for it"},
	{"appArmorProfile", "remove it or set RuntimeDefault"},
	{"capabilities_baseline", "add default capabilities only"},
	{"hostNamespaces", "remove it"},
	{"hostPathVolumes", "use another kind of volume"},
	{"hostPorts", "remove hostPort; a Service reaches the pod"},
	{"hostProbesAndHostLifecycle", "remove it; the default is the pod itself"},
	{"privileged", "remove it or set false"},
	{"procMount", "remove it or set Default"},
	{"seLinuxOptions", "remove user and role, and a type of your own"},
	{"seccompProfile_baseline", "remove it or set RuntimeDefault"},
	{"sysctls", "remove it"},
	{"windowsHostProcess", "remove it"},
	{"allowPrivilegeEscalation", "set false"},
	{"capabilities_restricted", "drop ALL, and add NET_BIND_SERVICE at most"},
	{"procMount_restricted", "remove it or set Default"},
	{"restrictedVolumes", "use a configMap, secret, emptyDir, persistentVolumeClaim or projected volume"},
	{"runAsNonRoot", "remove it or set true"},
	{"runAsUser", "remove it or set a user other than 0"},
	{"seccompProfile_restricted", "set RuntimeDefault"},
};

/* At most this many fields of one check are named. */
#define NAMED 3

static void say_fields(struct buf *b, const struct pss_violation *v)
{
	for (size_t i = 0; i < v->pointer_count && i < NAMED; i++)
		buf_printf(b, "%s%s", i > 0 ? ", " : "", field_path(b->arena, v->pointers[i]));
	if (v->pointer_count > NAMED)
		buf_printf(b, " and %zu more", v->pointer_count - NAMED);
}

static const char *hint_of(const struct harden_options *options, const char *id)
{
	/* Together with privileged or CAP_SYS_ADMIN, an API server does not take false. */
	if (strcmp(id, "allowPrivilegeEscalation") == 0 && options->exempt.count > 0)
		return "set false, or exempt it too where the container is privileged";
	if (options->openshift && strcmp(id, "runAsUser") == 0)
		return "remove it, OpenShift gives one";
	for (size_t i = 0; i < COUNT_OF(ways); i++)
		if (strcmp(ways[i].id, id) == 0)
			return ways[i].hint;
	return "";
}

const char *pss_way_out(struct arena *a, const struct harden_options *options, const struct pss_violation *violation)
{
	struct buf b = buf_in(a);

	say_fields(&b, violation);
	buf_printf(&b, ": %s", hint_of(options, violation->id));
	return buf_slice(&b).ptr;
}

/* ---- all of it ---- */

/* Would the pod pass if the namespace's hardening were this one? All or nothing: a pod that still fails is not
 * touched, and the advice would be a lie. */
static bool would_pass(const struct pss_way_out_of *of, struct harden_options options, enum hardening hardening)
{
	struct pss_verdict left;

	options.hardening = hardening;
	pss_obstacles(of->arena, &options, of->metadata, of->spec, of->prefix, &left);
	return left.count == 0;
}

static void say_annotation(struct buf *b, const struct pss_way_out_of *of, const struct harden_options *options)
{
	const char *annotate = "kubectl annotate --overwrite namespace";

	if (options->hardening == HARDENING_OFF && would_pass(of, *options, HARDENING_FILL))
		buf_printf(b, "; or let sparkgate fill in what is absent: %s %s sparkgate.io/hardening=fill (it is off)", annotate,
			   of->namespace);
	else if (options->hardening != HARDENING_FORCE && would_pass(of, *options, HARDENING_FORCE))
		buf_printf(b, "; or let sparkgate override what is set: %s %s sparkgate.io/hardening=force", annotate, of->namespace);
}

const char *pss_ways_out(const struct pss_way_out_of *of, const struct harden_options *options, size_t violations)
{
	struct buf b = buf_in(of->arena);
	struct pss_verdict obstacles;

	pss_obstacles(of->arena, options, of->metadata, of->spec, of->prefix, &obstacles);
	if (obstacles.count == 0)
		return NULL;
	for (size_t i = 0; i < obstacles.count; i++)
		buf_printf(&b, "%s%s", i > 0 ? "; " : "", pss_way_out(of->arena, options, &obstacles.items[i]));
	if (violations > obstacles.count)
		buf_adds(&b, "; sparkgate fills in the rest");
	say_annotation(&b, of, options);
	return buf_slice(&b).ptr;
}
