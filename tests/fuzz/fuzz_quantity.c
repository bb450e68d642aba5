/* A quantity: read or refused, never negative; rounded up; and what is shown of it reads back as the same. */
#include "base/quantity.h"
#include "spark/ask.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

/* The thousandths are what the whole is rounded from, unless one of both is at its end. */
static void compare_units(struct slice text)
{
	int64_t whole = -7, milli = -7;
	int w = quantity_parse(text, QUANTITY_WHOLE, &whole), m = quantity_parse(text, QUANTITY_MILLI, &milli);

	expect(w == m);
	if (w < 0) {
		expect(whole == -7 && milli == -7);
		return;
	}
	expect(whole >= 0 && milli >= 0 && text.len <= QUANTITY_BYTES);
	if (milli < INT64_MAX)
		expect(whole == milli / 1000 + (milli % 1000 > 0));
	else
		expect(whole >= INT64_MAX / 1000);
	expect(quantity_add(whole, milli) >= whole && quantity_times(whole, milli) >= (milli ? whole : 0));
}

static void show_and_read(struct arena *a, struct slice text)
{
	int64_t value, again;

	if (quantity_parse(text, QUANTITY_WHOLE, &value) == 0)
		expect(quantity_parse(slice_of(quantity_show_bytes(a, value)), QUANTITY_WHOLE, &again) == 0 && again == value);
	if (quantity_parse(text, QUANTITY_MILLI, &value) == 0)
		expect(quantity_parse(slice_of(quantity_show_cpu(a, value)), QUANTITY_MILLI, &again) == 0 && again == value);
	if (spark_bytes_parse(text, 1024, &value) == 0)
		expect(value >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	const struct slice text = {size ? (const char *)data : "", size};

	compare_units(text);
	show_and_read(&a, text);
	arena_release(&a);
	return 0;
}
