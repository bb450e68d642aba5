/*
 * config_map.h - the properties texts and pod templates of a ConfigMap: what
 * rewriting, checking and admission/ share.
 *
 * Ownership: everything in the arena, slices into the ConfigMap. Threads: as the arena.
 */
#ifndef SPARK_CONFIG_MAP_H
#define SPARK_CONFIG_MAP_H

#include "spark/effective.h"
#include "spark/properties.h"
#include "spark/rules.h"
#include "spark/spark.h"

/* All data of one ConfigMap: the API server accepts no more (core validation, MaxSecretSize). */
#define CONFIG_MAP_BYTES (1024u * 1024)

/* One properties text. */
struct config_text {
	const char *key, *pointer; /* "spark-defaults.conf", "/data/spark-defaults.conf" */
	struct slice text;         /* as it is in the ConfigMap */
	struct slice read;         /* what was parsed: text, or text with our marks undone */
	struct properties properties;
	struct view view;          /* of its settings alone */
	const char *malformed;     /* why Spark would not start with it; NULL = it can be read */
};

struct config_texts {
	struct config_text *items;
	size_t count, cap;
	size_t bytes; /* of all data; binaryData counts decoded */
};

/* The properties texts of config_map, in its order; undo: as their user wrote them. There are none where the ConfigMap
 * is larger than the API server accepts. */
void config_texts_read(const struct policy *p, struct arena *a, const struct json *config_map, bool undo,
		       struct config_texts *ret);

/* The rules' input for one text in namespace ns. */
struct rule_input config_text_input(const struct policy *p, const struct namespace *ns, const struct config_text *text);

/* Is value, written in a file, where $(NAME) is not expanded, one of this cluster's own k8s:// masters? */
bool config_master_is_ours(const struct policy *p, struct slice value);

/* Do its labels or its name say that the ConfigMap is not ours to write? */
bool config_map_is_foreign(const struct policy *p, const struct json *config_map);

#endif
