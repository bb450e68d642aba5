/*
 * What the texts of a container say of its executors.
 *
 * A little language: "cores=4 max=?" are the sizes that are named, "?" where the number is not known.
 */
#include "spark/sizes.h"

#include "base/buf.h"
#include "policy_testing.h"

static const struct {
	const char *name, *container, *said;
} cases[] = {
	{"nothing", "'command':['start.sh','--name','x']", ""},
	{"in a variable of the script", "'command':['sh','-c','OPTS=\\'--executor-cores 4\\'; start.sh $OPTS']", "cores=4 "},
	{"by its key", "'args':['OPTS=\\'-c spark.executor.instances=5 -c spark.executor.cores=4\\'']", "cores=4 instances=5 "},
	{"that the shell expands", "'args':['OPTS+=(--executor-cores \\'$CORES\\')']", "cores=? "},
	{"in part", "'args':['--executor-cores 4$X']", "cores=? "},
	{"with a fraction", "'args':['--executor-cores 1.5']", "cores=? "},
	{"none at all", "'args':['--executor-cores 0']", "cores=? "},
	{"where it has a value", "'args':['${CORES:+--executor-cores $CORES}']", "cores=? "},
	{"in a loop", "'args':['for c in executor.cores=4 cores.max=8; do O=$O --conf spark.$c; done']", "cores=4 max=8 "},
	{"two that agree", "'args':['--total-executor-cores 8','-c','spark.cores.max=8']", "max=8 "},
	{"two that differ", "'args':['a --total-executor-cores 8 || b --total-executor-cores 9']", "max=? "},
	{"two that differ, and one of them again", "'args':['cores.max=8 cores.max=9 cores.max=9']", "max=? "},
	{"words of an array", "'command':['start.sh','--num-executors','3'],'args':['--total-executor-cores']", "instances=3 max=? "},
	{"in quotes", "'args':['--total-executor-cores=\\'6\\' -c \\'spark.dynamicAllocation.maxExecutors=7\\'']", "max=6 max_executors=7 "},
	{"lines of a file", "'args':['spark.executor.cores 4\\nspark.cores.max\\t: 16\\nspark.executor.instances=\\n']", "cores=4 instances=? max=16 "},
	{"in the environment", "'env':[{'name':'OPTS','value':'--num-executors 4'}]", "instances=4 "},
	{"in a ConfigMap", "'envFrom':[{'configMapRef':{'name':'a'}}]", "cores=4 max=16 "},
	{"what only begins so", "'args':['spark.executor.coresX=1 my.executor.cores=2 spark.cores.max.x=3 xcores.max=4']", ""},
	{"in a comment", "'args':['#!/bin/sh\\n  # cores.max, executor.cores=2\\nexec s --num-executors 3 # cores.max=9']", "instances=3 max=9 "},
	{"behind a comment", "'args':['# cores.max=1\\n: # cores.max=2\\n\\t#cores.max=3 cores.max=4\\n: cores.max=2']", "max=2 "},
	{"that the kubelet expands", "'args':['--executor-cores $(N) --num-executors $(M)'],'env':[{'name':'N','value':'4'}]", "cores=4 instances=? "},
	{"words, and a number", "'args':['echo executor.cores are tuned','--executor-cores 4']", "cores=4 "},
	{"a word in place of one", "'args':['cores.max=auto executor.cores @C@']", "cores=? max=? "},
	{"dynamic allocation is off", "'args':['-c spark.dynamicAllocation.enabled=false -c spark.dynamicAllocation.maxExecutors=9']", "max_executors=9 fixed=1 "},
	{"perhaps", "'args':['dynamicAllocation.enabled=false cores.max=1 dynamicAllocation.enabled=true']", "max=1 fixed=? "},
	{"another word", "'args':['dynamicAllocation.enabled=falsely cores.max=1']", "max=1 fixed=? "},
	{"another size", "'args':['spark.kubernetes.executor.request.cores=2 --executor-memory 1g spark.task.cpus=1']", ""},
};

static const char *said_by(struct arena *a, const struct sizes *s)
{
	const struct {
		const char *name;
		struct size size;
	} all[] = {{"cores", s->cores}, {"instances", s->instances}, {"max", s->max}, {"max_executors", s->max_executors}, {"fixed", s->fixed}};
	struct buf b = buf_in(a);

	for (size_t i = 0; i < COUNT(all); i++)
		if (all[i].size.named && all[i].size.value > 0)
			buf_printf(&b, "%s=%d ", all[i].name, (int)all[i].size.value);
		else if (all[i].size.named)
			buf_printf(&b, "%s=? ", all[i].name);
	return buf_slice(&b).ptr;
}

Test(sizes, are_what_the_texts_name)
{
	json_setup();
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = ARENA_INIT;
		const struct json *map = parsed(&a, "{'data':{'OPTS':'--executor-cores 4 --total-executor-cores 16'}}");
		struct lookups lookups = {.items = {{.name = "a", .state = LOOKUP_FOUND, .object = map}}, .count = 1};
		const struct json *container = parsed(&a, arena_printf(&a, "{%s}", cases[i].container));
		struct environment env;
		struct sizes sizes;

		environment_read(&a, container, "/spec/containers/0", &lookups, &env);
		cr_expect_eq(sizes_read(container, &env, &sizes), cases[i].said[0] != '\0', "%s", cases[i].name);
		cr_expect_str_eq(said_by(&a, &sizes), cases[i].said, "%s: %s", cases[i].name, said_by(&a, &sizes));
		arena_release(&a);
	}
}
