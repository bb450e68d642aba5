/*
 * schema.c - "could the API server decode this?" for the fields that Pod
 * Security reads, and the rest of a securityContext. One table of shapes, one walk over the pod; linear.
 *
 * Types are those of k8s.io/api/core/v1/types.go. Other members are not looked at.
 */
#include "base/json_patch.h"
#include "pss/pod.h"

enum kind { KIND_BOOL, KIND_STRING, KIND_INT32, KIND_INT64, KIND_OBJECT, KIND_ARRAY };

struct shape {
	const char *key;             /* NULL ends a table; "*" is any member */
	enum kind kind;
	const struct shape *members; /* of an object, or the one shape of an array's elements */
};

#define END {0}

static const struct shape any_string = {"*", KIND_STRING, NULL};
static const struct shape any_number = {"*", KIND_INT64, NULL};
static const struct shape annotations[] = {{"*", KIND_STRING, NULL}, END};
static const struct shape metadata_shape[] = {{"annotations", KIND_OBJECT, annotations}, END};

static const struct shape type_of_profile[] = {{"type", KIND_STRING, NULL}, END};
static const struct shape selinux[] = {
	{"type", KIND_STRING, NULL}, {"user", KIND_STRING, NULL}, {"role", KIND_STRING, NULL},
	{"level", KIND_STRING, NULL}, END};
static const struct shape windows[] = {{"hostProcess", KIND_BOOL, NULL}, END};
static const struct shape capabilities[] = {
	{"add", KIND_ARRAY, &any_string}, {"drop", KIND_ARRAY, &any_string}, END};

static const struct shape sysctl_members[] = {{"name", KIND_STRING, NULL}, END};
static const struct shape sysctl = {"*", KIND_OBJECT, sysctl_members};

static const struct shape pod_security[] = {
	{"runAsNonRoot", KIND_BOOL, NULL},
	{"runAsUser", KIND_INT64, NULL},
	{"runAsGroup", KIND_INT64, NULL},
	{"fsGroup", KIND_INT64, NULL},
	{"supplementalGroups", KIND_ARRAY, &any_number},
	{"seccompProfile", KIND_OBJECT, type_of_profile},
	{"appArmorProfile", KIND_OBJECT, type_of_profile},
	{"seLinuxOptions", KIND_OBJECT, selinux},
	{"windowsOptions", KIND_OBJECT, windows},
	{"sysctls", KIND_ARRAY, &sysctl},
	END,
};

static const struct shape container_security[] = {
	{"privileged", KIND_BOOL, NULL},
	{"allowPrivilegeEscalation", KIND_BOOL, NULL},
	{"capabilities", KIND_OBJECT, capabilities},
	{"procMount", KIND_STRING, NULL},
	{"runAsNonRoot", KIND_BOOL, NULL},
	{"runAsUser", KIND_INT64, NULL},
	{"runAsGroup", KIND_INT64, NULL},
	{"readOnlyRootFilesystem", KIND_BOOL, NULL},
	{"seccompProfile", KIND_OBJECT, type_of_profile},
	{"appArmorProfile", KIND_OBJECT, type_of_profile},
	{"seLinuxOptions", KIND_OBJECT, selinux},
	{"windowsOptions", KIND_OBJECT, windows},
	END,
};

static const struct shape with_host[] = {{"host", KIND_STRING, NULL}, END};
static const struct shape handler[] = {
	{"httpGet", KIND_OBJECT, with_host}, {"tcpSocket", KIND_OBJECT, with_host}, END};
static const struct shape lifecycle[] = {
	{"postStart", KIND_OBJECT, handler}, {"preStop", KIND_OBJECT, handler}, END};

static const struct shape port_members[] = {{"hostPort", KIND_INT32, NULL}, END};
static const struct shape port = {"*", KIND_OBJECT, port_members};

static const struct shape container_members[] = {
	{"name", KIND_STRING, NULL},
	{"image", KIND_STRING, NULL},
	{"securityContext", KIND_OBJECT, container_security},
	{"ports", KIND_ARRAY, &port},
	{"livenessProbe", KIND_OBJECT, handler},
	{"readinessProbe", KIND_OBJECT, handler},
	{"startupProbe", KIND_OBJECT, handler},
	{"lifecycle", KIND_OBJECT, lifecycle},
	END,
};
static const struct shape container = {"*", KIND_OBJECT, container_members};

#define SOURCE(name) {(name), KIND_OBJECT, NULL}
static const struct shape volume_members[] = {
	{"name", KIND_STRING, NULL},
	SOURCE("configMap"), SOURCE("csi"), SOURCE("downwardAPI"), SOURCE("emptyDir"), SOURCE("ephemeral"),
	SOURCE("image"), SOURCE("persistentVolumeClaim"), SOURCE("projected"), SOURCE("secret"),
	SOURCE("hostPath"), SOURCE("gcePersistentDisk"), SOURCE("awsElasticBlockStore"), SOURCE("gitRepo"),
	SOURCE("nfs"), SOURCE("iscsi"), SOURCE("glusterfs"), SOURCE("rbd"), SOURCE("flexVolume"),
	SOURCE("cinder"), SOURCE("cephfs"), SOURCE("flocker"), SOURCE("fc"), SOURCE("azureFile"),
	SOURCE("vsphereVolume"), SOURCE("quobyte"), SOURCE("azureDisk"), SOURCE("photonPersistentDisk"),
	SOURCE("portworxVolume"), SOURCE("scaleIO"), SOURCE("storageos"),
	END,
};
static const struct shape volume = {"*", KIND_OBJECT, volume_members};
static const struct shape os[] = {{"name", KIND_STRING, NULL}, END};

static const struct shape spec_shape[] = {
	{"securityContext", KIND_OBJECT, pod_security},
	{"initContainers", KIND_ARRAY, &container},
	{"containers", KIND_ARRAY, &container},
	{"ephemeralContainers", KIND_ARRAY, &container},
	{"volumes", KIND_ARRAY, &volume},
	{"hostNetwork", KIND_BOOL, NULL},
	{"hostPID", KIND_BOOL, NULL},
	{"hostIPC", KIND_BOOL, NULL},
	{"hostUsers", KIND_BOOL, NULL},
	{"os", KIND_OBJECT, os},
	END,
};

/* Where the walk is: a linked path on the stack, written out only for a fault. */
struct step {
	const struct step *parent;
	const char *key; /* NULL for an element */
	size_t index;
};

static bool fits(enum kind kind, const struct json *v)
{
	static const enum json_type types[] = {JSON_BOOL, JSON_STRING, JSON_NUMBER, JSON_NUMBER, JSON_OBJECT, JSON_ARRAY};
	int64_t n = 0;

	if (json_type(v) != types[kind])
		return false;
	if (types[kind] == JSON_NUMBER && json_int(v, &n) < 0)
		return false;
	return kind != KIND_INT32 || (n >= INT32_MIN && n <= INT32_MAX);
}

static void write_path(struct buf *text, struct buf *pointer, const struct step *at)
{
	if (!at)
		return;
	write_path(text, pointer, at->parent);
	if (!at->key) {
		buf_printf(text, "[%zu]", at->index);
		buf_printf(pointer, "/%zu", at->index);
		return;
	}
	buf_printf(text, "%s%s", at->parent ? "." : "", at->key);
	buf_printf(pointer, "/%s", json_pointer_token(pointer->arena, slice_of(at->key)));
}

static void note(struct pss_pod *pod, const struct step *at, enum kind wanted, const struct json *v)
{
	static const char *const names[] = {
		"a boolean", "a string", "a whole number of 32 bits", "a whole number", "an object", "an array"};
	struct buf text = buf_in(pod->arena), pointer = buf_in(pod->arena);

	buf_adds(&pointer, pod->prefix);
	write_path(&text, &pointer, at);
	buf_printf(&text, " must be %s, got %s", names[wanted], json_type_name(json_type(v)));
	pss_list_add(&pod->malformed, pod->arena, buf_slice(&text).ptr);
	pss_list_add(&pod->malformed_pointers, pod->arena, buf_slice(&pointer).ptr);
}

static const struct shape *find(const struct shape *table, const char *key)
{
	for (; table->key; table++)
		if (*table->key == '*' || (*table->key == *key && strcmp(table->key, key) == 0))
			return table;
	return NULL;
}

/* As deep as the table, six levels. */
static void walk(struct pss_pod *pod, const struct step *at, const struct shape *shape, const struct json *v)
{
	struct step step = {.parent = at};

	if (json_type(v) == JSON_NULL)
		return;
	if (!fits(shape->kind, v)) {
		note(pod, at, shape->kind, v);
		return;
	}
	if (!shape->members)
		return;
	JSON_EACH(item, v) {
		if (shape->kind == KIND_OBJECT) {
			const struct shape *member = find(shape->members, json_key(item));

			step.key = json_key(item);
			if (member)
				walk(pod, &step, member, item);
		} else {
			walk(pod, &step, shape->members, item);
			step.index++;
		}
	}
}

void pss_schema_check(struct pss_pod *pod, const struct json *metadata)
{
	static const struct shape top[] = {{"metadata", KIND_OBJECT, metadata_shape}, {"spec", KIND_OBJECT, spec_shape}};

	walk(pod, &(struct step){.key = top[0].key}, &top[0], metadata);
	walk(pod, &(struct step){.key = top[1].key}, &top[1], pod->spec);
}
