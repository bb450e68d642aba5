/* What a driver says, which is a tenant's pod: taken or refused with a reason, and what is taken fits into a path and a line. The
 * first byte says which of the answers it is; a replica's metrics are one of them. */
#include "status/metrics_text.h"
#include "status/spark_ui.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void application(struct arena *a, struct slice text)
{
	struct spark_ui_application app;
	struct err err = {""};

	if (spark_ui_application(a, text, &app, &err) < 0) {
		expect(err.text[0] != '\0');
		return;
	}
	expect(*app.id && strlen(app.id) <= 128 && !strpbrk(app.id, "/?#% \\") && app.id[0] != '.');
	expect(strlen(app.name) <= SPARK_UI_WORD && strlen(app.version) < 64);
}

static void environment(struct arena *a, struct slice text)
{
	const char *master;
	struct err err = {""};

	if (spark_ui_master(a, text, &master, &err) == 0)
		expect(*master && strlen(master) <= SPARK_UI_WORD);
	else
		expect(err.text[0] != '\0');
}

static void metrics(struct arena *a, struct slice text)
{
	expect(strlen(metrics_text_label(a, text, "x", "y")) <= 128);
	expect(metrics_text_value(text, "x", -1) >= -1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;
	struct err err = {""};
	size_t count;

	json_setup();
	if (size == 0)
		return 0;
	const struct slice text = {(const char *)data + 1, size - 1};
	switch (data[0] % 4) {
	case 0:
		application(&a, text);
		break;
	case 1:
		environment(&a, text);
		break;
	case 2:
		if (spark_ui_executors(&a, text, &count, &err) == 0)
			expect(count <= text.len);
		break;
	default:
		metrics(&a, text);
	}
	arena_release(&a);
	return 0;
}
