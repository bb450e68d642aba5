/*
 * pod_template.h - the executor pod templates that a ConfigMap holds as YAML texts
 * (spark.kubernetes.executor.podTemplateFile): read for Pod Security, never written.
 *
 *	struct pod_templates templates;
 *	pod_templates_read(arena, config_map, &templates);
 *	for (size_t i = 0; i < templates.count; i++)
 *		if (templates.items[i].spec)
 *			... pss_evaluate(arena, level, version, t->metadata, t->spec, "", &verdict);
 *
 * What counts: a text under a name like *.yaml, *.yml (also behind .template), one of whose documents is a
 * Pod, or has a spec with containers and no kind (Spark asks for none). A document "null", as an operator
 * writes it where there is no template, is none.
 *
 * Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef SPARK_POD_TEMPLATE_H
#define SPARK_POD_TEMPLATE_H

#include "base/arena.h"
#include "base/json.h"

/* Templates are some dozens of lines; libyaml takes more than linear time on hostile text. */
#define POD_TEMPLATE_BYTES (64u * 1024)
#define POD_TEMPLATES_MAX 8

struct pod_template {
	const char *key, *pointer;   /* "executor-pod-template.yaml", "/data/executor-pod-template.yaml" */
	const struct json *metadata; /* may be NULL */
	const struct json *spec;     /* NULL where the text is unreadable */
	const char *unreadable;      /* one line: "line 3: ..."; NULL where it was read */
};

struct pod_templates {
	struct pod_template items[POD_TEMPLATES_MAX];
	size_t count;
};

void pod_templates_read(struct arena *a, const struct json *config_map, struct pod_templates *ret);

#endif
