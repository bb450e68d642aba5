/*
 * schema.c - "could the API server decode this?" for the fields that Pod Security reads, the rest of a
 * securityContext, and what people write most in a pod. One table of shapes, one walk over the pod; linear.
 *
 * Types are those of k8s.io/api/core/v1/types.go. Other members are not looked at.
 */
#include "base/json_patch.h"
#include "base/number.h"
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
static const struct shape texts[] = {{"*", KIND_STRING, NULL}, END};
static const struct shape metadata_shape[] = {
	{"name", KIND_STRING, NULL}, {"namespace", KIND_STRING, NULL}, {"labels", KIND_OBJECT, texts},
	{"annotations", KIND_OBJECT, texts}, END};

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
	{"seLinuxOptions", KIND_OBJECT, selinux},
	{"windowsOptions", KIND_OBJECT, windows},
	{"runAsUser", KIND_INT64, NULL},
	{"runAsGroup", KIND_INT64, NULL},
	{"runAsNonRoot", KIND_BOOL, NULL},
	{"supplementalGroups", KIND_ARRAY, &any_number},
	{"fsGroup", KIND_INT64, NULL},
	{"sysctls", KIND_ARRAY, &sysctl},
	{"seccompProfile", KIND_OBJECT, type_of_profile},
	{"appArmorProfile", KIND_OBJECT, type_of_profile},
	END,
};

static const struct shape container_security[] = {
	{"capabilities", KIND_OBJECT, capabilities},
	{"privileged", KIND_BOOL, NULL},
	{"seLinuxOptions", KIND_OBJECT, selinux},
	{"windowsOptions", KIND_OBJECT, windows},
	{"runAsUser", KIND_INT64, NULL},
	{"runAsGroup", KIND_INT64, NULL},
	{"runAsNonRoot", KIND_BOOL, NULL},
	{"readOnlyRootFilesystem", KIND_BOOL, NULL},
	{"allowPrivilegeEscalation", KIND_BOOL, NULL},
	{"procMount", KIND_STRING, NULL},
	{"seccompProfile", KIND_OBJECT, type_of_profile},
	{"appArmorProfile", KIND_OBJECT, type_of_profile},
	END,
};

static const struct shape with_host[] = {{"host", KIND_STRING, NULL}, END};
static const struct shape handler[] = {
	{"httpGet", KIND_OBJECT, with_host}, {"tcpSocket", KIND_OBJECT, with_host}, END};
static const struct shape lifecycle[] = {
	{"postStart", KIND_OBJECT, handler}, {"preStop", KIND_OBJECT, handler}, END};

static const struct shape port_members[] = {
	{"name", KIND_STRING, NULL}, {"hostPort", KIND_INT32, NULL}, {"containerPort", KIND_INT32, NULL},
	{"protocol", KIND_STRING, NULL}, END};
static const struct shape port = {"*", KIND_OBJECT, port_members};

static const struct shape env_members[] = {
	{"name", KIND_STRING, NULL}, {"value", KIND_STRING, NULL}, {"valueFrom", KIND_OBJECT, NULL}, END};
static const struct shape env = {"*", KIND_OBJECT, env_members};
static const struct shape any_object = {"*", KIND_OBJECT, NULL};

static const struct shape container_members[] = {
	{"name", KIND_STRING, NULL},
	{"image", KIND_STRING, NULL},
	{"command", KIND_ARRAY, &any_string},
	{"args", KIND_ARRAY, &any_string},
	{"workingDir", KIND_STRING, NULL},
	{"ports", KIND_ARRAY, &port},
	{"envFrom", KIND_ARRAY, &any_object},
	{"env", KIND_ARRAY, &env},
	{"resources", KIND_OBJECT, NULL},
	{"restartPolicy", KIND_STRING, NULL},
	{"volumeMounts", KIND_ARRAY, &any_object},
	{"livenessProbe", KIND_OBJECT, handler},
	{"readinessProbe", KIND_OBJECT, handler},
	{"startupProbe", KIND_OBJECT, handler},
	{"lifecycle", KIND_OBJECT, lifecycle},
	{"imagePullPolicy", KIND_STRING, NULL},
	{"securityContext", KIND_OBJECT, container_security},
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
	{"volumes", KIND_ARRAY, &volume},
	{"initContainers", KIND_ARRAY, &container},
	{"containers", KIND_ARRAY, &container},
	{"ephemeralContainers", KIND_ARRAY, &container},
	{"restartPolicy", KIND_STRING, NULL},
	{"nodeSelector", KIND_OBJECT, texts},
	{"serviceAccountName", KIND_STRING, NULL},
	{"automountServiceAccountToken", KIND_BOOL, NULL},
	{"nodeName", KIND_STRING, NULL},
	{"hostNetwork", KIND_BOOL, NULL},
	{"hostPID", KIND_BOOL, NULL},
	{"hostIPC", KIND_BOOL, NULL},
	{"shareProcessNamespace", KIND_BOOL, NULL},
	{"securityContext", KIND_OBJECT, pod_security},
	{"imagePullSecrets", KIND_ARRAY, &any_object},
	{"affinity", KIND_OBJECT, NULL},
	{"tolerations", KIND_ARRAY, &any_object},
	{"enableServiceLinks", KIND_BOOL, NULL},
	{"os", KIND_OBJECT, os},
	{"hostUsers", KIND_BOOL, NULL},
	END,
};

/* Where the walk is: a linked path on the stack, written out only for a fault. */
struct step {
	const struct step *parent;
	const char *key; /* NULL for an element */
	size_t index;
};

/* As the API server's decoder reads them: digits alone, so neither 1.0 nor 1e3. Below zero there is one more. */
static bool is_whole(struct arena *a, const struct json *v, int64_t max)
{
	struct slice digits = json_print(a, v);
	bool negative = slice_skip(&digits, SLICE_LIT("-"));
	int64_t n;

	if (number_parse(digits, INT64_MAX, &n) < 0)
		return negative && max == INT64_MAX && slice_is(digits, "9223372036854775808");
	return n - negative <= max;
}

static const enum json_type types[] = {JSON_BOOL, JSON_STRING, JSON_NUMBER, JSON_NUMBER, JSON_OBJECT, JSON_ARRAY};

/* Most values: the right type, and nothing to look at inside. */
static inline bool is_plain(const struct shape *shape, const struct json *v)
{
	return !shape->members && json_type(v) == types[shape->kind] && types[shape->kind] != JSON_NUMBER;
}

static bool fits(struct arena *a, enum kind kind, const struct json *v)
{
	if (json_type(v) != types[kind])
		return false;
	if (kind == KIND_INT32)
		return is_whole(a, v, INT32_MAX);
	return kind != KIND_INT64 || is_whole(a, v, INT64_MAX);
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

static inline bool is_of(const struct shape *shape, const char *key)
{
	return *shape->key == '*' || (*shape->key == *key && strcmp(shape->key, key) == 0);
}

/* The shape of a member, looked for from the one behind the last on: API servers write members in the order of types.go,
 * which is that of the tables. */
static const struct shape *find(const struct shape *table, const struct shape *from, const char *key)
{
	const struct shape *shape;

	for (shape = from; shape->key; shape++)
		if (is_of(shape, key))
			return shape;
	for (shape = table; shape != from; shape++)
		if (is_of(shape, key))
			return shape;
	return NULL;
}

/* As deep as the table, six levels. */
static void walk(struct pss_pod *pod, const struct step *at, const struct shape *shape, const struct json *v)
{
	struct step step = {.parent = at};
	const struct shape *from = shape->members;

	if (json_type(v) == JSON_NULL)
		return;
	if (!fits(pod->arena, shape->kind, v)) {
		note(pod, at, shape->kind, v);
		return;
	}
	if (!shape->members)
		return;
	JSON_EACH(item, v) {
		const struct shape *inner = shape->kind == KIND_OBJECT ? find(shape->members, from, json_key(item)) : shape->members;

		if (inner && *inner->key != '*')
			from = inner + 1;
		if (inner && !is_plain(inner, item)) {
			step.key = shape->kind == KIND_OBJECT ? json_key(item) : NULL;
			walk(pod, &step, inner, item);
		}
		step.index++;
	}
}

void pss_schema_check(struct pss_pod *pod, const struct json *metadata)
{
	static const struct shape top[] = {{"metadata", KIND_OBJECT, metadata_shape}, {"spec", KIND_OBJECT, spec_shape}};

	walk(pod, &(struct step){.key = top[0].key}, &top[0], metadata);
	walk(pod, &(struct step){.key = top[1].key}, &top[1], pod->spec);
}
