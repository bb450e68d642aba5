#include "certs/replicas.h"

#include "base/clock.h"
#include "base/json_write.h"

#include <stdio.h>

/* In one list; no Deployment of ours has more replicas. */
#define REPLICAS_MAX 256

#define CERTIFICATE_KEY "sparkgate.io/certificate"
#define POLICY_KEY      "sparkgate.io/policy"

const char *replica_collection(struct arena *a, const char *namespace)
{
	return arena_join(a, "/apis/coordination.k8s.io/v1/namespaces/", namespace, "/leases");
}

/* A name may have 253 bytes; that of a longer pod name is cut, and stays valid. */
static const char *lease_name(struct arena *a, const char *pod)
{
	char *name = arena_printf(a, "sparkgate-%.*s", 253 - (int)sizeof("sparkgate"), pod);
	size_t len = strlen(name);

	while (name[len - 1] == '-' || name[len - 1] == '.')
		name[--len] = '\0';
	return name;
}

const char *replica_path(struct arena *a, const struct kube_identity *me)
{
	return arena_join(a, replica_collection(a, me->namespace), "/", lease_name(a, me->pod));
}

static void write_annotations(struct json_writer *w, const struct replica_word *word)
{
	json_write_open(w, '{');
	json_write_member(w, CERTIFICATE_KEY, word->certificate);
	json_write_member(w, POLICY_KEY, word->policy);
	json_write_close(w, '}');
}

static void write_owner(struct json_writer *w, const struct kube_identity *me)
{
	json_write_key(w, SLICE_LIT("ownerReferences"));
	json_write_open(w, '[');
	json_write_open(w, '{');
	json_write_member(w, "apiVersion", "v1");
	json_write_member(w, "kind", "Pod");
	json_write_member(w, "name", me->pod);
	json_write_member(w, "uid", me->uid);
	json_write_close(w, '}');
	json_write_close(w, ']');
}

static void write_metadata(struct json_writer *w, const struct replica_word *word)
{
	json_write_open(w, '{');
	json_write_member(w, "name", lease_name(w->out->arena, word->me->pod));
	json_write_member(w, "namespace", word->me->namespace);
	json_write_key(w, SLICE_LIT("labels"));
	json_write_open(w, '{');
	json_write_member(w, "app.kubernetes.io/name", "sparkgate");
	json_write_member(w, "app.kubernetes.io/component", "replica");
	json_write_close(w, '}');
	json_write_key(w, SLICE_LIT("annotations"));
	write_annotations(w, word);
	if (word->me->uid)
		write_owner(w, word->me);
	json_write_close(w, '}');
}

static void write_spec(struct json_writer *w, const struct replica_word *word)
{
	char now[CLOCK_TEXT_SIZE];

	clock_print_micro(word->now, now);
	json_write_open(w, '{');
	json_write_member(w, "holderIdentity", word->me->pod);
	json_write_key(w, SLICE_LIT("leaseDurationSeconds"));
	json_write_int(w, REPLICA_SECONDS);
	json_write_member(w, "renewTime", now);
	json_write_close(w, '}');
}

struct slice replica_print(struct arena *a, const struct replica_word *word)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	json_write_member(&w, "apiVersion", "coordination.k8s.io/v1");
	json_write_member(&w, "kind", "Lease");
	json_write_key(&w, SLICE_LIT("metadata"));
	write_metadata(&w, word);
	json_write_key(&w, SLICE_LIT("spec"));
	write_spec(&w, word);
	json_write_close(&w, '}');
	return buf_slice(&out);
}

static void open_operation(struct json_writer *w, const char *path)
{
	json_write_open(w, '{');
	json_write_member(w, "op", "add");
	json_write_member(w, "path", path);
	json_write_key(w, SLICE_LIT("value"));
}

struct slice replica_renewal(struct arena *a, const struct replica_word *word)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '[');
	open_operation(&w, "/metadata/annotations");
	write_annotations(&w, word);
	json_write_close(&w, '}');
	open_operation(&w, "/spec");
	write_spec(&w, word);
	json_write_close(&w, '}');
	json_write_close(&w, ']');
	return buf_slice(&out);
}

/* ---- reading ---- */

static bool is_live(const struct json *spec, int64_t now)
{
	int64_t renewed, seconds;

	return clock_parse_time(json_slice(json_get(spec, "renewTime")), &renewed) == 0 &&
	       json_int(json_get(spec, "leaseDurationSeconds"), &seconds) == 0 && seconds > 0 && seconds < 24 * 3600 &&
	       now - renewed <= seconds;
}

struct replica *replicas_read(struct arena *a, const struct json *list, int64_t now, size_t *count)
{
	struct replica *replicas = ARENA_ARRAY(a, REPLICAS_MAX, struct replica);

	*count = 0;
	JSON_EACH(lease, json_get(list, "items")) {
		const struct json *spec = json_get(lease, "spec");
		const struct json *notes = json_get(json_get(lease, "metadata"), "annotations");

		if (*count == REPLICAS_MAX)
			break;
		replicas[(*count)++] = (struct replica){
			.pod = arena_dup(a, slice_of(json_text(json_get(spec, "holderIdentity"), ""))),
			.certificate = arena_dup(a, slice_of(json_text(json_get(notes, CERTIFICATE_KEY), ""))),
			.policy = arena_dup(a, slice_of(json_text(json_get(notes, POLICY_KEY), ""))),
			.live = is_live(spec, now),
		};
	}
	return replicas;
}

bool replicas_serve(const struct replica *replicas, size_t count, const char *certificate)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (!replicas[i].live)
			continue;
		if (strcmp(replicas[i].certificate, certificate) != 0)
			return false;
		any = true;
	}
	return any;
}
