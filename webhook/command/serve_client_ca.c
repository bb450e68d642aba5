#include "command/serve_client_ca.h"

#define PEM_MAX (1u << 20)

static int load(struct client_ca_file *f, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct slice pem;
	int rc = file_read(&arena, f->path, PEM_MAX, &pem, err);

	if (rc == 0 && tls_clients_load(f->clients, pem, err) < 0)
		rc = err_wrap(err, "%s", f->path);
	arena_release(&arena);
	return rc;
}

int client_ca_file_open(struct client_ca_file *f, const char *path, struct err *err)
{
	*f = (struct client_ca_file){.path = path};
	if (!path)
		return 0;
	f->clients = tls_clients_new();
	if (!f->clients)
		return err_set(err, "out of memory");
	f->stamp = file_stamp(path); /* before reading: what changes meanwhile is read again */
	return load(f, err);
}

void client_ca_file_close(struct client_ca_file *f)
{
	tls_clients_free(f->clients);
	f->clients = NULL;
}

int client_ca_file_reload(struct client_ca_file *f, bool force, struct err *err)
{
	if (!f->path)
		return 0;
	struct file_stamp stamp = file_stamp(f->path);
	bool news = force || !file_stamp_eq(&stamp, &f->stamp);
	if (!news && !again_due(&f->again))
		return 0;
	f->stamp = stamp;
	int failed = load(f, err);
	if (again_note(&f->again, failed, err) && !news)
		return 0;
	return failed < 0 ? -1 : 1;
}
