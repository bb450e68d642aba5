/* Our Lease, and those of the others. */
#include "certs/keeper_state.h"

#include "certs/replicas.h"

static struct replica_word our_word(struct certs_keeper *k, char hash[16])
{
	return (struct replica_word){.me = k->options->me,
				     .certificate = k->state.certificate, /* written by this thread alone */
				     .policy = k->options->policy ? k->options->policy(k->options->closure, hash) : "",
				     .now = keeper_now(k) * 1000};
}

static int renew(struct certs_keeper *k, struct arena *a, struct err *err)
{
	char hash[16];
	struct replica_word word = our_word(k, hash);
	const char *namespace = k->options->me->namespace, *path = replica_path(a, k->options->me);
	int status;
	int rc = keeper_write(k, a, KUBE_PATCH, path, replica_renewal(a, &word), &status, NULL, err);

	if (rc < 0 && status == 404)
		rc = keeper_write(k, a, KUBE_POST, replica_collection(a, namespace), replica_print(a, &word), &status,
				  NULL, err);
	k->lease_made = rc == 0;
	return rc;
}

void keeper_look_after_lease(struct certs_keeper *k)
{
	struct arena a = ARENA_INIT;
	struct err err = {""};
	char said[sizeof(k->state.certificate)];

	if (!k->served.leaf || !keeper_is_due(&k->lease_pace))
		return;
	memcpy(said, k->state.certificate, sizeof(said));
	if (renew(k, &a, &err) < 0)
		keeper_wrong(k, &k->lease_pace, &err);
	else /* another certificate may have come while this was on its way */
		keeper_right(k, &k->lease_pace,
			     strcmp(said, k->state.certificate) == 0 ? REPLICA_RENEW_SECONDS * CLOCK_SECOND : 0);
	arena_release(&a);
}

void keeper_ask_replicas(struct certs_keeper *k)
{
	struct arena a = ARENA_INIT;
	struct err err = {""};
	struct slice text;
	const struct json *list;
	const char *path =
		arena_join(&a, replica_collection(&a, k->options->me->namespace), "?labelSelector=" REPLICA_SELECTOR);
	size_t count;
	int status;

	k->replicas_agree = false;
	if (kube_once(k->client, &a, KUBE_GET, path, SLICE_LIT(""), &status, &text, &err) < 0 ||
	    json_parse(&a, text, &list, &err) < 0) {
		keeper_wrong(k, &k->ask_pace, &err);
	} else {
		const struct replica *replicas = replicas_read(&a, list, keeper_now(k), &count);
		k->replicas_agree = replicas_serve(replicas, count, k->state.certificate);
		keeper_right(k, &k->ask_pace, KEEPER_ASK_NS);
	}
	arena_release(&a);
}

void keeper_leave(struct certs_keeper *k)
{
	struct arena a = ARENA_INIT;
	struct err ignored = {""};
	int status;

	if (k->lease_made && keeper_write(k, &a, KUBE_DELETE, replica_path(&a, k->options->me), SLICE_LIT(""), &status,
					  NULL, &ignored) < 0)
		keeper_tell(k, LOG_WARN, "LeaseLeft", ignored.text);
	arena_release(&a);
}
