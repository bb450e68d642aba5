/* `sparkgate certs` where the certificates are a cluster's: a Secret, caBundle, Leases (certs/remote.h). */
#include "command/certs.h"

#include "base/clock.h"
#include "base/file.h"
#include "certs/inspect.h"
#include "certs/remote.h"
#include "command/cluster_option.h"
#include "command/command.h"
#include "report/report.h"

#include <stdio.h>

#define PEM_MAX (256u * 1024)

struct session {
	struct arena arena;
	struct kube_config config;
	struct kube_client *client;
	struct remote_secret secret;
};

static void end(struct session *s)
{
	kube_client_free(s->client);
	arena_release(&s->arena);
}

#define SESSION __attribute__((cleanup(end))) struct session

/* Names the place of the error; the error of an unreachable server already names it. */
static int failed(const struct session *s, struct err *err)
{
	if (s->client && !strstr(err->text, s->config.server))
		(void)err_wrap(err, "%s", s->config.server);
	int code = certs_failed(err);
	return s->client ? code : EXIT_USAGE; /* which cluster was not said, or not so that it can be found */
}

static int begin(struct session *s, const struct certs_arguments *args, struct err *err)
{
	s->secret = (struct remote_secret){args->namespace, args->secret};
	if (cluster_option_read(&s->arena, args->kubeconfig, args->context, &s->config, err) < 0)
		return -1;
	s->client = kube_client_new(&s->config, "sparkgate/" SPARKGATE_VERSION);
	return 0;
}

/* ---- show ---- */

static int show_chain(struct session *s, STACK_OF(X509) *chain, const char *file, int64_t now, struct err *err)
{
	int expired = 0;

	for (int i = 0; i < sk_X509_num(chain); i++) {
		struct cert_info info;
		if (cert_describe(&s->arena, sk_X509_value(chain, i), &info, err) < 0)
			return -1;
		info.file = file;
		expired |= certs_show_one(&info, now);
	}
	return expired;
}

static void show_step(const struct material *m)
{
	static const char *const texts[] = {
		[STEP_STEADY] = "none",
		[STEP_ANNOUNCED] = "the new CA is announced; next: every caBundle has it, then the leaf moves to it",
		[STEP_MOVED] = "the leaf is the new CA's; next: every replica serves it, then the old CA goes",
	};

	printf("CA change\n  %s\n", texts[material_step(m)]);
}

/* Which webhook configurations trust the leaf. 1 where one does not. */
static int show_trust(struct session *s, const struct certs_arguments *args, X509 *leaf, struct err *err)
{
	int bad = 0;

	printf("trusted by\n");
	for (enum remote_kind kind = 0; kind < REMOTE_KINDS; kind++) {
		struct bundle_view view;
		if (remote_bundle(s->client, &s->arena, kind, args->configurations, &view, err) < 0) {
			printf("  %-34s %s\n", remote_kind_name(kind), err->text);
			bad = 1;
			continue;
		}
		bool accepts = bundle_accepts(&view, leaf);
		printf("  %-34s %s\n", remote_kind_name(kind), accepts ? "yes" : "NO: its caBundle has another CA");
		bad |= !accepts;
	}
	return bad;
}

static int show_replicas(struct session *s, X509 *leaf, int64_t now, struct err *err)
{
	struct replica *replicas;
	char ours[SHA256_HEX];
	size_t count;
	int bad = 0;

	if (cert_sha256(leaf, ours, err) < 0 ||
	    remote_replicas(s->client, &s->arena, s->secret.namespace, now, &replicas, &count, err) < 0)
		return -1;
	printf("served by\n");
	for (size_t i = 0; i < count; i++) {
		bool same = strcmp(replicas[i].certificate, ours) == 0;
		printf("  %-50s %-16s policy %s\n", report_tame(&s->arena, replicas[i].pod).ptr,
		       !replicas[i].live ? "gone"
		       : same            ? "this one"
					 : "ANOTHER",
		       report_tame(&s->arena, replicas[i].policy).ptr);
		bad |= replicas[i].live && !same;
	}
	if (count == 0)
		printf("  nobody\n");
	return bad;
}

static int show(struct session *s, const struct certs_arguments *args, struct err *err)
{
	MATERIAL m = MATERIAL_NONE;
	int64_t now = clock_unix();
	const char *version;

	if (remote_read(s->client, &s->arena, &s->secret, &m, &version, err) < 0)
		return -1;
	int cas = show_chain(s, m.cas, CA_CERT, now, err),
	    leaves = cas < 0 ? -1 : show_chain(s, m.leaves, LEAF_CERT, now, err);
	if (leaves < 0)
		return -1;
	show_step(&m);
	int trust = show_trust(s, args, m.leaf, err), replicas = show_replicas(s, m.leaf, now, err);
	return replicas < 0 ? -1 : cas | leaves | trust | replicas;
}

int certs_cluster_show(const struct certs_arguments *args)
{
	SESSION s = {.client = NULL};
	struct err err = {""};
	int rc = begin(&s, args, &err);

	if (rc == 0)
		rc = show(&s, args, &err);
	return rc < 0 ? failed(&s, &err) : rc;
}

/* ---- rotate ---- */

/* With the options that were given: it is to be copied. */
static const char *show_command(struct session *s, const struct certs_arguments *args)
{
	const char *kubeconfig = args->kubeconfig ? arena_join(&s->arena, " --kubeconfig ", args->kubeconfig) : "";
	const char *context = args->context ? arena_join(&s->arena, " --context ", args->context) : "";

	return arena_join(&s->arena, args->program, " show --secret ", args->secret, " --namespace ", args->namespace,
			  " --webhook-configurations ", args->configurations, kubeconfig, context);
}

static int rotate(struct session *s, const struct certs_arguments *args, struct err *err)
{
	MATERIAL m = MATERIAL_NONE;
	const char *version;

	if (remote_read(s->client, &s->arena, &s->secret, &m, &version, err) < 0)
		return -1;
	if (material_step(&m) != STEP_STEADY)
		return err_set(err, "a change of the CA is under way: see `%s`", show_command(s, args));
	if ((args->ca ? material_rotate_ca(&m, clock_unix(), err) : material_rotate(&m, &s->arena, clock_unix(), err)) < 0)
		return -1;
	return remote_write(s->client, &s->arena, &s->secret, version, &m, err);
}

int certs_cluster_rotate(const struct certs_arguments *args)
{
	SESSION s = {.client = NULL};
	struct err err = {""};

	if (begin(&s, args, &err) < 0 || rotate(&s, args, &err) < 0)
		return failed(&s, &err);
	if (args->ca)
		printf("Secret %s of %s: a new CA is announced. The replicas do the rest: caBundle, server certificate, the old CA goes.\n"
		       "Watch it with `%s`\n", args->secret, s.config.server, show_command(&s, args));
	else
		printf("Secret %s of %s: new server certificate; every replica serves it within a second\n", args->secret, s.config.server);
	return 0;
}

/* ---- patch ---- */

static int read_ca(struct session *s, const struct certs_arguments *args, struct slice *ret, struct err *err)
{
	MATERIAL m = MATERIAL_NONE;
	const char *version;

	if (args->dir)
		return file_read(&s->arena, arena_join(&s->arena, args->dir, "/" CA_CERT), PEM_MAX, ret, err);
	if (remote_read(s->client, &s->arena, &s->secret, &m, &version, err) < 0)
		return -1;
	return remote_ca(&s->arena, &m, ret, err);
}

static int patch(struct session *s, const struct certs_arguments *args, struct slice ca, struct err *err)
{
	for (enum remote_kind kind = 0; kind < REMOTE_KINDS; kind++) {
		bool changed;
		if (remote_patch(s->client, &s->arena, kind, args->configurations, ca, &changed, err) < 0)
			return err_wrap(err, "%s %s", remote_kind_name(kind), args->configurations);
		printf("%s %s: %s\n", remote_kind_name(kind), args->configurations,
		       changed ? "caBundle written" : "has it already, nothing changed");
	}
	return 0;
}

int certs_cluster_patch(const struct certs_arguments *args)
{
	SESSION s = {.client = NULL};
	CLEANUP(chain) STACK_OF(X509) *chain = NULL;
	struct err err = {""};
	struct slice ca;

	if (begin(&s, args, &err) < 0)
		return failed(&s, &err);
	if (read_ca(&s, args, &ca, &err) < 0 || chain_parse(ca, &chain, &err) < 0)
		return args->dir ? certs_failed(&err) : failed(&s, &err);
	return patch(&s, args, ca, &err) < 0 ? failed(&s, &err) : 0;
}
