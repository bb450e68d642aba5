/*
 * rule_settings.h - the settings that a rule is about: for each key that fits, the one that counts.
 *
 *	struct rule_settings found = {.view = view};
 *	rule_settings_begin(&found, arena, rule);
 *	for (const struct setting *s; (s = rule_settings_next(&found));)
 *		...
 *
 * Keys come in sorted order. A rule may cover thousands (spark.hadoop.*): n log n. One struct serves one rule after
 * another, and what it needs is allocated once.
 *
 * Ownership: arena. Threads: as the arena.
 */
#ifndef SPARK_RULE_SETTINGS_H
#define SPARK_RULE_SETTINGS_H

#include "base/arena.h"
#include "policy/policy.h"
#include "spark/effective.h"

struct rule_settings {
	const struct view *view;
	const struct rule *rule;
	const struct setting **items; /* of keys that fit, by key; those of one key in the view's order */
	size_t count, cap, at;

	/* Of the key that rule_settings_next() found last, so that nobody searches the view for it again. */
	struct setting_group {
		const struct setting *winner; /* view_winner() */
		const struct setting *file;   /* view_file_winner() */
		bool on_line;                 /* is it on the command line? */
	} group;
};

void rule_settings_begin(struct rule_settings *found, struct arena *a, const struct rule *rule);

/* The winner of the next key (view_winner()); NULL at the end. */
const struct setting *rule_settings_winner(struct rule_settings *found);

/* For the next key that has one: a file's setting that breaks the rule, where the winner is a guess (view_is_guess()),
 * else the winner, if its value matches the rule or may. NULL at the end. */
const struct setting *rule_settings_next(struct rule_settings *found);

#endif
