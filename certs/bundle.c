#include "certs/bundle.h"

#include "base/digest.h"
#include "base/json_write.h"
#include "certs/inspect.h"

void bundle_read(struct arena *a, const struct json *configuration, struct bundle_view *ret)
{
	ret->count = 0;
	JSON_EACH(webhook, json_get(configuration, "webhooks")) {
		const struct json *client = json_get(webhook, "clientConfig");
		struct slice bundle = json_slice(json_get(client, "caBundle"));

		if (ret->count == BUNDLE_WEBHOOKS_MAX)
			return;
		ret->webhooks[ret->count++] = (struct bundle_webhook){
			.name = arena_dup(a, slice_of(json_text(json_get(webhook, "name"), ""))),
			.has_client_config = json_type(client) == JSON_OBJECT,
			.bundle = bundle.ptr ? arena_copy(a, bundle) : bundle,
		};
	}
}

static bool has(const struct bundle_webhook *webhook, struct slice bundle64)
{
	return webhook->bundle.ptr && slice_eq(webhook->bundle, bundle64);
}

bool bundle_is(const struct bundle_view *view, struct slice bundle64)
{
	bool any = false;

	for (size_t i = 0; i < view->count; i++) {
		if (view->webhooks[i].has_client_config && !has(&view->webhooks[i], bundle64))
			return false;
		any |= view->webhooks[i].has_client_config;
	}
	return any;
}

static bool accepts(struct slice bundle64, X509 *leaf)
{
	CLEANUP(chain) STACK_OF(X509) *chain = NULL;
	struct arena a = ARENA_INIT;
	struct buf pem = buf_in(&a);
	struct err ignored = {""};
	bool yes = base64_decode(&pem, bundle64) == 0 && chain_parse(buf_slice(&pem), &chain, &ignored) == 0 &&
		   chain_signed(chain, leaf);

	arena_release(&a);
	return yes;
}

bool bundle_accepts(const struct bundle_view *view, X509 *leaf)
{
	bool any = false;

	for (size_t i = 0; i < view->count; i++) {
		const struct bundle_webhook *webhook = &view->webhooks[i];

		if (webhook->has_client_config && (!webhook->bundle.ptr || !accepts(webhook->bundle, leaf)))
			return false;
		any |= webhook->has_client_config;
	}
	return any;
}

static void write_operation(struct json_writer *w, const char *op, size_t index, const char *field, struct slice value)
{
	json_write_open(w, '{');
	json_write_member(w, "op", op);
	json_write_member(w, "path", arena_printf(w->out->arena, "/webhooks/%zu/%s", index, field));
	json_write_key(w, SLICE_LIT("value"));
	json_write_string(w, value);
	json_write_close(w, '}');
}

struct slice bundle_patch(struct arena *a, const struct bundle_view *view, struct slice bundle64)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '[');
	for (size_t i = 0; i < view->count; i++) {
		const struct bundle_webhook *webhook = &view->webhooks[i];

		if (!webhook->has_client_config || has(webhook, bundle64))
			continue;
		write_operation(&w, "test", i, "name", slice_of(webhook->name));
		write_operation(&w, "add", i, "clientConfig/caBundle", bundle64); /* RFC 6902: also replaces */
	}
	json_write_close(&w, ']');
	return buf_slice(&out);
}
