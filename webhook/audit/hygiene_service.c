/*
 * A master's host that is the name of a Service of this namespace, and no such Service is there. Names of other namespaces,
 * of single pods behind a headless Service and of other domains are not judged: those Services are not known here.
 */
#include "audit/hygiene_rules.h"

#include "policy/master_url.h"

#define LABELS_MAX 8

/* host in its labels, the trailing dot aside; false where it has more, or is an address. */
static bool split(struct slice host, struct slice labels[LABELS_MAX], size_t *count)
{
	*count = 0;
	if (slice_ends(host, "."))
		host.len--;
	while (host.len > 0) {
		if (*count == LABELS_MAX)
			return false;
		labels[(*count)++] = slice_cut(&host, '.');
	}
	for (size_t i = 0; i < *count; i++)
		for (size_t b = 0; b < labels[i].len; b++)
			if (!strchr("0123456789", labels[i].ptr[b]))
				return !memchr(labels[0].ptr, '[', labels[0].len);
	return false;
}

/* The Service of namespace ns that host names; ptr NULL where it names none. "POD.SERVICE" looks like "NAME.NS": it is the
 * former where there is such a Service. */
static struct slice service_in(const struct hygiene_case *c, struct slice host)
{
	const char *ns = c->h->ns->name;
	const struct slice none = SLICE_NONE;
	struct slice labels[LABELS_MAX];
	size_t count, at = 2;

	if (!split(host, labels, &count) || slice_is(host, "localhost"))
		return none;
	if (count == 1)
		return labels[0];
	if (count == 2 && texts_has(&c->h->ns->services, labels[1]))
		return none;
	while (at < count && !slice_is(labels[at], "svc"))
		at++;
	if (count > 2 && at == count)
		return none;
	return slice_is(labels[at - 1], ns) ? labels[at - 2] : none;
}

/* A pod may bring its own names. */
static bool is_alias(const struct json *spec, struct slice host)
{
	JSON_EACH(alias, json_get(spec, "hostAliases"))
		JSON_EACH(name, json_get(alias, "hostnames"))
			if (slice_eq(json_slice(name), host))
				return true;
	return false;
}

/* The hosts of master without a Service: "spark-master"; "" where all have one, or it is not known. */
static const char *missing(const struct hygiene_case *c, struct slice master, const struct json *spec)
{
	struct buf b = buf_in(c->a);
	struct master_url url;
	struct err err = {""};

	if (master_url_parse(master, &url, &err) < 0 || url.kind != MASTER_STANDALONE)
		return "";
	for (size_t i = 0; i < url.host_count; i++) {
		struct slice rest = url.hosts[i];
		struct slice host = slice_cut(&rest, ':');
		struct slice service = service_in(c, host);

		if (service.ptr && !texts_has(&c->h->ns->services, service) && !is_alias(spec, host))
			buf_printf(&b, "%s%.*s", b.len > 0 ? ", " : "", SLICE_ARG(service));
	}
	return b.len > 0 ? buf_slice(&b).ptr : "";
}

/* Is it the namespace's annotation, which everybody may see? */
static bool is_namespaces(const struct hygiene_case *c, struct slice master)
{
	const char *own = c->d ? c->d->ns.standalone_master : c->h->parsed->standalone_master;

	return own && slice_is(master, own);
}

void hygiene_service(const struct hygiene_case *c)
{
	for (size_t i = 0; c->h->ns->services_known && i < c->asks.count; i++) {
		const struct setting *s = c->asks.items[i].master;
		const char *names = s && s->literal ? missing(c, s->value, c->created.spec) : "";

		if (!*names)
			continue;
		if (s->config_map && !is_namespaces(c, s->value))
			names = arena_printf(c->a, "that the spark.master of %s names", setting_line(c->a, s));
		hygiene_say(c, "scope.noService", setting_place(c->a, s).pointer,
			    arena_printf(c->a, "its master has no Service %s in namespace %s, the name resolves to nothing: create it, or "
					       "correct %s", names, c->h->ns->name,
					 is_namespaces(c, s->value) ? "sparkgate.io/standaloneMaster" : "spark.master"));
	}
}

/* For the Namespace, where no server had the finding. */
void hygiene_namespace_service(const struct hygiene_case *c)
{
	const struct namespace *ns = c->h->parsed;

	if (!c->h->ns->services_known || ns->mode == MODE_NONE || ns->backend != BACKEND_STANDALONE || !ns->standalone_master ||
	    c->h->ask.servers > 0)
		return;
	const char *names = missing(c, slice_of(ns->standalone_master), NULL);
	if (*names)
		hygiene_say(c, "scope.noService", "/metadata/annotations/sparkgate.io~1standaloneMaster",
			    arena_printf(c->a, "the master %s has no Service %s in namespace %s, the name resolves to nothing: create it, or "
					       "correct sparkgate.io/standaloneMaster", ns->standalone_master, names, c->h->ns->name));
}
