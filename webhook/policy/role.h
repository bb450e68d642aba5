/*
 * role.h - which role an object plays, by the policy's selectors: the same
 * question that the webhook configurations' matchConditions ask, answered more
 * exactly (they may call too much, never too little).
 *
 * Rules (docs/contract.md 2): an executor has the label spark-role=executor and the
 * shape (a container without command whose args[0] is "executor" or a
 * *ExecutorBackend class, or env SPARK_EXECUTOR_ID with SPARK_DRIVER_URL) and no
 * word of a server anywhere; the label alone says nothing. Words beat labels. A pod of
 * which labels alone tell is none where its label sparkgate.io/role says "none".
 */
#ifndef POLICY_ROLE_H
#define POLICY_ROLE_H

#include "base/json.h"
#include "policy/policy.h"

struct role_match {
	enum role role;
	bool label_only;    /* known by its labels alone, and nothing in it could start a Connect server
			     * (role_could_serve()): backend findings only warn */
	const char *reason; /* "label app=spark-connect", "container spark: start-connect-server.sh" */
	bool by_label;      /* a label alone says so: sparkgate.io/role=none would make it ROLE_NONE */
};

/* The role of a pod (or pod template): metadata and spec as they are in the object; either may be NULL. */
struct role_match role_of_pod(const struct policy *p, struct arena *a, const struct json *metadata,
			      const struct json *spec);

/* The same where the commands were read, and what names a Connect server in them is known to start none (a comment, an echo, pgrep,
 * test -x), or no start is visible in them and the label sparkgate.io/role says none: only all else counts. spark_pod_open() finds
 * that out. */
struct role_match role_of_pod_without_start(const struct policy *p, struct arena *a, const struct json *metadata, const struct json *spec);

/* Does metadata have the label sparkgate.io/role: none? */
bool role_says_none(const struct json *metadata);

/* Does a label of metadata say so too, or alone? */
bool role_is_labelled(const struct policy *p, const struct role_match *match, const struct json *metadata);

/* ROLE_CONNECT_CONFIG or ROLE_NONE: by a label, or by a text that config_text_is_servers(). */
struct role_match role_of_config_map(const struct policy *p, struct arena *a, const struct json *config_map);

/* Is it one by a label, whatever its texts say? Then texts of clients in it are a server's, too. */
bool config_map_is_labelled(const struct policy *p, const struct json *config_map);

/* Does a properties text say that it is for a Connect client: spark.remote, or spark.api.mode=connect? Spark refuses a
 * remote beside a master. */
bool config_text_is_clients(struct slice text);

/* Is data key `key` with this text a Connect server's: one that data_key_is_properties(), sets a key of the areas that only a
 * server reads (spark.connect.grpc.*, ...), or any spark.connect.* where policy names the data key, and is no client's? */
bool config_text_is_servers(const struct policy *p, struct slice key, struct slice text);

/* ---- of one container, whatever its pod is ---- */

/* The members of a pod's spec that hold containers, in the order in which they are asked. */
#define CONTAINER_LISTS 3
extern const char *const container_lists[CONTAINER_LISTS];

/* Is it an executor by its shape, or of a role other than the Connect server's by its words? (A server's are read more
 * exactly where its command line is found: spark/cmdline.h.) */
bool role_is_daemon_or_executor(const struct policy *p, const struct json *container);

/* Could it start Spark? Not if a command of another program replaces what its image does. */
bool role_could_start_spark(const struct policy *p, const struct json *container);

/*
 * Could it start a Connect server that nobody sees in it, in a pod (of this metadata) that a label makes one? Not if
 *	- a command replaces what its image does, and none of its words is one of policy's launchers: a program's name or a suffix
 *	  (".sh") at a word's end, the beginning of a class's name anywhere; or
 *	- each launcher, of command or args, is explained by its own command: java, spark-class, spark-submit, an entrypoint by the
 *	  class of a history or Thrift server behind it, spark-submit or a shell of Spark's by --remote, entrypoint.sh by the
 *	  launcher that it runs; no explanation is another launcher's as well; or
 *	- env SPARK_REMOTE, of another host and without MASTER, makes it a client (and no word of its commands, which may take it
 *	  away, names it), and its launchers are scripts alone (start-notebook.sh): neither java nor a program, an entrypoint, a role
 *	  or an option of Spark's; or
 *	- it has no command, there is neither a launcher, nor an entrypoint's role, nor an option of Spark's among its args, the name of
 *	  its image holds neither "spark" nor "connect", and either it has args, or a part of that name is what the pod's label
 *	  app.kubernetes.io/component says ("redis", not "server"; not beside sparkgate.io/role).
 * All else that has neither command nor args could: the image alone decides.
 */
bool role_could_serve(const struct policy *p, const struct json *metadata, const struct json *container);

/* Beside a container that only names a Connect server: is this one likely to be it? A launcher that nothing explains, options of
 * Spark's, or no command and "connect" in its image's name. */
bool role_hints_at_server(const struct policy *p, const struct json *container);

/* The first script of a container that could serve of which nobody knows what it starts; ptr NULL: none is. *alone: nothing else
 * could start Spark there, and it is no entrypoint that runs its arguments, so its text in its place would tell. */
struct slice role_unknown_script(const struct policy *p, const struct json *container, bool *alone);

/* ---- for policy/role_near.h, which explains a role ---- */

/* Does a label's value satisfy a selector's: a '*' stands for any run of bytes, NULL for any value? */
bool role_value_fits(const char *wanted, struct slice value);

/* Do labels hold all pairs of m? */
bool role_labels_fit(const struct json *labels, const struct label_match *m);

/* The element of command or args that names an image's entrypoint's role ("connect-server"): the first arg of the image's own
 * entrypoint, or what follows a script's name, as an element or inside one. NULL: none does. */
const struct json *role_entrypoint(const struct json *container, const char *name);

/* Does a ConfigMap with these labels have the one of a selector, "key" or "key=value"? */
bool config_label_fits(const struct json *labels, const char *wanted);

/* Does the container look like an executor's (rules above)? */
bool role_has_executor_shape(const struct json *container);

/* The name that a data key has when somebody has filled in its template: "x.conf" of "x.conf.j2". As it is, where it says no
 * template. */
struct slice data_key_without_template_suffix(struct slice key);

/* Is data key `key` with this text one that may be rewritten? (Named by policy, or it sets a
 * spark.* key; never YAML, XML, metrics, security and log4j texts, nor, for keys that policy does
 * not name, a script, HOCON or other text that merely has such a line.) */
bool data_key_is_properties(const struct policy *p, struct slice key, struct slice text);

/* May Spark read what it sets, in a pod that has it? True for more texts than may be rewritten: a script that holds
 * settings writes them into a file. Not for a text of another grammar, by its name or its first byte: what copies
 * such a text to where Spark reads is not known (docs/threat-model.md). If the pod itself says that a text is read,
 * spark/files.h has it, whatever it is called. */
bool data_key_may_be_read(const struct policy *p, struct slice key, struct slice text);

#endif
