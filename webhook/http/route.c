#include "http/route.h"

#include <strings.h>

static const struct {
	const char *path, *name;
	enum listener only;
	bool both, post;
} routes[] = {
	[ROUTE_MUTATE] = {"/mutate", "mutate", LISTENER_HTTPS, false, true},
	[ROUTE_VALIDATE] = {"/validate", "validate", LISTENER_HTTPS, false, true},
	[ROUTE_LIVEZ] = {"/livez", "livez", LISTENER_HTTPS, true, false},
	[ROUTE_READYZ] = {"/readyz", "readyz", LISTENER_HTTPS, true, false},
	[ROUTE_METRICS] = {"/metrics", "metrics", LISTENER_METRICS, false, false},
};

const char *route_name(enum route route)
{
	return route < ROUTE_NONE ? routes[route].name : "other";
}

/* Only the media type counts; a charset after it is fine (RFC 9110 section 8.3). */
static bool is_json(const char *content_type)
{
	static const char json[] = "application/json";

	if (!content_type || strncasecmp(content_type, json, sizeof(json) - 1) != 0)
		return false;
	const char *behind = content_type + sizeof(json) - 1;
	return strchr("; \t", *behind) != NULL; /* the NUL counts */
}

static enum route by_path(enum listener listener, const char *path)
{
	for (enum route r = ROUTE_MUTATE; r < ROUTE_NONE; r++)
		if (strcmp(path, routes[r].path) == 0 && (routes[r].both || routes[r].only == listener))
			return r;
	return ROUTE_NONE;
}

struct routed route_find(enum listener listener, const char *method, const char *path, const char *content_type)
{
	enum route r = by_path(listener, path);

	if (r == ROUTE_NONE)
		return (struct routed){r, 404, NULL, listener == LISTENER_HTTPS
							     ? "not found; there are /mutate, /validate, /livez and /readyz\n"
							     : "not found; there are /metrics, /livez and /readyz\n"};
	if (routes[r].post && strcmp(method, "POST") != 0)
		return (struct routed){r, 405, "POST", "method not allowed; an AdmissionReview is POSTed\n"};
	if (!routes[r].post && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return (struct routed){r, 405, "GET, HEAD", "method not allowed; this is for GET\n"};
	if (routes[r].post && !is_json(content_type))
		return (struct routed){r, 415, NULL, "unsupported media type; expected Content-Type: application/json\n"};
	return (struct routed){.route = r};
}
