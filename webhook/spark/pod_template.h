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
 * What counts: a text with a name like *.yaml or *.yml (.template, .tmpl, .tpl or .j2 may follow) with a document that has a
 * spec with containers and is a Pod or has no kind (Spark does not ask for one). A document "null", which operators
 * write where there is no template, does not count. An unreadable text counts if its name is that of a pod template, and
 * it is not to be rendered first.
 *
 * Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef SPARK_POD_TEMPLATE_H
#define SPARK_POD_TEMPLATE_H

#include "base/arena.h"
#include "base/json.h"

/* Templates have a few dozen lines; libyaml takes more than linear time on hostile text. */
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
