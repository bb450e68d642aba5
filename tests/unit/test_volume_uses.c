/* Which volumes of a pod are mounted, and by how many. */
#include "spark/volume_uses.h"

#include "policy_testing.h"

Test(volume_uses, count_containers_not_mounts)
{
	static const struct {
		const char *volume;
		bool mounted, shared;
	} cases[] = {{"one", true, false}, {"twice", true, false}, {"both", true, true}, {"debugged", true, true}, {"none", false, false}, {"", true, false}};
	struct arena a = ARENA_INIT;
	const struct json *spec = parsed(&a, "{'containers':[{'volumeMounts':[{'name':'twice'},{'name':'one'},{'name':'twice'},{'name':'both'}]},"
					     "{'volumeMounts':[{'name':'debugged'},{}]}],'initContainers':[{'volumeMounts':[{'name':'both'}]},{}],"
					     "'ephemeralContainers':[{'volumeMounts':[{'name':'debugged'}]}]}");
	struct volume_uses uses;

	volume_uses_find(&a, spec, &uses);
	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_expect_eq(volume_uses_mounted(&uses, cases[i].volume), cases[i].mounted, "%s", cases[i].volume);
		cr_expect_eq(volume_uses_shared(&uses, cases[i].volume), cases[i].shared, "%s", cases[i].volume);
	}
	arena_release(&a);
}

Test(volume_uses, of_nothing)
{
	struct arena a = ARENA_INIT;
	struct volume_uses uses;

	volume_uses_find(&a, NULL, &uses);
	cr_expect(!volume_uses_mounted(&uses, "x") && !volume_uses_shared(&uses, "x"));
	arena_release(&a);
}
