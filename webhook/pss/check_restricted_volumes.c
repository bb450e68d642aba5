/*
 * check_restricted_volumes.c - where volumes come from. Restricted, in place of hostPathVolumes.
 *
 * fields    spec.volumes[*]
 * allowed   configMap, csi, downwardAPI, emptyDir, ephemeral, image, persistentVolumeClaim, projected, secret
 *
 * Source: k8s.io/pod-security-admission policy/check_restrictedVolumes.go
 *
 * A volume without a source counts as "unknown"; the API server's defaulting has made it an
 * emptyDir before a webhook sees it.
 */
#include "pss/check.h"

static const char *const allowed[] = {
	"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret",
};

/* In the order in which upstream asks: the first names a volume that has several sources. */
static const char *const forbidden[] = {
	"hostPath",  "gcePersistentDisk", "awsElasticBlockStore", "gitRepo",   "nfs",	    "iscsi",
	"glusterfs", "rbd",		  "flexVolume",		  "cinder",    "cephfs",    "flocker",
	"fc",	     "azureFile",	  "vsphereVolume",	  "quobyte",   "azureDisk", "photonPersistentDisk",
	"portworxVolume", "scaleIO", "storageos",
};

static const char *source_of(const struct json *volume, const char *const *sources, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_type(json_get(volume, sources[i])) == JSON_OBJECT)
			return sources[i];
	return NULL;
}

#define SOURCE_OF(volume, sources) source_of((volume), (sources), COUNT_OF(sources))

void pss_check_restricted_volumes(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list names = {0}, types = {0};
	size_t index = 0;

	JSON_EACH(volume, json_get(pod->spec, "volumes")) {
		if (!SOURCE_OF(volume, allowed)) {
			const char *source = SOURCE_OF(volume, forbidden);

			pss_blame_volume(pod, r, &names, volume, index, source);
			pss_list_add(&types, pod->arena, source ? source : "unknown");
		}
		index++;
	}
	if (names.count == 0 || !pss_fails(r, "restricted volume types"))
		return;
	pss_list_sort(&types);
	pss_say_volumes(&r->detail, &names);
	buf_adds(&r->detail, names.count == 1 ? " uses" : " use");
	buf_adds(&r->detail, types.count == 1 ? " restricted volume type " : " restricted volume types ");
	pss_say_quoted(&r->detail, &types);
}
