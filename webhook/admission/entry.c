#include "admission/entry.h"

#include "admission/subject.h"

const char *entry_name(enum entry entry)
{
	static const char *const names[ENTRY_COUNT] = {
		[ENTRY_PODS_MUTATE] = "pods.mutate.sparkgate.io",
		[ENTRY_CONFIG_MAPS_MUTATE] = "configmaps.mutate.sparkgate.io",
		[ENTRY_SERVERS_VALIDATE] = "servers.validate.sparkgate.io",
		[ENTRY_EXECUTORS_VALIDATE] = "executors.validate.sparkgate.io",
		[ENTRY_CONFIG_MAPS_VALIDATE] = "configmaps.validate.sparkgate.io",
		[ENTRY_WORKLOADS_VALIDATE] = "workloads.validate.sparkgate.io",
		[ENTRY_NAMESPACES_VALIDATE] = "namespaces.validate.sparkgate.io",
	};

	return names[entry];
}

static bool is_core(const struct review *r, const char *kind)
{
	return *r->group == '\0' && strcmp(r->kind, kind) == 0;
}

static bool is_controller(const struct review *r)
{
	bool group_fits = *r->group == '\0' || strcmp(r->group, "apps") == 0 || strcmp(r->group, "batch") == 0;

	return group_fits && kind_is_controller(r->kind);
}

enum subject_kind review_subject_kind(const struct review *r)
{
	if (is_core(r, "Pod"))
		return SUBJECT_POD;
	if (is_core(r, "ConfigMap"))
		return SUBJECT_CONFIG_MAP;
	if (is_core(r, "Namespace"))
		return SUBJECT_NAMESPACE;
	return is_controller(r) ? SUBJECT_CONTROLLER : SUBJECT_OTHER;
}

enum entry entry_of(enum endpoint endpoint, enum subject_kind kind, enum role role)
{
	bool mutate = endpoint == ENDPOINT_MUTATE;

	switch (kind) {
	case SUBJECT_CONFIG_MAP:
		return mutate ? ENTRY_CONFIG_MAPS_MUTATE : ENTRY_CONFIG_MAPS_VALIDATE;
	case SUBJECT_CONTROLLER:
		return ENTRY_WORKLOADS_VALIDATE;
	case SUBJECT_NAMESPACE:
		return ENTRY_NAMESPACES_VALIDATE;
	case SUBJECT_POD:
	case SUBJECT_OTHER:
		break;
	}
	if (mutate)
		return ENTRY_PODS_MUTATE;
	return role == ROLE_EXECUTOR ? ENTRY_EXECUTORS_VALIDATE : ENTRY_SERVERS_VALIDATE;
}
