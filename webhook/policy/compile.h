/*
 * compile.h - reads each kind of policy document into the policy in the making.
 *
 * One function per kind; each notes problems (policy/node.h) and goes on. If there was any, the policy is thrown away.
 *
 * Private to policy/.
 */
#ifndef POLICY_COMPILE_H
#define POLICY_COMPILE_H

#include "policy/node.h"

/* A mention of a rule: judged when all layers are read. */
struct compile_mention {
	const char *file;
	unsigned line;
	const char *who, *rule; /* "exemption 'x' names", an id with '*' for any run of bytes */
};

struct compiler {
	struct policy *policy;
	struct arena *scratch;         /* documents and notes: gone when the policy is made */
	const struct texts *known_ids; /* see policy_options */
	bool wider_selectors;          /* see policy_options */
	bool keep_tests;               /* see policy_options */
	unsigned layer;                /* 0 = shipped */
	const char **seen;             /* what this layer holds already */
	size_t seen_count, seen_cap;
	size_t rule_cap, check_cap, exemption_cap, wrong_key_cap, selector_cap, entrypoint_cap, test_cap;
	/* What the webhook is called for: the selectors of the shipped layer. */
	struct role_selector *called_roles;
	size_t called_role_count;
	struct texts called_config_maps;
	struct compile_mention *mentions;
	size_t mention_count, mention_cap;
	struct texts removed; /* ids of rules that a later layer removed: a case may say that they are gone */
	size_t removed_cap;
	size_t warning_cap;
	const char *versions_file; /* where bounds were last read */
	unsigned versions_line;
};

/* The fields that every document has. */
#define COMPILE_HEAD "apiVersion", "kind", "name"
#define COMPILE_WORDS(list) (list), COUNT_OF(list)

/* Record that kind and id are in this layer; false (and a problem is noted) if they were there
 * before, or if the layer holds more than LIMIT_POLICY_RULES things. */
bool compile_once(struct compiler *c, const struct node *n, const char *kind, const char *id);

/* Record that who ("exemption 'x' names") mentions rule at n. The rule may be in a file that is read later, so a
 * missing one is noted as a problem at the end. */
void compile_mention(struct compiler *c, const struct node *n, const char *who, const char *rule);
void compile_mentions_judge(struct compiler *c, struct arena *a, struct policy_problems *problems);

/* "site.yaml:7", in the policy's arena. */
const char *compile_place(const struct node *n);

/* What lint has to say about place: good, but hardly meant. */
void compile_warn(struct compiler *c, const char *place, const char *text);

/* A layer removes the rule: its id stays known. */
void compile_removed(struct compiler *c, const char *id);

/* "all", "4.1", "4.0+", "3.5-4.0" of member `versions`. Notes what is missing or wrong. */
struct version_range compile_versions(const struct node *n);

/* The end of day "2027-03-31" in UTC, in seconds since 1970; -1 if text is not a date. */
int64_t compile_date(struct slice text);

void compile_backend(struct compiler *c, const struct node *document);
void compile_checks(struct compiler *c, const struct node *document);
void compile_selectors(struct compiler *c, const struct node *document);
void compile_exemptions(struct compiler *c, const struct node *document);
void compile_tests(struct compiler *c, const struct node *document);

/* Of the whole policy: what is hardly meant. */
void compile_exemptions_finish(struct compiler *c);

#endif
