/*
 * finding.h - what the rules and checks have to say about an object: changes
 * (what was or would be rewritten) and findings (what violates a rule).
 *
 * Both are plain lists in an arena, filled by spark/ and pss/, read by
 * admission/ and report/. The order is the order of discovery and is the same
 * on every run. Messages never hold the value of a looked-up object or of a
 * secret key (see setting_is_secret() in spark/setting.h).
 */
#ifndef POLICY_FINDING_H
#define POLICY_FINDING_H

#include "base/arena.h"

#include <stdint.h>

/* What happens where a rule is violated. The lower number is the stricter action. */
enum action { ACTION_DENY, ACTION_WARN, ACTION_AUDIT, ACTION_OFF };

/* The words of policies and reports, by enum. */
#define ACTION_COUNT (ACTION_OFF + 1)
extern const char *const action_words[ACTION_COUNT];

const char *action_name(enum action action); /* "deny", "warn", "audit", "off" */

/* Where a change or a finding is. Every member may be NULL or 0 for "nowhere in particular". */
struct place {
	const char *pointer;   /* JSON Pointer into the object, "/spec/containers/0/args/2" */
	const char *container; /* name of the container */
	const char *key;       /* Spark key */
	unsigned line;         /* in the text at pointer, from 1; 0 = none */
};

/*
 * What a rule is about, by its id: exemptions, reports and the log have nothing else. Layers can give ids that begin with
 * "backend." or "connect." alone (policy/compile_backend.c), all others are the code's.
 *
 * Of where it runs; of the Pod Security half, which has its own mode (docs/contract.md 3).
 */
static inline bool rule_is_of_backend(const char *rule)
{
	return strncmp(rule, "backend.", 8) == 0;
}

static inline bool rule_is_of_pod_security(const char *rule)
{
	return strncmp(rule, "pss.", 4) == 0 || strcmp(rule, "config.podTemplate") == 0;
}

struct change {
	const char *rule;    /* "backend.master" */
	const char *carrier; /* "argv", "shell", "properties", "env" or "spec" */
	struct place place;
	const char *from; /* NULL = was absent; "(redacted)" for secrets */
	const char *to;   /* NULL = removed or disabled */
};

struct changes {
	struct change *items;
	size_t count, cap;
};

void changes_add(struct changes *list, struct arena *a, struct change change);

struct finding {
	const char *rule; /* "backend.master", "pss.runAsNonRoot" */
	enum action action;
	const char *message; /* one line, without the rule id in front */
	struct place place;
	bool upstream; /* a check of the Pod Security Standards that failed, in upstream's words */
};

struct findings {
	struct finding *items;
	size_t count, cap;
	uint64_t *present; /* of a long list, a bit for each hash in it: kept by findings_add() */
};

/* No honest object has more. */
#define FINDINGS_MAX 1000

/* Append; a finding equal in rule, message and pointer to one that is there is dropped. Beyond
 * FINDINGS_MAX the last one is replaced: by one that says that there were more, or by a refusal if
 * there was none before. A refusal that is there always stays. */
void findings_add(struct findings *list, struct arena *a, struct finding finding);

/* Is there one with action deny? */
bool findings_deny(const struct findings *list);

#endif
