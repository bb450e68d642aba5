/* A Secret, a webhook configuration or a list of Leases, as somebody else may have written them. What was read as
 * material is written and read again: the same step, the same leaf. What a patch says of a configuration holds for what
 * it names. */
#include "certs/bundle.h"
#include "certs/change.h"
#include "certs/replicas.h"
#include "certs/secret.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(struct arena *a, const struct material *m)
{
	MATERIAL back = MATERIAL_NONE;
	const struct json *object;
	struct err err = {""};
	struct slice text;

	if (secret_print(a, "ns", "name", NULL, m, &text, &err) < 0)
		return; /* a certificate that OpenSSL reads but cannot encode */
	if (json_parse(a, text, &object, &err) < 0 || secret_read(object, &back, &err) != SECRET_GOOD)
		abort();
	if (material_step(&back) != material_step(m) || X509_cmp(back.leaf, m->leaf) != 0)
		abort();
}

static void as_secret(struct arena *a, const struct json *object)
{
	MATERIAL m = MATERIAL_NONE;
	struct err err = {""};

	if (secret_read(object, &m, &err) != SECRET_GOOD) {
		if (!err.text[0] || m.leaf || m.cas)
			abort();
		return;
	}
	if (!m.leaf || !m.ca)
		abort();
	for (int64_t now = 0; now < INT64_C(1) << 40; now = now * 2 + 1) {
		struct change_view view = {.material = &m, .now = now, .bundles_agree = true, .replicas_agree = true};
		(void)change_due(&view);
	}
	round_trip(a, &m);
}

static void as_configuration(struct arena *a, const struct json *object)
{
	struct bundle_view view;
	const struct json *patch;
	struct err err = {""};
	size_t operations = 0;

	bundle_read(a, object, &view);
	if (view.count > BUNDLE_WEBHOOKS_MAX || json_parse(a, bundle_patch(a, &view, slice_of("Q0E=")), &patch, &err) < 0)
		abort();
	JSON_EACH(operation, patch)
	{
		(void)operation;
		operations++;
	}
	if (operations % 2 != 0 || (operations == 0 && view.count > 0 && view.webhooks[0].has_client_config && !bundle_is(&view, slice_of("Q0E="))))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena = ARENA_INIT;
	const struct json *object;
	struct err err = {""};
	size_t count;

	json_setup();
	if (json_parse(&arena, (struct slice){(const char *)data, size}, &object, &err) == 0) {
		as_secret(&arena, object);
		as_configuration(&arena, object);
		const struct replica *replicas = replicas_read(&arena, object, INT64_C(1760000000), &count);
		(void)replicas_serve(replicas, count, "a");
	}
	arena_release(&arena);
	return 0;
}
