/* What a replica's /readyz?verbose says beside "ok" (http/health.h): a replica that serves with what it had before stays ready, so that
 * its trouble stands in the brackets, in words of command/serve_*.c. */
#include "status/part.h"

#define TROUBLES_MAX  16  /* HEALTH_CHECKS of http/health.h */
#define TROUBLE_BYTES 256 /* a name, a few words and HEALTH_NOTE of it */

static bool is_trouble(struct slice line)
{
	static const char *const words[] = {"ok, but now: ", "not in step", "not in force", ", stale: ", "not read yet"};

	if (line.len <= 3 || line.ptr[3] == ' ')
		return false; /* of nothing */
	if (slice_starts(line, "[-]"))
		return true;
	for (size_t i = 0; i < COUNT_OF(words) && slice_starts(line, "[+]"); i++)
		if (slice_has(line, words[i]))
			return true;
	return false;
}

/* "[+]policy ok (a; b)" -> "policy: a; b"; "[-]shutdown failed: draining" -> "shutdown: draining" */
static const char *shortened(struct arena *a, struct slice line)
{
	struct slice rest = slice_from(line, 3), name = slice_cut(&rest, ' ');

	if (slice_skip(&rest, SLICE_LIT("ok (")))
		rest.len -= slice_ends(rest, ")");
	else if (!slice_skip(&rest, SLICE_LIT("ok, but now: ")))
		(void)slice_skip(&rest, SLICE_LIT("failed: "));
	return arena_join(a, arena_dup(a, name), ": ", arena_dup(a, rest));
}

void status_readyz_troubles(struct arena *a, struct slice text, struct status_lines *ret)
{
	while (text.len > 0 && ret->count < TROUBLES_MAX) {
		struct slice line = slice_cut(&text, '\n');
		line.len = line.len < TROUBLE_BYTES ? line.len : TROUBLE_BYTES;
		if (is_trouble(line))
			status_say(a, ret, shortened(a, line));
	}
}
