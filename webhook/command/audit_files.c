/* A world made of manifests: what `audit -f` walks over. */
#include "command/audit.h"

#include "admission/entry.h"
#include "audit/kinds.h"
#include "base/kubernetes.h"
#include "facts/cluster.h"

#include <stdlib.h>

/* An object of the input, where an audit comes to it. */
struct place_in_world {
	const char *namespace;
	size_t rank; /* of its kind */
	const struct review_item *item;
	const struct review_file *file;
	size_t order; /* in the input */
};

struct files {
	struct audit_source source; /* first */
	struct review_input *input;
	const struct policy *policy;
	bool any; /* object was there */
	struct place_in_world *entries;
	size_t count, cap;
	size_t at, end; /* the namespace's entries that are left */
};

/* The versions of one group are one kind; the core group has v1 alone. */
static bool is_of_group(const char *api_version, const struct review *r)
{
	struct slice rest = slice_of(api_version), group = slice_cut(&rest, '/');

	return *r->group ? rest.len > 0 && slice_is(group, r->group) : strcmp(api_version, r->version) == 0;
}

static size_t rank_of(const struct review_item *item)
{
	const struct review *r = &item->review;
	for (size_t i = 0; i < AUDIT_KIND_COUNT; i++) {
		const struct audit_kind *k = &audit_kinds[i];
		if (strcmp(k->kind, r->kind) == 0 && is_of_group(k->api_version, r))
			return i;
	}
	return AUDIT_KIND_COUNT;
}

static bool is_asked_for(const struct option_list *only, const char *namespace)
{
	for (size_t i = 0; i < only->count; i++)
		if (strcmp(only->items[i], namespace) == 0)
			return true;
	return only->count == 0;
}

static void add_entry(struct files *f, const struct review_file *file, const struct review_item *item,
		      const struct option_list *only)
{
	bool is_namespace = strcmp(item->review.kind, "Namespace") == 0;
	const char *namespace = item->review.namespace;
	size_t rank = rank_of(item);

	if (!item->object || !is_asked_for(only, namespace))
		return;
	f->any = true;
	if (rank == AUDIT_KIND_COUNT && !is_namespace)
		return;
	if (!is_namespace && !audit_wants(&audit_kinds[rank], f->policy, f->input->arena, item->object))
		return;
	f->entries = arena_grow(f->input->arena, f->entries, &f->cap, f->count + 1, sizeof(*f->entries));
	f->entries[f->count] =
		(struct place_in_world){namespace, is_namespace ? AUDIT_KIND_COUNT : rank, item, file, f->count};
	f->count++;
}

static int by_place(const void *a, const void *b)
{
	const struct place_in_world *x = a, *y = b;
	int order = audit_compare_namespaces(x->namespace, y->namespace);

	if (order == 0 && x->rank != y->rank)
		order = x->rank < y->rank ? -1 : 1;
	if (order == 0)
		order = strcmp(x->item->review.name, y->item->review.name);
	return order ? order : x->order < y->order ? -1 : 1;
}

static void add_text(struct arena *a, struct texts *list, size_t *cap, const char *text)
{
	*ARENA_PUSH(a, list->items, cap, list->count) = text;
}

static void add_json(struct arena *a, const struct json ***list, size_t *count, size_t *cap, const struct json *object)
{
	*list = arena_grow(a, *list, cap, *count + 1, sizeof(**list));
	(*list)[(*count)++] = object;
}

/* What exists beside the workloads, and the names of the ConfigMaps with a role. */
static void read_beside(struct files *f, struct audit_namespace *ns)
{
	struct arena *a = f->input->arena;
	size_t caps[4] = {0};

	for (size_t i = f->at; i < f->end; i++) {
		const struct json *object = f->entries[i].item->object;
		const char *kind = f->entries[i].item->review.kind, *name = f->entries[i].item->review.name;
		if (strcmp(kind, "Service") == 0)
			add_text(a, &ns->services, &caps[0], name);
		else if (strcmp(kind, "ResourceQuota") == 0)
			add_json(a, &ns->quotas, &ns->quota_count, &caps[1], object);
		else if (strcmp(kind, "LimitRange") == 0)
			add_json(a, &ns->limit_ranges, &ns->limit_range_count, &caps[2], object);
		else if (strcmp(kind, "ConfigMap") == 0)
			add_text(a, &ns->connect_configs, &caps[3], name);
	}
	/* Files that hold no Service say nothing about Services. */
	ns->services_known = ns->services.count > 0;
}

/* The Namespace itself comes last; of several the last one counts, as in the facts. */
static void note_place(const struct files *f, struct audit_namespace *ns)
{
	const struct place_in_world *e = &f->entries[f->end - 1];

	if (e->rank != AUDIT_KIND_COUNT)
		return;
	ns->file = e->file->path;
	ns->document = e->item->number;
	ns->yaml = &e->file->stream.items[e->item->document];
	ns->pointer = e->item->pointer;
}

static int next_namespace(struct audit_source *source, struct audit_namespace *ret, struct err *err)
{
	struct files *f = (struct files *)source;

	f->at = f->end;
	if (f->at == f->count)
		return 0;
	const char *name = f->entries[f->at].namespace;
	while (f->end < f->count && strcmp(f->entries[f->end].namespace, name) == 0)
		f->end++;
	const struct needs needs = {.namespace = name};
	if (f->input->cluster && facts_cluster_fetch(f->input->cluster, f->input->facts, &needs, err) < 0)
		return -1;
	*ret = (struct audit_namespace){
		.name = name, .object = facts_index_namespace(f->input->facts, name), .facts = f->input->facts};
	note_place(f, ret);
	read_beside(f, ret);
	return 1;
}

/* Was it in a cluster when it was written down (kubectl get -o yaml)? Only an API server gives a uid; a pod has a phase besides,
 * unless somebody made a manifest of it. What an AdmissionReview asks about is not there yet. */
static bool was_in_cluster(const struct review_item *item)
{
	const struct json *object = item->object;
	const char *uid = json_text(json_get(json_get(object, "metadata"), "uid"), "");
	const char *phase = json_text(json_get(json_get(object, "status"), "phase"), "");
	bool is_pod = review_subject_kind(&item->review) == SUBJECT_POD;

	return *uid && (!is_pod || *phase) && !slice_ends(slice_of(item->pointer), "/request/object");
}

static int next_object(struct audit_source *source, struct audit_object *ret, struct err *err)
{
	struct files *f = (struct files *)source;

	(void)err;
	while (f->at < f->end && f->entries[f->at].rank < AUDIT_FIRST_WORKLOAD)
		f->at++;
	if (f->at == f->end || f->entries[f->at].rank == AUDIT_KIND_COUNT)
		return 0;
	const struct place_in_world *e = &f->entries[f->at++];
	*ret = (struct audit_object){.object = e->item->object,
				     .kind = e->item->review.kind,
				     .live = was_in_cluster(e->item),
				     .owner = kubernetes_owner(f->input->arena, json_get(e->item->object, "metadata")),
				     .file = e->file->path,
				     .document = e->item->number,
				     .yaml = &e->file->stream.items[e->item->document],
				     .pointer = e->item->pointer};
	return 1;
}

static int fetch(struct audit_source *source, struct audit_namespace *ns, const struct needs *needs, struct err *err)
{
	struct files *f = (struct files *)source;

	(void)ns;
	return f->input->cluster ? facts_cluster_fetch(f->input->cluster, f->input->facts, needs, err) : 0;
}

static size_t namespace_count(const struct audit_source *source)
{
	(void)source;
	return 0;
}

static const struct audit_source_class class = {next_namespace, next_object, fetch, namespace_count};

struct audit_source *audit_files_open(struct review_input *input, const struct policy *policy,
				      const struct option_list *only)
{
	struct files *f = ARENA_NEW(input->arena, struct files);

	/* What is not among the input may still exist in the cluster, unless the cluster was asked. */
	f->source = (struct audit_source){&class, input->cluster ? LOOKUP_MISSING : LOOKUP_UNSEEN, input->facts_file,
					  input->namespace_named};
	f->input = input;
	f->policy = policy;
	for (size_t i = 0; i < input->count; i++)
		for (size_t k = 0; k < input->files[i].count; k++)
			add_entry(f, &input->files[i], &input->files[i].items[k], only);
	if (!f->any)
		return NULL;
	if (f->count > 0)
		qsort(f->entries, f->count, sizeof(*f->entries), by_place);
	return &f->source;
}
