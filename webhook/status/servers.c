/* The Connect servers of a namespace: how each is configured, where it runs, and whether that is what the namespace asks for. */
#include "status/part.h"

#include "base/kubernetes.h"
#include "base/number.h"
#include "kube/list.h"
#include "policy/master_url.h"
#include "spark/master.h"
#include "spark/places.h"

#define PAGE 200
#define UI_PORT 4040
#define TLS_OFFSET 400 /* JettyUtils.startJettyServer() */

struct reading_of {
	struct status_asker *asker;
	const struct policy *policy;
	struct status_namespace *ns;
	struct status_server *server;
	struct namespace own; /* with the pod's override */
	struct spark_places places;
	const struct place_value *master; /* NULL: no place sets it, or it is not known what Spark takes */
};

/* ---- the pod ---- */

static void read_pod(struct arena *a, const struct json *pod, struct status_server *s)
{
	const struct json *metadata = json_get(pod, "metadata");
	const char *owner = kubernetes_owner(a, metadata);

	s->owner = owner ? owner : "";
	s->pod = json_text(json_get(metadata, "name"), "");
	s->phase = kubernetes_is_leaving(pod) ? "Terminating" : json_text(json_get(json_get(pod, "status"), "phase"), "");
	s->ready = kubernetes_pod_is_ready(pod);
	if (clock_parse_time(json_slice(json_get(metadata, "creationTimestamp")), &s->since) < 0)
		s->since = 0;
}

/* ---- how it is configured ---- */

static void fill_lookups(struct reading_of *r, struct lookups *lookups)
{
	struct arena *a = r->asker->arena;

	for (size_t i = 0; i < lookups->count; i++) {
		struct lookup *l = &lookups->items[i];
		bool missing = false;
		const char *where = status_in_namespace(a, r->ns->name);
		const char *path = arena_printf(a, "/api/v1/namespaces/%s/configmaps/%s", r->ns->name, l->name);
		if (!kube_name_ok(l->name))
			continue;
		if (!status_ask(r->asker, path, "get configmaps", where, &missing, &l->object))
			l->state = LOOKUP_FOUND;
		else if (missing)
			l->state = LOOKUP_MISSING;
	}
}

static const struct place_value *winner(const struct reading_of *r, const char *key)
{
	return spark_places_winner(&r->places, slice_of(key));
}

static void read_settings(struct reading_of *r, const struct json *pod, const struct role_match *match)
{
	struct arena *a = r->asker->arena;
	struct lookups *lookups = ARENA_ARRAY(a, 1, struct lookups);
	struct spark_pod spark = {.metadata = json_get(pod, "metadata"), .spec = json_get(pod, "spec"), .pointer = "",
				  .lookups = lookups, .ns = &r->own, .match = *match};

	namespace_override(r->policy, a, &r->ns->ns, spark.metadata, &r->own);
	spark_pod_lookups(a, spark.spec, lookups);
	fill_lookups(r, lookups);
	spark_pod_open(r->policy, a, &spark);
	spark_places_of(a, &spark, &r->places);
	const struct place_value *master = winner(r, "spark.master");
	r->server->unseen = r->places.unseen;
	if (!master)
		return;
	r->server->master = arena_dup(a, slice_of(master->shown));
	r->server->from = master->how;
	r->server->uncertain = !master->literal || spark_places_uncertain(master);
	r->master = r->server->uncertain || r->server->unseen ? NULL : master;
}

/* ---- where it runs ---- */

static unsigned port_of(const struct reading_of *r, const char *key, unsigned otherwise)
{
	const struct place_value *port = winner(r, key);
	int64_t number;

	return port && port->literal && number_parse(port->value, 65535, &number) == 0 && number > 0 ? (unsigned)number : otherwise;
}

/* SSLOptions.parse in core/src/main/scala/org/apache/spark/SSLOptions.scala: the UI's own setting, else the general one. */
static bool is_tls(const struct reading_of *r)
{
	const struct place_value *own = winner(r, "spark.ssl.ui.enabled"), *all = winner(r, "spark.ssl.enabled");

	return (own || all) && setting_value_says(own ? own->value : all->value, "true");
}

/* Utils.userPort() of Spark, with which its UI finds the port for TLS where spark.ssl.ui.port names none. */
static unsigned tls_port(unsigned port)
{
	return (port + TLS_OFFSET - 1024) % (65536 - 1024) + 1024;
}

static void ask(struct reading_of *r)
{
	struct status_server *s = r->server;
	const struct place_value *ui = winner(r, "spark.ui.enabled");
	unsigned port = port_of(r, "spark.ui.port", UI_PORT);

	if (strcmp(s->phase, "Running") != 0)
		s->not_asked = "it is not running";
	else if (ui && setting_value_says(ui->value, "false"))
		s->not_asked = "spark.ui.enabled is false";
	else if (!kube_name_ok(s->pod))
		s->not_asked = "its name is not a valid pod name";
	else
		status_ask_driver(r->asker, r->ns->name, is_tls(r) ? "https:" : "",
				  is_tls(r) ? port_of(r, "spark.ssl.ui.port", tls_port(port)) : port, s);
}

/* Would admission take what is configured? */
static bool configured_fits(const struct reading_of *r)
{
	return (r->own.backend == BACKEND_K8S && r->master->put_in) || master_fits(r->policy, &r->own, r->master->value);
}

static bool is_k8s(struct slice master)
{
	struct master_url url;
	struct err ignored;

	return master_url_parse(master, &url, &ignored) == 0 && url.kind == MASTER_K8S;
}

/* Spark puts https:// in where no scheme is written (Utils.checkAndGetK8sMasterUrl). */
static bool fits_as_written(const struct reading_of *r, struct slice real)
{
	struct slice rest = real;

	if (master_fits(r->policy, &r->own, real))
		return true;
	return slice_skip(&rest, SLICE_LIT("k8s://https://")) &&
	       master_fits(r->policy, &r->own, slice_of(arena_printf(r->asker->arena, "k8s://%.*s", SLICE_ARG(rest))));
}

/* The driver knows an API server by the address that was put in, and no policy names that: what put it there tells whose it is. */
static enum status_fit real_fits(const struct reading_of *r, struct slice real)
{
	if (fits_as_written(r, real))
		return STATUS_FITS;
	if (r->own.backend != BACKEND_K8S || !is_k8s(real))
		return STATUS_WRONG;
	if (!r->master)
		return STATUS_UNTOLD;
	return r->master->put_in ? STATUS_FITS : STATUS_WRONG;
}

static enum status_fit fits(const struct reading_of *r)
{
	if (r->ns->unknown || r->own.mode == MODE_NONE || r->own.backend == BACKEND_NONE)
		return STATUS_UNTOLD;
	if (r->server->real_master)
		return real_fits(r, slice_of(r->server->real_master));
	if (!r->master)
		return STATUS_UNTOLD;
	return configured_fits(r) ? STATUS_FITS : STATUS_WRONG;
}

static bool is_restarted(struct slice owner)
{
	return slice_starts(owner, "Deployment ") || slice_starts(owner, "StatefulSet ") || slice_starts(owner, "DaemonSet ");
}

/* A Job's next pod is made of the template that it was admitted with, which nobody can change. */
static const char *way_out(struct arena *a, const char *owner)
{
	if (is_restarted(slice_of(owner)))
		return arena_join(a, "restart ", owner);
	if (slice_starts(slice_of(owner), "Job "))
		return arena_join(a, "delete ", owner, "; whoever made it makes it anew");
	return *owner ? arena_join(a, "delete the pod, ", owner, " makes it anew") : "delete it, and make it anew";
}

static void judge(struct reading_of *r)
{
	struct status_server *s = r->server;
	struct arena *a = r->asker->arena;

	s->fit = fits(r);
	if (s->fit != STATUS_WRONG)
		return;
	const char *master = s->real_master ? s->real_master : s->master;
	const char *own = r->own.backend == BACKEND_K8S ? r->policy->k8s_master : r->own.standalone_master;
	const char *wanted = own ? own : backend_name(r->own.backend);
	const char *elsewhere = arena_join(a, "pod ", s->pod, s->real_master ? " runs on " : " is configured for ", master,
					   ", its namespace asks for ", wanted);
	if (r->own.mode == MODE_ENFORCE)
		status_say(a, &r->ns->problems, arena_join(a, elsewhere, ": ", way_out(a, s->owner)));
	else
		status_say(a, &r->ns->notes, arena_join(a, elsewhere, ": mode ", mode_name(r->own.mode),
							" leaves it there, it moves when it is made anew in mode enforce"));
}

/* All pods are collected first, then what takes long is asked: a list that is read slowly expires. */
struct pods {
	const struct json *items[STATUS_SERVERS_MAX];
	size_t count;
};

static void take_page(struct status_asker *asker, const struct policy *policy, const struct json *page, struct pods *pods,
		      struct status_namespace *ns)
{
	struct arena scratch = ARENA_INIT;

	JSON_EACH(item, json_get(page, "items")) {
		if (spark_role_of_pod(policy, &scratch, json_get(item, "metadata"), json_get(item, "spec")).role != ROLE_CONNECT_SERVER)
			continue;
		if (pods->count == STATUS_SERVERS_MAX)
			ns->server_more++;
		else
			pods->items[pods->count++] = json_copy(asker->arena, item);
	}
	arena_release(&scratch);
}

static void add_server(struct status_asker *asker, const struct policy *policy, struct status_namespace *ns, const struct json *pod)
{
	struct role_match match = role_of_pod(policy, asker->arena, json_get(pod, "metadata"), json_get(pod, "spec"));
	struct reading_of r = {.asker = asker, .policy = policy, .ns = ns, .server = &ns->servers[ns->server_count++]};

	*r.server = (struct status_server){.owner = ""};
	read_pod(asker->arena, pod, r.server);
	read_settings(&r, pod, &match);
	ask(&r);
	judge(&r);
}

void status_servers(struct status_asker *asker, const struct policy *policy, struct status_namespace *ns)
{
	const char *where = status_in_namespace(asker->arena, ns->name);
	const char *path = arena_printf(asker->arena, "/api/v1/namespaces/%s/pods", ns->name);
	struct arena pages = ARENA_INIT;
	const struct json *page;
	struct err err = {""};
	struct pods found = {.count = 0};
	int rc;

	ns->servers = ARENA_ARRAY(asker->arena, STATUS_SERVERS_MAX, struct status_server);
	struct kube_list *list = kube_list_new(asker->client, path, PAGE);
	while ((rc = kube_list_next(list, &pages, &page, &err)) > 0)
		take_page(asker, policy, page, &found, ns);
	if (rc < 0)
		ns->servers_unknown = kube_list_status(list) == 403 ? status_forbidden(asker->arena, "list pods", where)
								    : arena_dup(asker->arena, slice_of(err.text));
	kube_list_free(list);
	arena_release(&pages);
	for (size_t i = 0; i < found.count; i++)
		add_server(asker, policy, ns, found.items[i]);
}
