#include "kube/client.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/number.h"
#include "base/secret.h"
#include "kube/cleanse.h"
#include "kube/credentials.h"
#include "kube/status.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

#define CONNECT_MS 5000L
/* A peer that vanishes silently is noticed within 15 + 3 x 5 seconds. */
#define KEEPALIVE_IDLE 15L
#define KEEPALIVE_INTERVAL 5L

/* How often a running credential plugin is looked after. */
#define PLUGIN_NS (50 * CLOCK_MS)

#define RETRY_AFTER_MAX 30

struct kube_client {
	const struct kube_config *config;
	const char *user_agent;
	struct kube_credentials *credentials;
	CURLM *multi;
	struct kube_call *calls;
	_Atomic size_t held; /* bytes of all bodies */
	int64_t date, date_at; /* the API server's clock, and when it said so (monotonic) */
};

int64_t kube_jitter(int64_t ns)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		random = (uint32_t)clock_mono_ns();
	return ns / 2 + ns / 1000 * (int64_t)(random % 1000);
}

bool kube_name_ok(const char *name)
{
	static const char border[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	static const char inside[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	size_t len = strlen(name);

	return len > 0 && len <= KUBE_NAME_MAX && strspn(name, inside) == len && strchr(border, name[0]) &&
	       strchr(border, name[len - 1]) && !strstr(name, "..");
}

/* ---- the body ---- */

static bool grow(struct kube_call *call, size_t need)
{
	size_t cap = call->cap ? call->cap : 8192;

	while (cap < need)
		cap *= 2;
	if (cap == call->cap)
		return true;
	if (atomic_fetch_add(&call->client->held, cap - call->cap) + (cap - call->cap) > KUBE_HELD_MAX) {
		atomic_fetch_sub(&call->client->held, cap - call->cap);
		return false;
	}
	char *body = secret_realloc(call->body, cap);
	if (!body)
		out_of_memory();
	call->body = body;
	call->cap = cap;
	return true;
}

void kube_call_release(struct kube_call *call)
{
	if (call->cap > 0)
		atomic_fetch_sub(&call->client->held, call->cap);
	secret_free(call->body);
	call->body = NULL;
	call->len = call->cap = 0;
}

static bool is_success(long status)
{
	return status >= 200 && status < 300;
}

static size_t take_data(struct kube_call *call, struct slice piece)
{
	long status = 0;

	call->heard = clock_mono_ns();
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (call->take && is_success(status))
		return call->take(call, piece) ? piece.len : 0;
	if (piece.len > call->max - call->len) {
		err_set(&call->err, "the answer is larger than %zu bytes", call->max);
		return 0;
	}
	if (!grow(call, call->len + piece.len)) {
		err_set(&call->err, "answers hold too much memory at once");
		return 0;
	}
	memcpy(call->body + call->len, piece.ptr, piece.len);
	call->len += piece.len;
	return piece.len;
}

/* curl's buffer lives as long as a watch, and the last answer would stay in it. */
static size_t on_data(char *data, size_t size, size_t count, void *closure)
{
	size_t taken = take_data(closure, (struct slice){data, size * count});

	explicit_bzero(data, size * count);
	return taken;
}

/* RFC 9110, 6.6.1: every answer of Go's server has one. */
static void note_date(struct kube_client *client, struct slice value)
{
	char text[64];
	size_t len = value.len < sizeof(text) - 1 ? value.len : sizeof(text) - 1;

	memcpy(text, value.ptr, len);
	text[len] = '\0';
	time_t date = curl_getdate(text, NULL);
	if (date <= 0)
		return;
	client->date = date;
	client->date_at = clock_mono_ns();
}

int64_t kube_client_now(const struct kube_client *client)
{
	return client->date == 0 ? 0 : client->date + (clock_mono_ns() - client->date_at) / CLOCK_SECOND;
}

/* Without the blanks around it and the line's end. */
static struct slice trimmed(struct slice s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = slice_from(s, 1);
	while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ')
		s.len--;
	return s;
}

/* Is the line that header's? Then its value. */
static bool header_is(struct slice line, const char *name, struct slice *ret)
{
	size_t len = strlen(name);

	if (line.len < len || strncasecmp(line.ptr, name, len) != 0)
		return false;
	*ret = trimmed(slice_from(line, len));
	return true;
}

static void note_retry_after(struct kube_call *call, struct slice value)
{
	int64_t seconds;

	if (number_parse(value, INT64_MAX, &seconds) == 0)
		call->retry_after = (seconds < RETRY_AFTER_MAX ? seconds : RETRY_AFTER_MAX) * CLOCK_SECOND;
}

/* Of a success it must be JSON: a proxy's or a portal's page is not an answer. */
static bool takes_type(struct kube_call *call, struct slice type)
{
	static const char json[] = "application/json";
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (!is_success(status) || call->any_type || (type.len >= sizeof(json) - 1 && strncasecmp(type.ptr, json, sizeof(json) - 1) == 0))
		return true;
	err_set(&call->err, "expected JSON, got content type '%.*s'", SLICE_ARG(type));
	return false;
}

static size_t on_header(char *data, size_t size, size_t count, void *closure)
{
	struct kube_call *call = closure;
	struct slice line = {data, size * count}, value;

	call->heard = clock_mono_ns();
	if (header_is(line, "date:", &value))
		note_date(call->client, value);
	else if (header_is(line, "retry-after:", &value))
		note_retry_after(call, value);
	else if (header_is(line, "content-type:", &value) && !takes_type(call, value))
		return 0;
	return line.len;
}

/* ---- one call ---- */

/* A call for which an option was not taken is not made: it would trust other certificates, or have no limits. */
static void note_set(struct kube_call *call, CURLcode code)
{
	if (code == CURLE_OK || call->failed)
		return;
	call->failed = true;
	err_set(&call->err, "libcurl does not take what the call needs: %s", curl_easy_strerror(code));
}

#define SET(call, option, value) note_set((call), curl_easy_setopt((call)->easy, (option), (value)))

static void set_blob(struct kube_call *call, CURLoption option, struct slice pem)
{
	struct curl_blob blob = {(void *)(uintptr_t)pem.ptr, pem.len, CURL_BLOB_COPY};

	if (pem.len > 0)
		SET(call, option, &blob);
}

static void add_header(struct kube_call *call, const char *header)
{
	call->headers = curl_slist_append(call->headers, header);
	if (!call->headers)
		out_of_memory();
}

static const struct {
	const char *name, *content_type; /* of what is sent */
} methods[] = {
	[KUBE_GET] = {"GET", NULL},
	[KUBE_POST] = {"POST", "Content-Type: application/json"},
	[KUBE_PUT] = {"PUT", "Content-Type: application/json"},
	[KUBE_PATCH] = {"PATCH", "Content-Type: application/json-patch+json"},
	[KUBE_DELETE] = {"DELETE", "Content-Type: application/json"},
};

static void set_method(struct kube_call *call)
{
	const char *type = methods[call->method].content_type;

	if (call->method == KUBE_GET)
		return;
	SET(call, CURLOPT_CUSTOMREQUEST, methods[call->method].name);
	if (!type || (call->method == KUBE_DELETE && call->send.len == 0))
		return;
	SET(call, CURLOPT_POSTFIELDS, call->send.ptr);
	SET(call, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->send.len);
	add_header(call, type);
	/* Without "Expect: 100-continue": an API server never sends one before it reads, and curl would wait a second. */
	add_header(call, "Expect:");
}

static void set_identity(struct kube_client *client, struct kube_call *call, struct arena *a)
{
	const struct kube_shown *shown = kube_credentials_shown(client->credentials);

	add_header(call, "Accept: application/json");
	set_method(call);
	if (secret_is_set(shown->token))
		add_header(call, arena_join(a, "Authorization: Bearer ", secret_reveal(shown->token).ptr));
	SET(call, CURLOPT_HTTPHEADER, call->headers);
	set_blob(call, CURLOPT_CAINFO_BLOB, shown->ca);
	if (shown->ca.len > 0) /* that one alone: the blob replaces curl's default file, not its default folder */
		SET(call, CURLOPT_CAPATH, NULL);
	set_blob(call, CURLOPT_SSLCERT_BLOB, shown->cert);
	set_blob(call, CURLOPT_SSLKEY_BLOB, secret_reveal(shown->key));
}

static void set_up(struct kube_client *client, struct kube_call *call)
{
	struct arena arena = ARENA_SECRET;

	SET(call, CURLOPT_URL, arena_printf(&arena, "%s%s", client->config->server, call->path));
	SET(call, CURLOPT_PROTOCOLS_STR, "https");
	SET(call, CURLOPT_FOLLOWLOCATION, 0L);
	SET(call, CURLOPT_PROXY, "");
	SET(call, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(call, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(call, CURLOPT_SSL_VERIFYPEER, 1L);
	SET(call, CURLOPT_SSL_VERIFYHOST, 2L);
	SET(call, CURLOPT_SSL_CTX_FUNCTION, kube_cleanse);
	SET(call, CURLOPT_NOSIGNAL, 1L);
	/* A call that is given up does not wait for a name server that is silent. */
	SET(call, CURLOPT_QUICK_EXIT, 1L);
	SET(call, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(call, CURLOPT_TCP_KEEPALIVE, 1L);
	SET(call, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE);
	SET(call, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL);
	SET(call, CURLOPT_USERAGENT, client->user_agent);
	SET(call, CURLOPT_WRITEFUNCTION, on_data);
	SET(call, CURLOPT_WRITEDATA, call);
	SET(call, CURLOPT_HEADERFUNCTION, on_header);
	SET(call, CURLOPT_HEADERDATA, call);
	SET(call, CURLOPT_PRIVATE, call);
	set_identity(client, call, &arena);
	arena_release(&arena);
}

static void unlink_call(struct kube_client *client, struct kube_call *call)
{
	if (call->prev)
		call->prev->next = call->next;
	else
		client->calls = call->next;
	if (call->next)
		call->next->prev = call->prev;
	if (call->easy) {
		curl_multi_remove_handle(client->multi, call->easy);
		curl_easy_cleanup(call->easy);
	}
	curl_slist_free_all(call->headers);
	call->easy = call->headers = NULL;
	call->prev = call->next = NULL;
}

/* Begin the transfer, now or once the credential plugin has answered. A call that cannot be begun has failed set. */
static void begin(struct kube_client *client, struct kube_call *call)
{
	enum kube_freshness freshness;

	if (kube_credentials_refresh(client->credentials, false, &freshness, &call->err) < 0) {
		call->failed = true;
		return;
	}
	if (freshness == KUBE_FETCHING)
		return;
	call->easy = curl_easy_init();
	if (!call->easy)
		out_of_memory();
	set_up(client, call);
	if (!call->failed && curl_multi_add_handle(client->multi, call->easy) != CURLM_OK)
		out_of_memory();
}

void kube_client_start(struct kube_client *client, struct kube_call *call)
{
	call->client = client;
	call->status = 0;
	call->late = call->failed = false;
	call->body = NULL;
	call->len = call->cap = 0;
	call->err.text[0] = '\0';
	call->retry_after = 0;
	call->easy = call->headers = NULL;
	call->heard = clock_mono_ns();
	call->prev = NULL;
	call->next = client->calls;
	if (call->next)
		call->next->prev = call;
	client->calls = call;
	begin(client, call);
}

void kube_client_cancel(struct kube_client *client, struct kube_call *call)
{
	unlink_call(client, call);
	kube_call_release(call);
}

/* ---- their ends ---- */

static void end(struct kube_client *client, struct kube_call *call)
{
	unlink_call(client, call);
	call->done(call);
}

static void end_transfer(struct kube_client *client, struct kube_call *call, CURLcode code)
{
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	call->status = (int)status;
	if (status == 401)
		kube_credentials_refused(client->credentials);
	if (call->err.text[0] || code != CURLE_OK) {
		call->failed = true;
		if (!call->err.text[0])
			err_set(&call->err, "%s: %s", client->config->server, curl_easy_strerror(code));
	} else if (!is_success(status)) {
		call->failed = true;
		kube_status_error(call->status, kube_call_text(call), &call->err);
	}
	end(client, call);
}

static void end_transfers(struct kube_client *client)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(client->multi, &left))) {
		char *call = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode code = message->data.result;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		end_transfer(client, (struct kube_call *)(void *)call, code);
	}
}

/* When the call is to be looked at, were nothing to happen. */
static int64_t due(const struct kube_call *call)
{
	int64_t at = call->deadline;

	if (call->failed)
		return 0;
	if (call->silence > 0 && call->heard + call->silence < at)
		at = call->heard + call->silence;
	if (!call->easy && clock_mono_ns() + PLUGIN_NS < at)
		at = clock_mono_ns() + PLUGIN_NS;
	return at;
}

/* One call that has run out of time, or could not be begun; NULL where there is none. */
static struct kube_call *next_overdue(struct kube_client *client)
{
	int64_t now = clock_mono_ns();

	for (struct kube_call *call = client->calls; call; call = call->next) {
		if (!call->easy && !call->failed)
			begin(client, call);
		if (call->failed || due(call) <= now)
			return call;
	}
	return NULL;
}

static void end_overdue(struct kube_client *client)
{
	struct kube_call *call;

	while ((call = next_overdue(client))) {
		if (!call->failed) {
			call->late = call->failed = true;
			err_set(&call->err, call->deadline <= clock_mono_ns() ? "no answer in time"
									      : "the connection fell silent");
		}
		end(client, call);
	}
}

void kube_client_poll(struct kube_client *client, int64_t until)
{
	int running;

	for (const struct kube_call *call = client->calls; call; call = call->next)
		if (due(call) < until)
			until = due(call);
	int64_t wait = until - clock_mono_ns();
	if (wait > 0)
		curl_multi_poll(client->multi, NULL, 0, (int)(wait / CLOCK_MS) + 1, NULL);
	curl_multi_perform(client->multi, &running);
	end_transfers(client);
	end_overdue(client);
}

void kube_client_wake(struct kube_client *client)
{
	curl_multi_wakeup(client->multi);
}

/* ---- the client ---- */

struct kube_client *kube_client_new(const struct kube_config *config, const char *user_agent)
{
	struct kube_client *client = calloc(1, sizeof(*client));

	/* Its buffers have our tokens, and Secrets in answers. It counts, and is safe to call from anywhere since 7.84. */
	curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, secret_free, secret_realloc, strdup, calloc);
	if (!client || !(client->multi = curl_multi_init()))
		out_of_memory();
	client->config = config;
	client->user_agent = user_agent;
	client->credentials = kube_credentials_new(config);
	curl_multi_setopt(client->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)KUBE_CONNECTIONS);
	curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)KUBE_CONNECTIONS);
	return client;
}

void kube_client_free(struct kube_client *client)
{
	if (!client)
		return;
	while (client->calls)
		kube_client_cancel(client, client->calls);
	curl_multi_cleanup(client->multi);
	kube_credentials_free(client->credentials);
	free(client);
	curl_global_cleanup();
}

int kube_client_authenticate(struct kube_client *client, struct err *err)
{
	enum kube_freshness ignored;

	return kube_credentials_refresh(client->credentials, true, &ignored, err);
}
