#include "spark/ports.h"

#include "base/number.h"

/* That are tried instead of one that is in use: Spark's own spark.port.maxRetries. */
#define TRIES_MAX 16

bool port_is(struct slice key)
{
	static const char *const keys[] = {"spark.driver.port", "spark.driver.blockManager.port", "spark.ui.port",
					   "spark.connect.grpc.binding.port"};

	/* Asked of every setting; most end otherwise. */
	return slice_ends(key, ".port") && SLICE_IS_ONE_OF(key, keys);
}

static bool says(struct slice key, struct slice value, int64_t port)
{
	int64_t said;

	return port_is(key) && setting_number(value, UINT16_MAX, &said) == 0 && said == port;
}

static bool is_taken(const struct view *view, const struct rule_edits *edits, int64_t port)
{
	for (size_t i = 0; i < view->settings.count; i++)
		if (says(view->settings.items[i].key, view->settings.items[i].value, port))
			return true;
	for (size_t i = 0; i < edits->count; i++)
		if (says(edits->items[i].key, edits->items[i].value, port))
			return true;
	return false;
}

struct slice port_free(const struct view *view, const struct rule_edits *edits, struct slice wanted, struct arena *a)
{
	char room[NUMBER_CHARS];
	int64_t port;

	if (setting_number(wanted, UINT16_MAX - TRIES_MAX, &port) < 0 || port == 0)
		return wanted;
	for (int tries = 0; tries <= TRIES_MAX; tries++)
		if (!is_taken(view, edits, port + tries))
			return tries ? arena_copy(a, slice_of(number_print(port + tries, room))) : wanted;
	return wanted;
}
