/*
 * way_out.c - what a person can do about a violation that hardening does not mend.
 */
#include "pss/pss.h"

#include "base/field_path.h"

static const struct {
	const char *id;
	const char *hint;
	bool force_helps;
} ways[] = {
	{"malformed", "give the field the type that the Kubernetes API has for it", false},
	{"appArmorProfile", "remove it or set RuntimeDefault", false},
	{"capabilities_baseline", "add default capabilities only", true},
	{"hostNamespaces", "remove it", false},
	{"hostPathVolumes", "use another kind of volume", false},
	{"hostPorts", "remove hostPort; a Service reaches the pod", false},
	{"hostProbesAndHostLifecycle", "remove host; the default is the pod", false},
	{"privileged", "remove it or set false", true},
	{"procMount", "remove it or set Default", false},
	{"seLinuxOptions", "remove user, role and the type", false},
	{"seccompProfile_baseline", "remove it or set RuntimeDefault", true},
	{"sysctls", "remove it", false},
	{"windowsHostProcess", "remove it", false},
	{"allowPrivilegeEscalation", "set false", true},
	{"capabilities_restricted", "add NET_BIND_SERVICE at most and drop ALL", true},
	{"procMount_restricted", "remove it or set Default", false},
	{"restrictedVolumes", "use a configMap, secret, emptyDir, persistentVolumeClaim or projected volume", false},
	{"runAsNonRoot", "remove it or set true", true},
	{"runAsUser", "remove it or set a user other than 0", true},
	{"seccompProfile_restricted", "set RuntimeDefault", true},
};

static const char *namespace_hint(const struct harden_options *options, bool force_helps, const char *id)
{
	if (options->hardening == HARDENING_OFF)
		return " (the namespace has sparkgate.io/hardening=off)";
	if (options->hardening == HARDENING_FORCE || !force_helps)
		return "";
	if (options->openshift && strcmp(id, "runAsUser") == 0)
		return " (OpenShift gives one)";
	return ", or annotate the namespace sparkgate.io/hardening=force";
}

const char *pss_way_out(struct arena *a, const struct harden_options *options, const struct pss_violation *violation)
{
	const char *field = violation->pointer_count > 0 ? field_path(a, violation->pointers[0]) : "";
	size_t more = violation->pointer_count > 1 ? violation->pointer_count - 1 : 0;
	const char *others = more > 0 ? arena_printf(a, " (and %zu more)", more) : "";

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (strcmp(ways[i].id, violation->id) == 0)
			return arena_printf(a, "%s%s: %s%s", field, others, ways[i].hint,
					    namespace_hint(options, ways[i].force_helps, violation->id));
	return field;
}
