/*
 * check_host_path_volumes.c - paths of the node. Baseline.
 *
 * fields    spec.volumes[*].hostPath
 * allowed   absent
 *
 * Source: k8s.io/pod-security-admission policy/check_hostPathVolumes.go
 */
#include "pss/check.h"

void pss_blame_volume(const struct pss_pod *pod, struct pss_report *r, struct pss_list *names,
		      const struct json *volume, size_t index, const char *source)
{
	const char *field = source ? arena_printf(pod->arena, "volumes/%zu/%s", index, source)
				   : arena_printf(pod->arena, "volumes/%zu", index);

	pss_list_add(names, pod->arena, json_text(json_get(volume, "name"), ""));
	pss_blame_pod(pod, r, field);
}

void pss_say_volumes(struct buf *b, const struct pss_list *names)
{
	buf_adds(b, names->count == 1 ? "volume " : "volumes ");
	pss_say_quoted(b, names);
}

void pss_check_host_path_volumes(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0};
	size_t index = 0;

	JSON_EACH(volume, json_get(pod->spec, "volumes")) {
		if (json_type(json_get(volume, "hostPath")) == JSON_OBJECT)
			pss_blame_volume(pod, r, &names, volume, index, "hostPath");
		index++;
	}
	if (names.count == 0 || !pss_fails(r, "hostPath volumes"))
		return;
	pss_say_volumes(&r->detail, &names);
}
