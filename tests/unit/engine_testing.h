/* engine_testing.h - what tests of whole decisions share: objects and namespaces in few words, one decision, what it says. */
#ifndef ENGINE_TESTING_H
#define ENGINE_TESTING_H

#include "admission/simulate.h"
#include "base/buf.h"
#include "policy_testing.h"

#define ARGV(container_rest, ...) \
	"{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" __VA_ARGS__ "]" container_rest "}]}}"
#define START "'/opt/spark/sbin/start-connect-server.sh'"
#define FOREGROUND ",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'}]"
#define SERVER ARGV(FOREGROUND, START ",'--master','local[*]'")
#define ROOT_POD \
	"{'kind':'Pod','metadata':{'name':'p'},'spec':{'securityContext':{'runAsNonRoot':false},'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}"
#define STANDALONE "'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://m:7077'"
#define K8S "'sparkgate.io/backendMode':'k8s'"

static inline const struct json *namespace_of(struct arena *a, const char *mode, const char *annotations)
{
	return parsed(a, arena_printf(a, "{'kind':'Namespace','metadata':{'name':'team','labels':{%s%s%s},'annotations':{%s}}}",
				      mode ? "'sparkgate.io/mode':'" : "", mode ? mode : "", mode ? "'" : "", annotations));
}

static inline struct review review_of(struct arena *a, const char *object)
{
	const struct json *o = parsed(a, object);
	const char *kind = json_text(json_get(o, "kind"), "");

	return (struct review){.uid = "u", .operation = OP_CREATE, .group = strcmp(kind, "Deployment") == 0 ? "apps" : "",
			       .version = "v1", .kind = kind, .resource = "things", .subresource = "", .namespace = "team",
			       .name = json_text(json_get(json_get(o, "metadata"), "name"), ""), .user = "u", .object = o};
}

struct world {
	struct arena a;
	struct policy *policy;
	struct facts facts;
	struct simulation sim;
};

static inline struct decision decide(struct world *w, enum endpoint endpoint, struct review *review)
{
	struct engine_request request = {endpoint, review};
	struct decision d;

	engine_decide(&request, &w->facts, w->policy, &w->a, &d);
	return d;
}

/* What becomes of object in a namespace of that mode, of which no ConfigMap is there: w->sim. */
static inline void admit(struct world *w, const char *mode, const char *annotations, const char *object)
{
	struct review review;
	struct needs needs;
	struct err err = {""};

	review = review_of(&w->a, object);
	w->facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w->a, mode, annotations)};
	simulate_needs(&review, w->policy, &w->a, &needs);
	w->facts.lookups = needs.lookups;
	for (size_t i = 0; i < needs.lookups.count; i++)
		w->facts.lookups.items[i].state = LOOKUP_MISSING;
	cr_assert_eq(simulate(&review, &w->facts, w->policy, &w->a, &w->sim, &err), 0, "%s", err.text);
}

static inline const char *warnings_text(struct world *w)
{
	struct buf b = buf_in(&w->a);

	for (size_t i = 0; i < w->sim.warning_count; i++)
		buf_printf(&b, "%s\n", w->sim.warnings[i]);
	return buf_slice(&b).ptr;
}

/* The facts of a namespace where ConfigMap "conf" holds config, if that is not NULL, and nothing else is. */
static inline void look_up(struct world *w, const char *annotations, struct review *review, enum endpoint endpoint, const char *config)
{
	struct engine_request request = {endpoint, review};
	struct needs needs;

	engine_needs(&request, w->policy, &w->a, &needs);
	w->facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w->a, "enforce", annotations), .lookups = needs.lookups};
	for (size_t i = 0; i < needs.lookups.count; i++) {
		struct lookup *lookup = &w->facts.lookups.items[i];

		lookup->state = config && strcmp(lookup->name, "conf") == 0 ? LOOKUP_FOUND : LOOKUP_MISSING;
		if (lookup->state == LOOKUP_FOUND)
			lookup->object = parsed(&w->a, arena_printf(&w->a, "{'data':{'spark-defaults.conf':'%s'}}", config));
	}
}

/* The answer's words: warnings, the refusal, and the texts of its audit annotations. */
static inline const char *answer_text(struct arena *a, const struct decision *d)
{
	struct buf b = buf_in(a);

	for (size_t i = 0; i < d->answer.warning_count; i++)
		buf_printf(&b, "warning: %s\n", d->answer.warnings[i]);
	if (!d->allowed)
		buf_printf(&b, "refused: %s\n", d->answer.message);
	for (size_t i = 0; i < d->answer.audit_count; i++)
		buf_printf(&b, "audit %s=%s\n", d->answer.audit[i][0], d->answer.audit[i][1]);
	return b.len ? buf_slice(&b).ptr : "";
}

#endif
