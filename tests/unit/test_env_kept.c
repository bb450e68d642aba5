/* Which commands leave the variables of their container alone. */
#include "policy_testing.h"

#include "spark/env_kept.h"

#define S "/opt/spark/sbin/start-connect-server.sh --master k8s://https://$KUBERNETES_SERVICE_HOST:443"

/* What people write. */
static const char *const texts_that_keep[] = {
	S,
	"exec " S,
	"set -euxo pipefail\nmkdir -p /tmp/x && cp -r /conf/* /tmp/x\nexec " S " \"$@\"",
	"if [ -f /x ]; then echo yes; fi; exec nohup /opt/spark/bin/spark-submit --conf spark.a=${PORT:-15002} --name ${N%-*}",
	S " --conf spark.driver.host=$(hostname -i) --conf spark.a=`date +%s`",
	S " & sleep 5; tail -f /opt/spark/logs/* & wait $!",
	"# export A=b\n" S,
};

/* Each sets one, or may; the first line of many was found by somebody who meant to. */
static const char *const texts_that_do_not[] = {
	"export KUBERNETES_SERVICE_HOST=x; exec " S,
	"KUBERNETES_SERVICE_HOST=x " S,
	"K=x; " S,
	"$'export' $'KUBERNETES_SERVICE_HOST=x'; exec " S,
	"unset ${!KUBERNETES_S*}; : ${KUBERNETES_SERVICE_HOST:=x}; exec " S,
	": ${A=x}; " S,
	": ${A:B=1}; " S,
	": $((A=1)); " S,
	": $(\\\n(A=1)); " S,
	": $[A=1]; " S,
	"'.' /c/x.sh; exec " S,
	". /c/x.sh; exec " S,
	"source /c/x.sh; exec " S,
	"$E KUBERNETES_SERV${N}=x; exec " S,
	"$(E) KUBERNETES_SERV${N}=x; exec " S,
	"printf $X KUBERNETES_SERV$N x; exec " S,
	"printf 2>/dev/null -v A x; exec " S,
	"exec env \"${O#x}\" " S,
	"exec env A=b " S,
	"exec $X " S,
	"eval x; " S,
	"read A; " S,
	"echo x | { read A; " S "; }",
	"for A in x; do " S "; done",
	"echo() { export A=b; }; echo; " S,
	"exec {A}>/tmp/x; " S,
	"{export,A=b}; " S,
	"sleep 1 & wait -p A; " S,
	"(( A = 1 )); " S,
	"A=(x); " S,
	"[[ A=1 -eq 0 ]]; " S,
	"set -k; " S,
	"set -o keyword; " S,
	S " A=b",
	"bash -c 'export A=b; " S "'",
	"\"unterminated",
};

static bool text_keeps(struct arena *a, const char *text)
{
	struct json *container = json_new(a, JSON_OBJECT), *list = json_new(a, JSON_ARRAY);

	cr_assert_eq(json_insert(list, 0, json_new_string(a, SLICE_LIT("/bin/bash"))), 0);
	cr_assert_eq(json_insert(list, 1, json_new_string(a, SLICE_LIT("-c"))), 0);
	cr_assert_eq(json_insert(list, 2, json_new_string(a, slice_of(text))), 0);
	json_put(a, container, "command", list);
	return env_is_kept(a, container, &(struct environment){.count = 0});
}

Test(env_kept, is_told_of_a_text)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(texts_that_keep); i++)
		cr_expect(text_keeps(&a, texts_that_keep[i]), "%s", texts_that_keep[i]);
	for (size_t i = 0; i < COUNT(texts_that_do_not); i++)
		cr_expect_not(text_keeps(&a, texts_that_do_not[i]), "%s", texts_that_do_not[i]);
	arena_release(&a);
}

static const struct {
	const char *container;
	bool keeps;
} words[] = {
	{"{}", true},
	{"{'command':['/opt/spark/bin/spark-submit','--conf','a=b c','--master','k8s://https://$(KUBERNETES_SERVICE_HOST):443','$x']}", true}, /* for no shell */
	{"{'command':['/opt/spark/bin/spark-submit','--name','$(A)']}", false},
	{"{'command':['/opt/spark/bin/spark-submit','--conf','a=b c','--master','k8s://https://$(KUBERNETES_SERVICE_HOST):443']}", true},
	{"{'args':['driver','--conf','spark.a={}']}", true},
	{"{'command':['env','x'],'args':['start']}", false},
	{"{'command':['tini','--','/usr/bin/env','x']}", false},
	{"{'command':['$(E)','x']}", false},
	{"{'command':['start'],'args':['A=b']}", false},
	{"{'command':['start'],'args':['--a=b','a.b=c','=']}", true},
	{"{'command':['tini','--','sh','-c'],'args':['exec start --conf spark.a=$B']}", false}, /* no program that is known */
	{"{'command':['tini','--','sh','-c'],'args':['exec spark-submit --conf spark.a=$B']}", true},
	{"{'command':['sh','-c','exec spark-submit','$(A)']}", false},
	{"{'command':['bash','-kc','exec spark-submit']}", false},
	{"{'command':['bash','-euxc','exec spark-submit']}", true},
	{"{'command':['bash','-o','keyword','-c','exec spark-submit']}", true}, /* no assignment in it */
	{"{'command':['/bin/b$(X)','-c','export A=b; exec spark-submit']}", false},
	{"{'command':['rbash','-c','export A=b; exec spark-submit']}", false},
};

/* env; the first is none of a shell. */
static const char *const variables[] = {"BASH", "BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4", "BASH_FUNC_cd%%"};

Test(env_kept, is_told_of_variables)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(variables); i++) {
		struct env_item item = {.name = slice_of(variables[i])};
		struct environment env = {.items = &item, .count = 1};

		cr_expect_eq(env_is_kept(&a, parsed(&a, "{'command':['start']}"), &env), i == 0, "%s", variables[i]);
	}
	arena_release(&a);
}

Test(env_kept, is_told_of_words)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(words); i++)
		cr_expect_eq(env_is_kept(&a, parsed(&a, words[i].container), &(struct environment){.count = 0}), words[i].keeps, "%s", words[i].container);
	arena_release(&a);
}
