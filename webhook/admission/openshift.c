#include "admission/openshift.h"

#include "base/number.h"
#include "policy/role.h"

bool openshift_manages(const struct namespace *ns, const struct json *metadata)
{
	return ns->openshift_uid_range || json_get(json_get(metadata, "annotations"), "openshift.io/scc");
}

/* "1000660000/10000" (start and size) or "1000660000-1000669999": the two spellings that
 * security.openshift.io's uid.ParseRange takes. */
static int parse_range(const char *text, int64_t *first, int64_t *last)
{
	struct slice rest = slice_of(text);
	bool sized = strchr(text, '/') != NULL;
	struct slice start = slice_cut(&rest, sized ? '/' : '-');
	int64_t from, to;

	if (number_parse(start, UINT32_MAX, &from) < 0 || number_parse(rest, UINT32_MAX, &to) < 0)
		return -1;
	*first = from;
	*last = sized ? from + to - 1 : to;
	return 0;
}

static void check_user(struct arena *a, const struct namespace *ns, const struct json *context, const char *pointer,
		       const char *container, enum action action, struct findings *findings)
{
	int64_t first, last, user;

	if (parse_range(ns->openshift_uid_range, &first, &last) < 0 ||
	    json_int(json_get(context, "runAsUser"), &user) < 0 || (user >= first && user <= last))
		return;
	const char *message = arena_printf(a,
					   "runAsUser %lld is outside the namespace's UID range %s: restricted-v2 "
					   "refuses it, leave it unset",
					   (long long)user, ns->openshift_uid_range);
	findings_add(findings, a,
		     (struct finding){.rule = "pss.uidRange", .action = action, .message = message, .place = {.pointer = pointer, .container = container}});
}

void openshift_check(struct arena *a, const struct namespace *ns, const struct subject *s, struct findings *findings)
{
	enum action action = s->controller ? ACTION_WARN : ACTION_AUDIT;

	if (!ns->openshift_uid_range)
		return;
	check_user(a, ns, json_get(s->spec, "securityContext"),
		   arena_printf(a, "%s/spec/securityContext/runAsUser", s->prefix), NULL, action, findings);
	for (size_t l = 0; l < CONTAINER_LISTS; l++) {
		size_t i = 0;
		JSON_EACH(c, json_get(s->spec, container_lists[l]))
			check_user(a, ns, json_get(c, "securityContext"),
				   arena_printf(a, "%s/spec/%s/%zu/securityContext/runAsUser", s->prefix, container_lists[l], i++),
				   json_text(json_get(c, "name"), NULL), action, findings);
	}
}
