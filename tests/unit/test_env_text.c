/* What the variables of a container hold, once the kubelet and a shell have put one into the other. */
#include "policy_testing.h"

#include "spark/env_text.h"

#define T(name, value) "{'name':'" name "','value':'" value "'}"
#define SECRET(name) "{'name':'" name "','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}}"
#define MAP(name) "{'name':'" name "','valueFrom':{'configMapKeyRef':{'name':'m','key':'k'}}}"

/* value: of X, a '|' where it ceases to be known; NULL = nothing is. */
static const struct {
	const char *env, *value;
} cases[] = {
	{T("X", "a"), "a|"},
	{T("X", ""), "|"},
	{T("X", "$a $$b $$(A)"), "$a $b $(A)|"},
	{T("A", "1") "," T("X", "a$(A)b"), "a1b|"},
	{T("A", "1") "," T("B", "$(A)2") "," T("C", "$(B)3") "," T("X", "$(C)"), "123|"},
	{T("X", "$(X)"), "$(X)|"}, /* none is in front of it */
	{T("X", "a$(B)") "," T("B", "b"), "a$(B)|"},
	{T("B", "1") "," T("B", "2") "," T("X", "a$(B)") "," T("B", "3"), "a2|"},
	{T("F", "1") "," T("X", "$(F)"), "1|"},
	{T("X", "$(F)") "," T("F", "1"), "f|"},
	{T("X", "1") "," T("X", "$(X)2"), "12|"},
	{T("A", "1") "," T("B", "$(A)") "," T("X", "$(B)") "," T("B", "2"), "1|"},
	{T("X", "a$(NO)b$("), "a$(NO)b$(|"},
	{SECRET("S") "," T("X", "a$(S)b"), "a|$(S)b"},
	{SECRET("S") "," T("A", "b$(S)") "," T("X", "a$(A)c"), "ab|$(S)c"},
	{MAP("M") "," T("X", "a$(M)b"), "amb|"},
	{T("X", "$(F)"), "f|"},
	{SECRET("X"), NULL},
};

/* X's value, the variables of `one` looked up, and envFrom of `all`. */
Test(env_text, is_what_the_kubelet_makes_of_it)
{
	struct arena a = ARENA_INIT;
	struct lookup maps[] = {{"m", LOOKUP_FOUND, parsed(&a, "{'data':{'k':'m'}}")}, {"f", LOOKUP_FOUND, parsed(&a, "{'data':{'F':'f'}}")}};
	struct lookups lookups = {.count = 2};

	memcpy(lookups.items, maps, sizeof(maps));
	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *container = arena_printf(&a, "{'envFrom':[{'configMapRef':{'name':'f'}}],'env':[%s]}", cases[i].env);
		struct environment env;
		size_t known;

		environment_read(&a, parsed(&a, container), "/c", &lookups, &env);
		struct env_texts texts = env_texts_of(&a, &env);
		struct slice text = env_text(&texts, environment_find(&env, slice_of("X")), &known);

		cr_assert_eq(text.ptr != NULL, cases[i].value != NULL, "%s", cases[i].env);
		if (!text.ptr)
			continue;
		const char *shown = arena_printf(&a, "%.*s|%.*s", (int)known, text.ptr, (int)(text.len - known), text.ptr + known);
		cr_expect_str_eq(shown, cases[i].value, "%s: %s", cases[i].env, shown);
	}
	arena_release(&a);
}

static const struct {
	const char *text, *result;
} texts_put_in[] = {
	{"$A ${A} $(A) $AB ${A:-b} $S $$", "1 1 1 $AB ${A:-b} $S $$"}, {"$B", "12"}, {"", ""}, {"x", "x"}, {"$", "$"}, {"$C", "$C"},
};

Test(env_text, is_put_into_a_text)
{
	struct arena a = ARENA_INIT;
	struct environment env;

	environment_read(&a, parsed(&a, "{'env':[" T("A", "1") "," SECRET("S") "," T("B", "$(A)2") "," T("C", "$(S)") "]}"), "/c", NULL, &env);
	for (size_t i = 0; i < COUNT(texts_put_in); i++) {
		struct env_texts texts = env_texts_of(&a, &env);
		const char *result = arena_dup(&a, env_put_in(&texts, slice_of(texts_put_in[i].text)));

		cr_expect_str_eq(result, texts_put_in[i].result, "%s: %s", texts_put_in[i].text, result);
	}
	arena_release(&a);
}

/* Beyond the budget references stay. */
Test(env_text, is_not_put_in_without_end)
{
	struct arena a = ARENA_INIT;
	struct environment env;
	char *value = arena_alloc(&a, 200001), *container;

	memset(value, 'x', 200000);
	container = arena_printf(&a, "{'env':[{'name':'A','value':'%s'},{'name':'X','value':'$(A)$(A)y'}]}", value);
	environment_read(&a, parsed(&a, container), "/c", NULL, &env);
	struct env_texts texts = env_texts_of(&a, &env);
	size_t known;
	struct slice text = env_text(&texts, environment_find(&env, slice_of("X")), &known);

	cr_expect_eq(known, 200000);
	cr_expect_eq(text.len, 200000 + sizeof("$(A)y") - 1);
	cr_expect_str_eq(arena_dup(&a, env_put_in(&texts, SLICE_LIT("$A"))), "$A");
	arena_release(&a);
}
