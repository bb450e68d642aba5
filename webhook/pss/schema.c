/*
 * schema.c - "could the API server decode this?" for the fields that Pod Security reads, the rest of a
 * securityContext, and what people write most in a pod. One table of shapes, one walk over the pod; linear.
 * On its way the walk notes which fields that a check forbids are there at all (enum pss_seen).
 *
 * Types are those of k8s.io/api/core/v1/types.go. Other members are not looked at.
 */
#include "base/json_patch.h"
#include "base/json_walk.h"
#include "base/number.h"
#include "pss/pod.h"

/* Up to KIND_OPAQUE a look at the type is all. */
enum kind { KIND_ANY, KIND_BOOL, KIND_STRING, KIND_OPAQUE, KIND_INT32, KIND_INT64, KIND_OBJECT, KIND_MAP, KIND_ARRAY };

struct shape {
	struct slice key; /* {NULL, 0} ends a table */
	uint32_t mark;    /* slice_mark() of key */
	enum kind kind;
	const struct shape *members; /* of an object; or the one shape of what is in a map or array */
	uint32_t seen;               /* enum pss_seen: the field is there */
	uint32_t wants;              /* PSS_SEEN_ODD_VOLUME unless one of these was seen in it */
};

/* slice_mark() of a literal, for the compiler. */
#define MARK(lit)                                                                                               \
	((uint32_t)(unsigned char)(lit)[0] | (uint32_t)(unsigned char)(lit)[sizeof(lit) - 2] << 8 |             \
	 (uint32_t)(sizeof(lit) - 1) << 16)

#define FIELD_AS(name, what, of, bit) \
	{.key = {(name), sizeof(name) - 1}, .mark = MARK(name), .kind = KIND_##what, .members = (of), .seen = (bit)}
#define FIELD(name, what)            FIELD_AS(name, what, NULL, 0)
#define FIELD_SEEN(name, what, bit)  FIELD_AS(name, what, NULL, bit)
#define FIELD_OF(name, what, of)     FIELD_AS(name, what, of, 0)
#define VALUE(what, of)              {.kind = KIND_##what, .members = (of)}
#define END                          {.kind = KIND_ANY}

/* Not looked at, but written by every API server: find() does not have to search the whole table for it. */
#define ANY(name) FIELD(name, ANY)

static const struct shape any_string = VALUE(STRING, NULL);
static const struct shape any_number = VALUE(INT64, NULL);
static const struct shape annotation = {.kind = KIND_STRING, .seen = PSS_SEEN_ANNOTATION};
static const struct shape metadata_shape[] = {
	FIELD("name", STRING), ANY("generateName"), FIELD("namespace", STRING), ANY("uid"), ANY("creationTimestamp"),
	FIELD_OF("labels", MAP, &any_string), FIELD_OF("annotations", MAP, &annotation), ANY("ownerReferences"),
	ANY("managedFields"), END};

static const struct shape type_of_profile[] = {FIELD("type", STRING), END};
static const struct shape selinux[] = {
	FIELD("type", STRING), FIELD("user", STRING), FIELD("role", STRING),
	FIELD("level", STRING), END};
static const struct shape windows[] = {FIELD_SEEN("hostProcess", BOOL, PSS_SEEN_HOST_PROCESS), END};
static const struct shape capabilities[] = {
	FIELD_AS("add", ARRAY, &any_string, PSS_SEEN_CAPABILITIES_ADD), FIELD_OF("drop", ARRAY, &any_string), END};

static const struct shape sysctl_members[] = {FIELD("name", STRING), END};
static const struct shape sysctl = VALUE(OBJECT, sysctl_members);

static const struct shape pod_security[] = {
	FIELD_AS("seLinuxOptions", OBJECT, selinux, PSS_SEEN_SELINUX),
	FIELD_OF("windowsOptions", OBJECT, windows),
	FIELD_SEEN("runAsUser", INT64, PSS_SEEN_USER),
	FIELD("runAsGroup", INT64),
	FIELD("runAsNonRoot", BOOL),
	FIELD_OF("supplementalGroups", ARRAY, &any_number),
	FIELD("fsGroup", INT64),
	FIELD_AS("sysctls", ARRAY, &sysctl, PSS_SEEN_SYSCTLS),
	FIELD_AS("seccompProfile", OBJECT, type_of_profile, PSS_SEEN_SECCOMP),
	FIELD_AS("appArmorProfile", OBJECT, type_of_profile, PSS_SEEN_APP_ARMOR),
	END,
};

static const struct shape container_security[] = {
	FIELD_OF("capabilities", OBJECT, capabilities),
	FIELD_SEEN("privileged", BOOL, PSS_SEEN_PRIVILEGED),
	FIELD_AS("seLinuxOptions", OBJECT, selinux, PSS_SEEN_SELINUX),
	FIELD_OF("windowsOptions", OBJECT, windows),
	FIELD_SEEN("runAsUser", INT64, PSS_SEEN_USER),
	FIELD("runAsGroup", INT64),
	FIELD("runAsNonRoot", BOOL),
	FIELD("readOnlyRootFilesystem", BOOL),
	FIELD("allowPrivilegeEscalation", BOOL),
	FIELD_SEEN("procMount", STRING, PSS_SEEN_PROC_MOUNT),
	FIELD_AS("seccompProfile", OBJECT, type_of_profile, PSS_SEEN_SECCOMP),
	FIELD_AS("appArmorProfile", OBJECT, type_of_profile, PSS_SEEN_APP_ARMOR),
	END,
};

static const struct shape with_host[] = {
	ANY("path"), ANY("port"), FIELD_SEEN("host", STRING, PSS_SEEN_PROBE_HOST), ANY("scheme"), END};
static const struct shape handler[] = {
	ANY("exec"), FIELD_OF("httpGet", OBJECT, with_host), FIELD_OF("tcpSocket", OBJECT, with_host),
	ANY("initialDelaySeconds"), ANY("timeoutSeconds"), ANY("periodSeconds"), ANY("successThreshold"),
	ANY("failureThreshold"), END};
static const struct shape lifecycle[] = {
	FIELD_OF("postStart", OBJECT, handler), FIELD_OF("preStop", OBJECT, handler), END};

static const struct shape port_members[] = {
	FIELD("name", STRING), FIELD_SEEN("hostPort", INT32, PSS_SEEN_HOST_PORT),
	FIELD("containerPort", INT32), FIELD("protocol", STRING), END};
static const struct shape port = VALUE(OBJECT, port_members);

static const struct shape env_members[] = {
	FIELD("name", STRING), FIELD("value", STRING), FIELD("valueFrom", OPAQUE), END};
static const struct shape env = VALUE(OBJECT, env_members);
static const struct shape any_object = VALUE(OPAQUE, NULL);

static const struct shape container_members[] = {
	FIELD("name", STRING),
	FIELD("image", STRING),
	FIELD_OF("command", ARRAY, &any_string),
	FIELD_OF("args", ARRAY, &any_string),
	FIELD("workingDir", STRING),
	FIELD_OF("ports", ARRAY, &port),
	FIELD_OF("envFrom", ARRAY, &any_object),
	FIELD_OF("env", ARRAY, &env),
	FIELD("resources", OPAQUE),
	FIELD("restartPolicy", STRING),
	FIELD_OF("volumeMounts", ARRAY, &any_object),
	FIELD_OF("livenessProbe", OBJECT, handler),
	FIELD_OF("readinessProbe", OBJECT, handler),
	FIELD_OF("startupProbe", OBJECT, handler),
	FIELD_OF("lifecycle", OBJECT, lifecycle),
	ANY("terminationMessagePath"), ANY("terminationMessagePolicy"),
	FIELD("imagePullPolicy", STRING),
	FIELD_OF("securityContext", OBJECT, container_security),
	END,
};
static const struct shape container = VALUE(OBJECT, container_members);

/* Those that restricted pods may have, then the others. */
#define PLAIN(name) FIELD_SEEN(name, OPAQUE, PSS_SEEN_PLAIN_VOLUME)
#define OTHER(name) FIELD(name, OPAQUE)
static const struct shape volume_members[] = {
	FIELD("name", STRING),
	PLAIN("configMap"), PLAIN("csi"), PLAIN("downwardAPI"), PLAIN("emptyDir"), PLAIN("ephemeral"),
	PLAIN("image"), PLAIN("persistentVolumeClaim"), PLAIN("projected"), PLAIN("secret"),
	FIELD_SEEN("hostPath", OPAQUE, PSS_SEEN_HOST_PATH),
	OTHER("gcePersistentDisk"), OTHER("awsElasticBlockStore"), OTHER("gitRepo"),
	OTHER("nfs"), OTHER("iscsi"), OTHER("glusterfs"), OTHER("rbd"), OTHER("flexVolume"),
	OTHER("cinder"), OTHER("cephfs"), OTHER("flocker"), OTHER("fc"), OTHER("azureFile"),
	OTHER("vsphereVolume"), OTHER("quobyte"), OTHER("azureDisk"), OTHER("photonPersistentDisk"),
	OTHER("portworxVolume"), OTHER("scaleIO"), OTHER("storageos"),
	END,
};
static const struct shape volume = {.kind = KIND_OBJECT, .members = volume_members, .wants = PSS_SEEN_PLAIN_VOLUME};
static const struct shape os[] = {FIELD("name", STRING), END};

static const struct shape spec_shape[] = {
	FIELD_OF("volumes", ARRAY, &volume),
	FIELD_OF("initContainers", ARRAY, &container),
	FIELD_OF("containers", ARRAY, &container),
	FIELD_OF("ephemeralContainers", ARRAY, &container),
	FIELD("restartPolicy", STRING),
	ANY("terminationGracePeriodSeconds"), ANY("dnsPolicy"),
	FIELD_OF("nodeSelector", MAP, &any_string),
	FIELD("serviceAccountName", STRING),
	ANY("serviceAccount"),
	FIELD("automountServiceAccountToken", BOOL),
	FIELD("nodeName", STRING),
	FIELD_SEEN("hostNetwork", BOOL, PSS_SEEN_HOST_NAMESPACES),
	FIELD_SEEN("hostPID", BOOL, PSS_SEEN_HOST_NAMESPACES),
	FIELD_SEEN("hostIPC", BOOL, PSS_SEEN_HOST_NAMESPACES),
	FIELD("shareProcessNamespace", BOOL),
	FIELD_OF("securityContext", OBJECT, pod_security),
	FIELD_OF("imagePullSecrets", ARRAY, &any_object),
	FIELD("affinity", OPAQUE),
	ANY("schedulerName"),
	FIELD_OF("tolerations", ARRAY, &any_object),
	ANY("priorityClassName"), ANY("priority"),
	FIELD("enableServiceLinks", BOOL),
	ANY("preemptionPolicy"),
	FIELD_OF("os", OBJECT, os),
	FIELD("hostUsers", BOOL),
	END,
};

/* Where the walk is: a linked path on the stack, written out only for a fault. */
struct step {
	const struct step *parent;
	struct slice key; /* {NULL, 0} for an element */
	size_t index;
};

/* As the API server's decoder reads them: digits alone, so neither 1.0 nor 1e3. Below zero there is one more. */
static bool is_whole(const struct json *v, int64_t max)
{
	struct slice digits = json_walk_number(v);
	bool negative = slice_skip(&digits, SLICE_LIT("-"));
	int64_t n;

	if (number_parse(digits, INT64_MAX, &n) < 0)
		return negative && max == INT64_MAX && slice_is(digits, "9223372036854775808");
	return n - negative <= max;
}

static const enum json_type types[] = {
	[KIND_BOOL] = JSON_BOOL,	[KIND_STRING] = JSON_STRING,  [KIND_OPAQUE] = JSON_OBJECT,
	[KIND_INT32] = JSON_NUMBER,	[KIND_INT64] = JSON_NUMBER,   [KIND_OBJECT] = JSON_OBJECT,
	[KIND_MAP] = JSON_OBJECT,	[KIND_ARRAY] = JSON_ARRAY,
};

static bool fits(enum kind kind, const struct json *v)
{
	if (json_walk_type(v) != types[kind])
		return false;
	if (kind == KIND_INT32)
		return is_whole(v, INT32_MAX);
	return kind != KIND_INT64 || is_whole(v, INT64_MAX);
}

static void write_path(struct buf *text, struct buf *pointer, const struct step *at)
{
	if (!at)
		return;
	write_path(text, pointer, at->parent);
	if (!at->key.ptr) {
		buf_printf(text, "[%zu]", at->index);
		buf_printf(pointer, "/%zu", at->index);
		return;
	}
	buf_printf(text, "%s%s", at->parent ? "." : "", at->key.ptr);
	buf_printf(pointer, "/%s", json_pointer_token(pointer->arena, at->key));
}

static void note(struct pss_pod *pod, const struct step *at, enum kind wanted, const struct json *v)
{
	static const char *const names[] = {
		[KIND_BOOL] = "a boolean",
		[KIND_STRING] = "a string",
		[KIND_OPAQUE] = "an object",
		[KIND_INT32] = "a whole number of 32 bits",
		[KIND_INT64] = "a whole number",
		[KIND_OBJECT] = "an object",
		[KIND_MAP] = "an object",
		[KIND_ARRAY] = "an array",
	};
	struct buf text = buf_in(pod->arena), pointer = buf_in(pod->arena);

	buf_adds(&pointer, pod->prefix);
	write_path(&text, &pointer, at);
	buf_printf(&text, " must be %s, got %s", names[wanted], json_type_name(json_type(v)));
	pss_list_add(&pod->malformed, pod->arena, buf_slice(&text).ptr);
	pss_list_add(&pod->malformed_pointers, pod->arena, buf_slice(&pointer).ptr);
}

static inline bool is_of(const struct shape *shape, const struct json *member)
{
	return shape->mark == json_walk_mark(member) && slice_eq(shape->key, json_walk_key(member));
}

/* The shape of a member, looked for from the one behind the last on: API servers write members in the order of types.go,
 * which is that of the tables. */
static inline const struct shape *find(const struct shape *table, const struct shape *from, const struct json *member)
{
	const struct shape *shape;

	for (shape = from; shape->key.ptr; shape++)
		if (is_of(shape, member))
			return shape;
	for (shape = table; shape != from; shape++)
		if (is_of(shape, member))
			return shape;
	return NULL;
}

static void walk(struct pss_pod *pod, const struct step *at, const struct shape *shape, const struct json *v);

/* What is in an object, map or array; most is looked at here, without a call. As for the decoder, null is nothing. */
static inline void walk_child(struct pss_pod *pod, const struct step *parent, size_t index, const struct shape *shape,
			      const struct json *v)
{
	if (json_walk_type(v) == JSON_NULL) {
		pod->seen |= shape->wants ? PSS_SEEN_ODD_VOLUME : 0;
		return;
	}
	pod->seen |= shape->seen;
	if (shape->kind > KIND_OPAQUE || json_walk_type(v) != types[shape->kind])
		walk(pod, &(struct step){.parent = parent, .key = json_walk_key(v), .index = index}, shape, v);
}

static void walk_object(struct pss_pod *pod, const struct step *at, const struct shape *table, const struct json *v)
{
	const struct shape *from = table;

	for (const struct json *m = json_walk_first(v); m; m = json_walk_next(m)) {
		const struct shape *shape = find(table, from, m);

		if (!shape)
			continue;
		from = shape + 1;
		if (shape->kind != KIND_ANY)
			walk_child(pod, at, 0, shape, m);
	}
}

static void walk_values(struct pss_pod *pod, const struct step *at, const struct shape *shape, const struct json *v)
{
	size_t index = 0;

	for (const struct json *m = json_walk_first(v); m; m = json_walk_next(m))
		walk_child(pod, at, index++, shape, m);
}

static void walk_volume(struct pss_pod *pod, const struct step *at, const struct shape *shape, const struct json *v)
{
	uint32_t before = pod->seen;

	pod->seen = 0;
	walk_object(pod, at, shape->members, v);
	if (!(pod->seen & shape->wants))
		pod->seen |= PSS_SEEN_ODD_VOLUME;
	pod->seen |= before;
}

/* As deep as the table, six levels. */
static void walk(struct pss_pod *pod, const struct step *at, const struct shape *shape, const struct json *v)
{
	if (!fits(shape->kind, v))
		note(pod, at, shape->kind, v);
	else if (shape->wants)
		walk_volume(pod, at, shape, v);
	else if (shape->kind == KIND_OBJECT)
		walk_object(pod, at, shape->members, v);
	else if (shape->kind == KIND_MAP || shape->kind == KIND_ARRAY)
		walk_values(pod, at, shape->members, v);
}

void pss_schema_check(struct pss_pod *pod, const struct json *metadata)
{
	static const struct shape top[] = {FIELD_OF("metadata", OBJECT, metadata_shape), FIELD_OF("spec", OBJECT, spec_shape)};

	if (json_type(metadata) != JSON_NULL)
		walk(pod, &(struct step){.key = top[0].key}, &top[0], metadata);
	if (json_type(pod->spec) != JSON_NULL)
		walk(pod, &(struct step){.key = top[1].key}, &top[1], pod->spec);
	if (pod->malformed.count > 0)
		pod->seen = ~UINT32_C(0);
}
