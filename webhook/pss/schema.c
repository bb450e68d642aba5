/*
 * schema.c - "could the API server decode this?" for the fields that Pod Security reads, the rest of a
 * securityContext, and what people write most in a pod. One table of shapes, one walk over the pod; linear.
 * On its way the walk notes which of the fields that a check forbids are there at all (enum pss_seen).
 *
 * Types are those of k8s.io/api/core/v1/types.go. Other members are not looked at.
 */
#include "base/json_patch.h"
#include "base/json_walk.h"
#include "base/number.h"
#include "pss/pod.h"

/* Up to KIND_OPAQUE only the type is checked. */
enum kind { KIND_ANY, KIND_BOOL, KIND_STRING, KIND_OPAQUE, KIND_INT32, KIND_INT64, KIND_OBJECT, KIND_VOLUME, KIND_MAP, KIND_ARRAY };

struct shape {
	const char *key; /* NULL ends a table */
	uint32_t mark;   /* slice_mark() of key */
	enum kind kind;
	const struct shape *members; /* of an object; or the one shape of what is in a map or array */
	uint32_t seen;               /* enum pss_seen: the field is there */
};

#define FIELD_AS(name, what, of, bit) \
	{.key = (name), .mark = JSON_WALK_MARK(name), .kind = KIND_##what, .members = (of), .seen = (bit)}
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
static const struct shape volume = VALUE(VOLUME, volume_members);
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

struct walk {
	struct pss_pod *pod;
	const char *root; /* "metadata" or "spec" */
	uint32_t seen;    /* enum pss_seen */
};

/* Where the walk is: a linked path on the stack, written out only for a fault. */
struct step {
	const struct step *parent; /* NULL at metadata and spec */
	const struct json *v;
	size_t index; /* of an element */
};

/* As the API server's decoder reads them: digits alone, so neither 1.0 nor 1e3. Below zero there is one more. */
static bool is_whole(const struct json *v, int64_t max)
{
	struct slice digits = json_walk_number(v);

	if (digits.len < 10 && slice_digits(digits))
		return true; /* nearly all */
	bool negative = slice_skip(&digits, SLICE_LIT("-"));
	int64_t n;

	if (number_parse(digits, INT64_MAX, &n) < 0)
		return negative && max == INT64_MAX && slice_is(digits, "9223372036854775808");
	return n - negative <= max;
}

static const enum json_type types[] = {
	[KIND_BOOL] = JSON_BOOL,	[KIND_STRING] = JSON_STRING,  [KIND_OPAQUE] = JSON_OBJECT,
	[KIND_INT32] = JSON_NUMBER,	[KIND_INT64] = JSON_NUMBER,   [KIND_OBJECT] = JSON_OBJECT,
	[KIND_VOLUME] = JSON_OBJECT,	[KIND_MAP] = JSON_OBJECT,     [KIND_ARRAY] = JSON_ARRAY,
};

static void write_path(struct buf *text, struct buf *pointer, const struct step *at, const char *root)
{
	struct slice key = at->parent ? json_walk_key(at->v) : slice_of(root);

	if (at->parent)
		write_path(text, pointer, at->parent, root);
	if (!key.ptr) {
		buf_printf(text, "[%zu]", at->index);
		buf_printf(pointer, "/%zu", at->index);
		return;
	}
	buf_printf(text, "%s%s", at->parent ? "." : "", key.ptr);
	buf_printf(pointer, "/%s", json_pointer_token(pointer->arena, key));
}

static void note(struct walk *w, const struct step *at, enum kind wanted)
{
	static const char *const names[] = {
		[KIND_BOOL] = "a boolean",
		[KIND_STRING] = "a string",
		[KIND_OPAQUE] = "an object",
		[KIND_INT32] = "a whole number of 32 bits",
		[KIND_INT64] = "a whole number",
		[KIND_OBJECT] = "an object",
		[KIND_VOLUME] = "an object",
		[KIND_MAP] = "an object",
		[KIND_ARRAY] = "an array",
	};
	struct pss_pod *pod = w->pod;
	struct buf text = buf_in(pod->arena), pointer = buf_in(pod->arena);

	buf_adds(&pointer, pod->prefix);
	write_path(&text, &pointer, at, w->root);
	buf_printf(&text, " must be %s, got %s", names[wanted], json_type_name(json_walk_type(at->v)));
	pss_list_add(&pod->malformed, pod->arena, buf_slice(&text).ptr);
	pss_list_add(&pod->malformed_pointers, pod->arena, buf_slice(&pointer).ptr);
}

/* The shape of a member, searched from the one after the last found onwards: API servers write members in the order of
 * types.go, which is that of the tables. */
static inline const struct shape *find(const struct shape *table, const struct shape *from, const struct json *member)
{
	const struct shape *shape;

	for (shape = from; shape->key; shape++)
		if (json_walk_is(member, shape->key, shape->mark))
			return shape;
	for (shape = table; shape != from; shape++)
		if (json_walk_is(member, shape->key, shape->mark))
			return shape;
	return NULL;
}

static void walk_object(struct walk *w, const struct step *at, const struct shape *table);
static void walk_values(struct walk *w, const struct step *at, const struct shape *shape);
static void walk_volume(struct walk *w, const struct step *at, const struct shape *table);

/* Recursion is as deep as the table, six levels. Inline, since it is all that is done for most values. */
static inline void walk(struct walk *w, const struct step *at, const struct shape *shape)
{
	if (json_walk_type(at->v) != types[shape->kind])
		note(w, at, shape->kind);
	else if (shape->kind <= KIND_OPAQUE)
		return;
	else if (shape->kind == KIND_OBJECT)
		walk_object(w, at, shape->members);
	else if (shape->kind >= KIND_MAP)
		walk_values(w, at, shape->members);
	else if (shape->kind == KIND_VOLUME)
		walk_volume(w, at, shape->members);
	else if (!is_whole(at->v, shape->kind == KIND_INT32 ? INT32_MAX : INT64_MAX))
		note(w, at, shape->kind);
}

static void walk_object(struct walk *w, const struct step *at, const struct shape *table)
{
	const struct shape *from = table;
	struct step step = {.parent = at};

	for (const struct json *m = json_walk_first(at->v); m; m = json_walk_next(m)) {
		const struct shape *shape = find(table, from, m);

		if (!shape)
			continue;
		from = shape + 1;
		if (shape->kind == KIND_ANY || json_walk_type(m) == JSON_NULL)
			continue; /* null counts as absent for the decoder */
		w->seen |= shape->seen;
		step.v = m;
		walk(w, &step, shape);
	}
}

static void walk_values(struct walk *w, const struct step *at, const struct shape *shape)
{
	struct step step = {.parent = at};

	for (const struct json *m = json_walk_first(at->v); m; m = json_walk_next(m)) {
		step.v = m;
		if (json_walk_type(m) != JSON_NULL)
			walk(w, &step, shape);
		else if (shape->kind == KIND_VOLUME)
			w->seen |= PSS_SEEN_ODD_VOLUME;
		w->seen |= shape->seen;
		step.index++;
	}
}

static void walk_volume(struct walk *w, const struct step *at, const struct shape *table)
{
	uint32_t before = w->seen;

	w->seen = 0;
	walk_object(w, at, table);
	if (!(w->seen & PSS_SEEN_PLAIN_VOLUME))
		w->seen |= PSS_SEEN_ODD_VOLUME;
	w->seen |= before;
}

void pss_schema_check(struct pss_pod *pod, const struct json *metadata)
{
	static const struct shape top[] = {VALUE(OBJECT, metadata_shape), VALUE(OBJECT, spec_shape)};
	struct walk w = {.pod = pod};

	w.root = "metadata";
	if (json_type(metadata) != JSON_NULL)
		walk(&w, &(struct step){.v = metadata}, &top[0]);
	w.root = "spec";
	if (json_type(pod->spec) != JSON_NULL)
		walk(&w, &(struct step){.v = pod->spec}, &top[1]);
	pod->seen = pod->malformed.count > 0 ? ~UINT32_C(0) : w.seen;
}
