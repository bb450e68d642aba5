#include "command/serve_certificate.h"

#include "base/clock.h"
#include "certs/certs.h"

#include <stdio.h>

#define PEM_MAX (256u * 1024)
#define ENSURE_EVERY_SECONDS 3600

static int load(struct certificate_files *f, struct err *err)
{
	struct arena arena = ARENA_SECRET;
	struct slice cert, key;
	int rc = file_read(&arena, f->cert, PEM_MAX, &cert, err);

	if (rc == 0)
		rc = file_read(&arena, f->key, PEM_MAX, &key, err);
	if (rc == 0 && tls_store_load(f->store, cert, key, err) < 0)
		rc = err_wrap(err, "%s, %s", f->cert, f->key);
	arena_release(&arena);
	return rc;
}

/* Look after the directory, at most once an hour. */
static int ensure(struct certificate_files *f, struct err *err)
{
	int64_t now = clock_unix();
	enum certs_outcome outcome;

	if (!f->dir || (f->ensured != 0 && now - f->ensured < ENSURE_EVERY_SECONDS && now >= f->ensured))
		return 0; /* a clock that was set back counts as a new hour */
	f->ensured = now;
	return certs_ensure(f->dir, NULL, 0, now, &outcome, err);
}

static int name_files(struct certificate_files *f, const struct serve_options *o, struct err *err)
{
	int cert, key;

	if (o->certs) {
		cert = snprintf(f->cert, sizeof(f->cert), "%s/tls.crt", o->certs);
		key = snprintf(f->key, sizeof(f->key), "%s/tls.key", o->certs);
	} else {
		cert = snprintf(f->cert, sizeof(f->cert), "%s", o->tls_cert);
		key = snprintf(f->key, sizeof(f->key), "%s", o->tls_key);
	}
	if (cert >= (int)sizeof(f->cert) || key >= (int)sizeof(f->key))
		return err_set(err, "the path of the certificate is too long");
	return 0;
}

static void stamp(struct certificate_files *f)
{
	f->cert_stamp = file_stamp(f->cert);
	f->key_stamp = file_stamp(f->key);
}

static bool changed(const struct certificate_files *f)
{
	struct file_stamp cert = file_stamp(f->cert), key = file_stamp(f->key);

	return !file_stamp_eq(&cert, &f->cert_stamp) || !file_stamp_eq(&key, &f->key_stamp);
}

int certificate_files_open(struct certificate_files *f, const struct serve_options *o, struct err *err)
{
	*f = (struct certificate_files){.dir = o->certs};
	f->store = tls_store_new();
	if (!f->store)
		return err_set(err, "out of memory");
	if (o->certs_secret)
		return 0; /* command/serve_keeper.h fills it */
	if (name_files(f, o, err) < 0 || ensure(f, err) < 0)
		return -1;
	stamp(f); /* before reading: what changes meanwhile is read again */
	return load(f, err);
}

void certificate_files_close(struct certificate_files *f)
{
	tls_store_free(f->store);
	f->store = NULL;
}

int certificate_files_reload(struct certificate_files *f, bool force, struct err *err)
{
	if (!f->cert[0])
		return 0;
	if (ensure(f, err) < 0)
		return err_wrap(err, "renewing");
	bool news = force || changed(f);
	if (!news && !again_due(&f->again))
		return 0;
	stamp(f);
	int failed = load(f, err);
	if (again_note(&f->again, failed, err) && !news)
		return 0;
	return failed < 0 ? -1 : 1;
}
