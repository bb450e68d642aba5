#include "pss/check.h"

/* At most this many faults are named; more would not help. */
#define TOLD 5

/*
 * The API server's own decoder refuses these objects ("json: cannot unmarshal string into Go struct
 * field ..."), so upstream never judges them. Here they come from files.
 */
void pss_check_malformed(const struct pss_pod *pod, struct pss_report *r)
{
	struct pss_list told = pod->malformed;

	if (told.count == 0 || !pss_fails(r, "malformed pod"))
		return;
	if (told.count > TOLD)
		told.count = TOLD;
	r->pointers = pod->malformed_pointers;
	pss_say_plain(&r->detail, &told);
	if (told.count < pod->malformed.count)
		buf_printf(&r->detail, ", and %zu more", pod->malformed.count - told.count);
}
