#include "http/health.h"

#include <assert.h>

void health_add(struct health *h, struct health_check check)
{
	assert(h->count < HEALTH_CHECKS);
	h->checks[h->count++] = check;
}

static bool run(const struct health_check *check, _Atomic bool *passed, struct buf *listing)
{
	char note[HEALTH_NOTE] = "";
	bool ok = check->ok(check->context, note);

	if (ok)
		atomic_store(passed, true);
	bool ready = ok || atomic_load(passed);
	buf_printf(listing, ok ? "[+]%s ok" : ready ? "[+]%s ok, but now" : "[-]%s failed", check->name);
	if (note[0])
		buf_printf(listing, ok ? " (%s)" : ": %s", note);
	buf_addc(listing, '\n');
	return ready;
}

bool health_ready(struct health *h, struct buf *listing)
{
	bool ready = true;

	for (size_t i = 0; i < h->count; i++)
		ready &= run(&h->checks[i], &h->passed[i], listing);
	if (atomic_load(&h->draining)) {
		buf_adds(listing, "[-]shutdown failed: draining\n");
		ready = false;
	} else {
		buf_adds(listing, "[+]shutdown ok\n");
	}
	buf_adds(listing, ready ? "readyz check passed\n" : "readyz check failed\n");
	return ready;
}
