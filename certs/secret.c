#include "certs/secret.h"

#include "base/digest.h"
#include "base/json_write.h"
#include "certs/inspect.h"

/* What one key of data may hold, decoded: as much as a file (certs/store.h). */
#define VALUE_MAX (64 * 1024)

static int decode(struct arena *a, const struct json *data, const char *key, struct slice *ret, struct err *err)
{
	struct slice text = json_slice(json_get(data, key));
	struct buf out = buf_in(a);

	if (!text.ptr)
		return 0;
	if (text.len > VALUE_MAX / 3 * 4)
		return err_set(err, "'%s' is larger than %d bytes", key, VALUE_MAX);
	if (base64_decode(&out, text) < 0)
		return err_set(err, "'%s' is not base64", key);
	*ret = buf_slice(&out);
	return 0;
}

static int read_data(const struct json *data, struct material *ret, struct err *err)
{
	struct arena a = ARENA_SECRET;
	struct material_pem pem = {.cert = {NULL, 0}};
	struct slice ca_key = SLICE_NONE, key = {NULL, 0};
	int rc = 0;

	if (decode(&a, data, CA_CERT, &pem.ca_cert, err) < 0 || decode(&a, data, CA_KEY, &ca_key, err) < 0 ||
	    decode(&a, data, LEAF_CERT, &pem.cert, err) < 0 || decode(&a, data, LEAF_KEY, &key, err) < 0)
		rc = -1;
	if (rc == 0 && (!pem.ca_cert.ptr || !pem.cert.ptr))
		rc = err_set(err, "it has no '%s'", pem.ca_cert.ptr ? LEAF_CERT : CA_CERT);
	pem.ca_key = secret_of(ca_key);
	pem.key = secret_of(key);
	if (rc == 0)
		rc = material_parse(&pem, ret, err);
	arena_release(&a);
	return rc;
}

enum secret_state secret_read(const struct json *object, struct material *ret, struct err *err)
{
	const struct json *labels = json_get(json_get(object, "metadata"), "labels");

	if (strcmp(json_text(json_get(labels, SECRET_LABEL), ""), SECRET_LABEL_VALUE) != 0) {
		err_set(err, "it was not made by sparkgate (no label " SECRET_LABEL "=" SECRET_LABEL_VALUE
			     "): delete it, or give --certs-secret another name");
		return SECRET_FOREIGN;
	}
	return read_data(json_get(object, "data"), ret, err) < 0 ? SECRET_BAD : SECRET_GOOD;
}

/* ---- writing ---- */

static void write_value(struct json_writer *w, const char *key, struct slice text)
{
	struct buf coded = buf_in(w->out->arena);

	base64_encode(&coded, text);
	json_write_key(w, slice_of(key));
	json_write_string(w, buf_slice(&coded));
}

static int write_chain(struct json_writer *w, const char *key, STACK_OF(X509) *chain, struct err *err)
{
	struct slice text;

	if (chain_print(w->out->arena, chain, &text, err) < 0)
		return -1;
	write_value(w, key, text);
	return 0;
}

static int write_key(struct json_writer *w, const char *name, EVP_PKEY *key, struct err *err)
{
	CLEANUP(bio) BIO *bio = NULL;
	char *text = NULL;

	if (key_print(key, &bio, err) < 0)
		return -1;
	long len = BIO_get_mem_data(bio, &text);
	write_value(w, name, (struct slice){text, (size_t)len});
	return 0;
}

static void write_metadata(struct json_writer *w, const char *namespace, const char *name, const char *version)
{
	json_write_key(w, SLICE_LIT("metadata"));
	json_write_open(w, '{');
	json_write_member(w, "name", name);
	json_write_member(w, "namespace", namespace);
	if (version)
		json_write_member(w, "resourceVersion", version);
	json_write_key(w, SLICE_LIT("labels"));
	json_write_open(w, '{');
	json_write_member(w, SECRET_LABEL, SECRET_LABEL_VALUE);
	json_write_member(w, "app.kubernetes.io/name", "sparkgate");
	json_write_member(w, "app.kubernetes.io/component", "certificates");
	json_write_close(w, '}');
	json_write_close(w, '}');
}

int secret_print(struct arena *a, const char *namespace, const char *name, const char *resource_version,
		 const struct material *m, struct slice *ret, struct err *err)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);

	json_write_open(&w, '{');
	json_write_member(&w, "apiVersion", "v1");
	json_write_member(&w, "kind", "Secret");
	json_write_member(&w, "type", "kubernetes.io/tls");
	write_metadata(&w, namespace, name, resource_version);
	json_write_key(&w, SLICE_LIT("data"));
	json_write_open(&w, '{');
	if (write_chain(&w, CA_CERT, m->cas, err) < 0 || write_key(&w, CA_KEY, m->ca_key, err) < 0 ||
	    write_chain(&w, LEAF_CERT, m->leaves, err) < 0 || write_key(&w, LEAF_KEY, m->leaf_key, err) < 0)
		return -1;
	json_write_close(&w, '}');
	json_write_close(&w, '}');
	*ret = buf_slice(&out);
	return 0;
}
