/* Pod templates of executors among the texts of a ConfigMap. */
#include "spark/pod_template.h"

#include "base/buf.h"
#include "policy_testing.h"

#define POD "spec:\\n  containers:\\n  - name: x\\n"

static const struct {
	const char *data;
	const char *found; /* "key:container" or "key!" for unreadable, joined by blanks */
} templates[] = {
	{"{'executor-pod-template.yaml':'apiVersion: v1\\nkind: Pod\\n" POD "'}", "executor-pod-template.yaml:x"},
	{"{'template.yml':'" POD "'}", "template.yml:x"},
	{"{'executor-pod-template.yaml.template':'kind: Pod\\n" POD "'}", "executor-pod-template.yaml.template:x"},
	{"{'pod-template.yaml':'null\\n'}", ""},
	{"{'pod-template.yaml':''}", ""},
	{"{'a.yaml':'kind: Deployment\\n" POD "'}", ""},
	{"{'a.yaml':'kind: Pod\\n" POD "---\\n" POD "'}", "a.yaml:x a.yaml:x"},
	{"{'a.txt':'" POD "'}", ""},
	{"{'pod-template.yaml':'a: b: c'}", "pod-template.yaml!"},
	{"{'pod-template.yaml.template':'a: b: c'}", ""}, /* not rendered yet */
	{"{'pod-template.yaml.j2':'a: b: c','e.yml.j2':'kind: Pod\\n" POD "'}", "e.yml.j2:x"},
	{"{'a.yaml':'containers: b: c'}", ""},
};

Test(pod_template, is_found_in_a_config_map)
{
	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++) {
		struct arena a = ARENA_INIT;
		struct pod_templates found;
		struct buf b = buf_in(&a);

		pod_templates_read(&a, parsed(&a, arena_printf(&a, "{'data':%s}", templates[i].data)), &found);
		for (size_t j = 0; j < found.count; j++) {
			const struct pod_template *t = &found.items[j];
			const struct json *first = json_at(json_get(t->spec, "containers"), 0);

			cr_expect_eq(t->spec == NULL, t->unreadable != NULL);
			buf_printf(&b, "%s%s%s%s", j ? " " : "", t->key, t->spec ? ":" : "!", json_text(json_get(first, "name"), ""));
		}
		cr_expect_str_eq(buf_slice(&b).ptr, templates[i].found, "%s", templates[i].data);
		arena_release(&a);
	}
}
