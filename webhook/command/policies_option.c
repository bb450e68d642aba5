#include "command/policies_option.h"

#include "command/command.h"
#include "kube/identity.h"
#include "policy/config_map_layer.h"
#include "report/report.h"
#include "status/ask.h"
#include "status/status.h"

#include <stdio.h>

/* Where it is: both parts become parts of a path. */
static int split(struct arena *a, const char *text, const char **namespace, const char **name, struct err *err)
{
	struct slice rest = slice_of(text), head = slice_cut(&rest, '/');
	struct kube_identity me;

	*name = strchr(text, '/') ? arena_dup(a, rest) : text;
	if (*name != text) {
		*namespace = arena_dup(a, head);
	} else {
		if (kube_identity_read(a, KUBE_ACCOUNT_DIR, &me, err) < 0)
			return err_wrap(err, "outside of a pod its namespace must be given, NAMESPACE/%s", text);
		*namespace = me.namespace;
	}
	if (!kube_name_ok(*namespace) || !kube_name_ok(*name))
		return err_set(err, "'%s' is not NAMESPACE/NAME of a ConfigMap", text);
	return 0;
}

static int read_layer(struct arena *a, struct kube_client *client, const char *text, struct policy_layer *ret, struct err *err)
{
	const char *namespace = NULL, *name = NULL;
	const struct json *object;
	struct err failure = {""};
	struct slice body;
	int status;

	if (split(a, text, &namespace, &name, err) < 0)
		return -1;
	const char *path = arena_join(a, "/api/v1/namespaces/", namespace, "/configmaps/", name);
	if (kube_get(client, a, path, &status, &body, &failure) < 0)
		return status == 404 && name == text ? 0 : err_set(err, "GET %s: %s", path, failure.text);
	if (json_parse(a, body, &object, err) < 0)
		return err_wrap(err, "GET %s", path);
	return config_map_layer(a, name, object, ret, err);
}

static int load(struct arena *a, struct kube_client *client, const struct policies_option *option, const char *configmap,
		struct policy **ret, struct err *err)
{
	struct policy_layer layer = {.count = 0};
	struct policy_options options = {.paths = option->paths, .path_count = option->path_count, .may_be_empty = true,
					 .wider_selectors = configmap != NULL};

	if (configmap && read_layer(a, client, configmap, &layer, err) < 0)
		return -1;
	if (configmap)
		options.above = &layer;
	return policy_load(&options, ret, err);
}

/* ---- the replicas' ---- */

static const struct status_replica *one_that_differs(const struct status_gate *gate, const struct policy *policy)
{
	for (size_t i = 0; i < gate->replica_count; i++)
		if (*gate->replicas[i].policy && strcmp(gate->replicas[i].policy, policy->hash) != 0)
			return &gate->replicas[i];
	return NULL;
}

/* Why their policy is not known; NULL: that of one of them is. */
static const char *why_unknown(const struct status_gate *gate)
{
	const char *why = gate->replicas_unknown ? gate->replicas_unknown : "there is none";

	for (size_t i = 0; i < gate->replica_count; i++) {
		if (*gate->replicas[i].policy)
			return NULL;
		why = gate->replicas[i].unknown ? gate->replicas[i].unknown : "its metrics do not say";
	}
	return why;
}

static void say(struct arena *a, const struct policies_option *option, const char *text)
{
	fprintf(stderr, "sparkgate %s: %s\n", option->command, report_tame(a, text).ptr);
}

/* Another release has other shipped policies: no file makes up for that. */
static const char *what_helps(struct arena *a, const struct status_replica *other, const struct err *failure)
{
	if (*other->version && strcmp(other->version, SPARKGATE_VERSION) != 0)
		return arena_join(a, "they are sparkgate ", other->version, ", this is " SPARKGATE_VERSION ": use that one");
	if (failure->text[0])
		return arena_printf(a, "ConfigMap %s, which has theirs, could not be used: %s", other->layer, failure->text);
	if (other->layer)
		return arena_printf(a, "it is not what ConfigMap %s holds: give their files with --policies, or see their logs", other->layer);
	return "give their files with --policies";
}

/* *policy becomes the one of the replicas, or it is said that it is another one. */
static void follow(struct arena *a, struct kube_client *client, const struct policies_option *option, const struct status_gate *gate,
		   struct policy **policy)
{
	const struct status_replica *other = one_that_differs(gate, *policy);
	const char *unknown = why_unknown(gate);
	struct policy *theirs = NULL;
	struct err failure = {""};

	if (unknown && option->verbose)
		say(a, option, arena_printf(a, "by which policy the replicas in %s judge is not known: %s", gate->namespace, unknown));
	if (!other)
		return;
	if (other->layer && load(a, client, option, other->layer, &theirs, &failure) == 0 && !one_that_differs(gate, theirs)) {
		policy_unref(*policy);
		*policy = theirs;
		return;
	}
	policy_unref(theirs);
	say(a, option, arena_printf(a, "the replicas in %s judge by policy %s, this by the shipped one, %s: %s", gate->namespace,
				    other->policy, (*policy)->hash, what_helps(a, other, &failure)));
}

int policies_option_of_cluster(struct arena *a, struct kube_client *client, const struct policies_option *option,
			       struct policy **ret, struct err *err)
{
	struct status_asker asker = {.client = client, .arena = a};
	const struct status_gate *gate = option->found;
	struct status_gate asked;

	if (load(a, client, option, option->configmap, ret, err) < 0)
		return option->configmap ? err_wrap(err, "--policies-configmap") : -1;
	if (!client || option->path_count > 0 || option->configmap)
		return 0;
	if (!gate) {
		if (!kube_name_ok(option->gate))
			return policy_unref(*ret), err_set(err, "--sparkgate-namespace: '%s' is not a valid namespace name", option->gate);
		status_find_policy(&asker, option->gate, &asked);
		gate = &asked;
	}
	follow(a, client, option, gate, ret);
	return 0;
}

int policies_option_of_config(struct arena *a, const struct kube_config *kube, const struct policies_option *option,
			      struct policy **ret, struct err *err)
{
	struct kube_client *client = kube ? kube_client_new(kube, "sparkgate/" SPARKGATE_VERSION) : NULL;
	int rc = policies_option_of_cluster(a, client, option, ret, err);

	kube_client_free(client);
	return rc;
}
