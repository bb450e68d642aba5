/* What runs, or is stored, otherwise than it would be if it were admitted now. */
#include "audit/hygiene_rules.h"

/* ---- backend.drift ---- */

/* Its place, and its value unless a ConfigMap holds it. */
static const char *master_text(struct arena *a, const struct setting *s)
{
	static const char *const sources[] = {[SOURCE_OPTION] = "--master", [SOURCE_CONF] = "--conf", [SOURCE_PROPERTIES_FILE] = "a file",
					      [SOURCE_DEFAULTS_FILE] = "a file", [SOURCE_ENVIRONMENT] = "env MASTER"};

	if (s->config_map)
		return arena_join(a, "the spark.master of ", setting_line(a, s));
	return arena_printf(a, "spark.master=%s (%s)", setting_show(a, s->key, s->value), sources[s->source]);
}

/* The master that the pod, as it runs, has at the place of the finding; NULL where that is not known. */
static const struct setting *running_master(const struct hygiene_case *c, const struct finding *f)
{
	struct subject runs;
	struct spark_asks asks;

	if (strcmp(f->rule, "backend.master") != 0 || subject_of(c->seen->object->object, c->seen->object->kind, &runs) < 0)
		return NULL;
	struct spark_pod pod = {.metadata = runs.metadata, .spec = runs.spec, .pointer = runs.prefix,
				.lookups = &c->seen->facts->lookups, .ns = &c->seen->as_it_is->ns, .match = c->match};
	spark_pod_open(c->h->policy, c->a, &pod);
	spark_pod_ask(c->a, &pod, &asks);
	for (size_t i = 0; i < asks.count; i++) {
		const struct setting *s = asks.items[i].master;
		const char *pointer = s ? setting_place(c->a, s).pointer : NULL;
		if (s && s->literal && s->place.line == f->place.line && f->place.pointer && pointer &&
		    strcmp(pointer, f->place.pointer) == 0)
			return s;
	}
	return asks.count == 1 ? asks.items[0].master : NULL;
}

static bool has(const struct findings *list, const struct finding *f)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].rule, f->rule) == 0 && strcmp(list->items[i].message, f->message) == 0)
			return true;
	return false;
}

/* A ConfigMap that the pod names and that nobody has read, so that nobody knows where it runs. */
static bool any_unseen(const struct lookups *lookups)
{
	for (size_t i = 0; i < lookups->count; i++)
		if (lookups->items[i].state == LOOKUP_UNSEEN)
			return true;
	return false;
}

/* The first refusal of the running pod that a new one would not meet; those that it would meet are the engine's findings. */
static const struct finding *drifted(const struct hygiene_seen *seen, const struct decision *now)
{
	for (size_t i = 0; i < now->findings.count; i++) {
		const struct finding *f = &now->findings.items[i];
		if (f->action != ACTION_DENY || !rule_is_of_backend(f->rule) || has(&seen->simulation->findings, f))
			continue;
		if (strcmp(f->rule, "backend.cannotTell") != 0 || !any_unseen(&seen->facts->lookups))
			return f;
	}
	return NULL;
}

void hygiene_backend_drift(const struct hygiene_case *c)
{
	const struct decision *now = c->seen->as_it_is;
	const struct finding *f = now && now->ns.mode == MODE_ENFORCE ? drifted(c->seen, now) : NULL;

	if (!f || !hygiene_is_on(c, "backend.drift"))
		return;
	const char *backend = backend_name(now->backend);
	const struct setting *master = running_master(c, f);
	const char *way = hygiene_restart(c);
	const char *text =
		master ? arena_printf(c->a, "runs with %s, its namespace's backend is %s: %s", master_text(c->a, master), backend, way)
		       : arena_printf(c->a, "runs in a way that its namespace's backend %s does not allow (%s: %s): %s", backend ? backend : "",
				      f->rule, f->message, way);
	hygiene_say(c, "backend.drift", f->place.pointer, text);
}

/* ---- of a ConfigMap ---- */

void hygiene_config_map_drift(const struct hygiene_case *c)
{
	const struct simulation *s = c->seen->simulation;
	const struct namespace *ns = &s->mutate.ns;

	if (!c->seen->object->live || strcmp(c->seen->object->kind, "ConfigMap") != 0 || s->changes.count == 0 ||
	    ns->mode != MODE_ENFORCE || ns->config_maps != CONFIG_MAPS_REWRITE || s->mutate.patch.count == 0)
		return;
	const struct change *first = &s->changes.items[0];
	const char *backend = backend_name(s->mutate.backend);
	const char *what = backend ? arena_printf(c->a, "is not what the namespace's backend %s asks for", backend)
				   : "still has the marks of a backend that the namespace no longer names";
	const char *more = s->changes.count > 1 ? arena_printf(c->a, " and %zu more", s->changes.count - 1) : "";
	hygiene_say(c, "backend.drift", first->place.pointer,
		    arena_printf(c->a, "its text %s (%s%s): kubectl patch cm %s -n %s --type merge -p '{}'", what,
				 first->place.key ? first->place.key : first->rule, more, hygiene_name(c), c->h->ns->name));
}

/* ---- scope.drift ---- */

/* How many refusals by Pod Security; *first is one of them. */
static size_t refusals(const struct findings *list, const struct finding **first)
{
	size_t count = 0;

	*first = NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct finding *f = &list->items[i];
		if (f->action != ACTION_DENY || !rule_is_of_pod_security(f->rule))
			continue;
		*first = *first ? *first : f;
		count++;
	}
	return count;
}

/* The reasons, without who is at fault: "allowPrivilegeEscalation != false, ...". */
static const char *reasons(const struct hygiene_case *c, const struct namespace *ns)
{
	struct subject runs;
	struct pss_verdict verdict = {.reason = ""};

	if (subject_of(c->seen->object->object, c->seen->object->kind, &runs) == 0)
		pss_evaluate(c->a, ns->pss_level, ns->pss_version, runs.metadata, runs.spec, "", &verdict);
	return verdict.reason;
}

void hygiene_security_drift(const struct hygiene_case *c)
{
	const struct decision *now = c->seen->as_it_is;

	if (!now || now->ns.pss_mode != MODE_ENFORCE || !hygiene_is_on(c, "scope.drift"))
		return;
	const struct finding *first, *other;
	size_t running = refusals(&now->findings, &first), anew = refusals(&c->seen->simulation->findings, &other);
	if (running == 0 || anew >= running)
		return;
	const char *all = anew == 0 ? "would not" : "would violate less of it";
	hygiene_say(c, "scope.drift", first->place.pointer,
		    arena_printf(c->a, "runs in violation of Pod Security %s:%s (%s), and %s if it were created anew: %s",
				 pss_level_name(now->ns.pss_level), now->ns.pss_version, reasons(c, &now->ns), all, hygiene_restart(c)));
}
