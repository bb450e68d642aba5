#include "kube/credentials.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/thread.h"
#include "kube/exec.h"

#include <stdatomic.h>
#include <stdlib.h>

#define TOKEN_MAX (64u * 1024)

/* How long before its end a plugin's credential is renewed. */
#define RENEW_SECONDS 60
/* A plugin is not run again this soon after its start: not if it failed, and not if its credential was refused. */
#define PAUSE_NS (5 * CLOCK_SECOND)

enum source { SOURCE_CA, SOURCE_CERT, SOURCE_KEY, SOURCE_TOKEN, SOURCE_COUNT };

struct kube_credentials {
	const struct kube_config *config;
	struct arena arena; /* what shown points into */
	struct kube_shown shown;
	struct file_stamp stamps[SOURCE_COUNT];
	bool read;

	/* The plugin: thread and result belong to it while running, then to us. */
	pthread_t thread;
	bool started;
	_Atomic bool finished;
	struct arena result_arena, exec_arena;
	struct exec_credential result, exec;
	int result_rc;
	struct err result_err;
	bool have_exec, refused; /* refused: exec, by the API server */
	struct err why_none;     /* the last run brought nothing; "" = it did */
	int64_t next_run;        /* monotonic */
};

struct kube_credentials *kube_credentials_new(const struct kube_config *config)
{
	struct kube_credentials *c = calloc(1, sizeof(*c));

	if (!c)
		out_of_memory();
	c->config = config;
	c->arena = c->result_arena = c->exec_arena = ARENA_SECRET;
	return c;
}

void kube_credentials_free(struct kube_credentials *c)
{
	if (!c)
		return;
	if (c->started)
		pthread_join(c->thread, NULL);
	arena_release(&c->arena);
	arena_release(&c->result_arena);
	arena_release(&c->exec_arena);
	free(c);
}

/* ---- files ---- */

static const char *path_of(const struct kube_credentials *c, enum source source)
{
	switch (source) {
	case SOURCE_CA:
		return c->config->ca_file;
	case SOURCE_CERT:
		return c->config->cert_file;
	case SOURCE_KEY:
		return c->config->key_file;
	default:
		return c->config->token_file;
	}
}

static bool files_changed(struct kube_credentials *c)
{
	bool changed = !c->read;

	for (unsigned i = 0; i < SOURCE_COUNT; i++) {
		const char *path = path_of(c, i);
		struct file_stamp stamp = path ? file_stamp(path) : (struct file_stamp){.exists = false};
		changed |= !file_stamp_eq(&stamp, &c->stamps[i]);
		c->stamps[i] = stamp;
	}
	return changed;
}

static int read_pem(struct kube_credentials *c, const char *path, struct slice given, struct slice *ret,
		    struct err *err)
{
	if (!path) {
		*ret = given;
		return 0;
	}
	if (file_read(&c->arena, path, KUBE_PEM_MAX, ret, err) < 0)
		return -1;
	return ret->len > 0 ? 0 : err_set(err, "'%s' is empty", path); /* no CA would be those of the system */
}

/* A token is one line of visible characters: a line break in it would be a header of its own. */
static int take_token(struct kube_credentials *c, struct secret given, struct secret *ret, struct err *err)
{
	struct slice text = secret_reveal(given);

	while (text.len > 0 && (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
		text.len--;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] == 127)
			return err_set(err, "the token holds a blank or control character");
	if (text.len == 0)
		return err_set(err, "the token is empty");
	*ret = secret_of(arena_copy(&c->arena, text));
	return 0;
}

static int read_token(struct kube_credentials *c, struct kube_shown *shown, struct err *err)
{
	struct slice text;

	if (c->config->token_file) {
		if (file_read(&c->arena, c->config->token_file, TOKEN_MAX, &text, err) < 0)
			return -1;
		if (take_token(c, secret_of(text), &shown->token, err) < 0)
			return err_wrap(err, "%s", c->config->token_file);
		return 0;
	}
	return secret_is_set(c->config->token) ? take_token(c, c->config->token, &shown->token, err) : 0;
}

/* Read all files again. */
static int read_all(struct kube_credentials *c, struct err *err)
{
	const struct kube_config *k = c->config;
	struct kube_shown shown = {.ca = {NULL, 0}};
	struct slice key;

	c->read = false;
	c->shown = shown;
	arena_reset(&c->arena);
	if (read_pem(c, k->ca_file, k->ca, &shown.ca, err) < 0 ||
	    read_pem(c, k->cert_file, k->cert, &shown.cert, err) < 0 ||
	    read_pem(c, k->key_file, secret_reveal(k->key), &key, err) < 0 || read_token(c, &shown, err) < 0)
		return -1;
	shown.key = secret_of(key);
	c->shown = shown;
	c->read = true;
	return 0;
}

/* ---- the plugin ---- */

static void *run_plugin(void *closure)
{
	struct kube_credentials *c = closure;

	c->result_err = (struct err){""};
	c->result_rc = exec_credential_get(&c->result_arena, c->config, &c->result, &c->result_err);
	atomic_store(&c->finished, true);
	return NULL;
}

static void start_plugin(struct kube_credentials *c)
{
	c->finished = false;
	c->why_none = (struct err){""};
	c->next_run = clock_mono_ns() + PAUSE_NS;
	c->started = thread_start(&c->thread, run_plugin, c, &c->why_none) == 0;
	if (!c->started)
		err_wrap(&c->why_none, "credential plugin '%s'", c->config->exec->command);
}

/* Take the result of a plugin that has ended. */
static void take_result(struct kube_credentials *c)
{
	pthread_join(c->thread, NULL);
	c->started = false;
	if (c->result_rc < 0) {
		arena_reset(&c->result_arena);
		c->why_none = c->result_err;
		return;
	}
	struct arena old = c->exec_arena;
	c->exec_arena = c->result_arena;
	c->exec = c->result;
	c->have_exec = true;
	c->refused = false;
	c->result_arena = ARENA_SECRET;
	arena_release(&old);
}

static bool expires_within(const struct kube_credentials *c, int64_t seconds)
{
	return c->exec.expires != 0 && c->exec.expires - clock_unix() < seconds;
}

static void run_when_due(struct kube_credentials *c, bool wait)
{
	bool wanted = !c->have_exec || c->refused || expires_within(c, RENEW_SECONDS);

	if (!c->started && wanted && clock_mono_ns() >= c->next_run)
		start_plugin(c);
	if (c->started && (wait || atomic_load(&c->finished)))
		take_result(c);
}

static int refresh_plugin(struct kube_credentials *c, bool wait, enum kube_freshness *ret, struct err *err)
{
	run_when_due(c, wait);
	bool holds = c->have_exec && !expires_within(c, 0);
	*ret = KUBE_FRESH;
	if (holds && !c->refused)
		return 0; /* the old one still counts while a new one is fetched, or could not be */
	if (c->started) {
		*ret = KUBE_FETCHING;
		return 0;
	}
	if (c->why_none.text[0]) {
		*err = c->why_none;
		return -1;
	}
	if (holds)
		return 0; /* refused while it is new: the plugin has no other, and an API server may change its mind */
	return err_set(err, "credential plugin '%s': its credential has expired", c->config->exec->command);
}

static int show_plugin(struct kube_credentials *c, struct err *err)
{
	if (secret_is_set(c->exec.token) && take_token(c, c->exec.token, &c->shown.token, err) < 0)
		return err_wrap(err, "credential plugin '%s'", c->config->exec->command);
	if (c->exec.cert.len > 0) {
		c->shown.cert = c->exec.cert;
		c->shown.key = c->exec.key;
	}
	return 0;
}

/* ---- both ---- */

int kube_credentials_refresh(struct kube_credentials *c, bool wait, enum kube_freshness *ret, struct err *err)
{
	enum kube_freshness plugin = KUBE_FRESH;

	if (c->config->exec && refresh_plugin(c, wait, &plugin, err) < 0)
		return -1;
	if ((files_changed(c) || c->config->exec) && read_all(c, err) < 0)
		return -1;
	if (c->config->exec && plugin == KUBE_FRESH && show_plugin(c, err) < 0)
		return -1;
	*ret = plugin;
	return 0;
}

void kube_credentials_refused(struct kube_credentials *c)
{
	c->read = false;
	c->refused = true;
}

const struct kube_shown *kube_credentials_shown(const struct kube_credentials *c)
{
	return &c->shown;
}
