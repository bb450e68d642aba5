#include "http/exchange.h"

#include "base/clock.h"
#include "base/limits.h"
#include "http/decision_log.h"
#include "http/job.h"
#include "http/reply.h"
#include "policy/store.h"

#include <stdlib.h>

/* What the answer needs on its way back. */
#define MARGIN_NS (200 * CLOCK_MS)

static const char TEXT_PLAIN[] = "text/plain; charset=utf-8";

enum client { CLIENT_UNKNOWN, CLIENT_TRUSTED, CLIENT_REFUSED };

/* A connection has one request at a time, so the state of the request is part of it. */
struct connection {
	enum client client; /* checked once: the certificate of a session does not change */
	struct tls_terms *terms; /* of its session; NULL = it was asked for no certificate */
	bool busy;
	struct routed routed;
	int64_t started, deadline; /* monotonic */
	uint64_t expected;         /* Content-Length; 0 = not known */
	struct body body;
	struct job *job; /* while an admission is under way */
	struct wire wire;
};

int64_t exchange_deadline(const char *timeout)
{
	int64_t ns;
	struct err ignored;

	if (!timeout || clock_parse_duration(slice_of(timeout), &ns, &ignored) < 0)
		return EXCHANGE_SECONDS_DEFAULT * CLOCK_SECOND;
	if (ns > EXCHANGE_SECONDS_MAX * CLOCK_SECOND)
		ns = EXCHANGE_SECONDS_MAX * CLOCK_SECOND;
	return ns > 2 * MARGIN_NS ? ns - MARGIN_NS : ns / 2;
}

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static uint64_t content_length(struct MHD_Connection *c)
{
	const char *text = header(c, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return text ? strtoull(text, NULL, 10) : 0; /* checked by libmicrohttpd; only a hint for us */
}

static struct connection *connection_of(struct MHD_Connection *c)
{
	return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static gnutls_session_t session_of(struct MHD_Connection *c)
{
	return MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
}

static bool client_is_trusted(const struct worker *w, struct connection *conn, struct MHD_Connection *c)
{
	if (!w->service->clients)
		return true;
	if (conn->client == CLIENT_UNKNOWN)
		conn->client = tls_clients_ok(session_of(c), w->service->client_name) ? CLIENT_TRUSTED : CLIENT_REFUSED;
	return conn->client == CLIENT_TRUSTED;
}

static bool is_admission(const struct connection *conn)
{
	return conn->routed.status == 0 && (conn->routed.route == ROUTE_MUTATE || conn->routed.route == ROUTE_VALIDATE);
}

/* The headers are there. */
static void begin(struct worker *w, struct connection *conn, struct MHD_Connection *c, const char *method,
		  const char *url)
{
	const char *timeout = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, "timeout");

	conn->started = clock_mono_ns();
	conn->deadline = conn->started + exchange_deadline(timeout);
	conn->routed = route_find(LISTENER_HTTPS, method, url, header(c, MHD_HTTP_HEADER_CONTENT_TYPE));
	if (is_admission(conn) && !client_is_trusted(w, conn, c)) {
		counter_add(&w->metrics->clients_refused, 1);
		conn->routed.status = 403;
		conn->routed.message = "no acceptable client certificate\n";
	}
	conn->expected = content_length(c);
	body_begin(&conn->body, &w->bodies);
	conn->busy = true;
	atomic_fetch_add_explicit(&w->in_flight, 1, memory_order_relaxed);
	MHD_set_connection_option(c, MHD_CONNECTION_OPTION_TIMEOUT, EXCHANGE_SILENT_SECONDS);
}

/* A piece of the body. MHD_NO ends the connection: a client that sends for so long or so much is not an API server. */
static enum MHD_Result take(struct worker *w, struct connection *conn, struct slice piece)
{
	if (clock_mono_ns() > conn->deadline) {
		counter_add(&w->metrics->deadlines, 1);
		return MHD_NO;
	}
	if (is_admission(conn))
		body_add(&conn->body, &w->service->budget, piece, conn->expected);
	else
		conn->body.arrived += piece.len;
	counter_add(&w->metrics->body_bytes, piece.len);
	return conn->body.arrived > EXCHANGE_DISCARD_MAX ? MHD_NO : MHD_YES;
}

/* Queue the answer and count the request. */
static enum MHD_Result answer(struct worker *w, struct connection *conn, struct MHD_Connection *c, struct reply reply,
			      int64_t ns)
{
	reply.last = atomic_load_explicit(&w->service->health.draining, memory_order_relaxed);
	metrics_request(w->metrics, conn->routed.route, reply.status, ns);
	wire_hold(&conn->wire, reply.body.len);
	return reply_send(c, &reply);
}

static enum MHD_Result answer_text(struct worker *w, struct connection *conn, struct MHD_Connection *c, unsigned status,
				   struct slice text, int64_t since)
{
	struct reply reply = {.status = status, .content_type = TEXT_PLAIN, .allow = conn->routed.allow, .body = text};

	return answer(w, conn, c, reply, clock_mono_ns() - since);
}

/* The last steps of every admission: count, log, send. */
static enum MHD_Result end_admission(struct worker *w, struct connection *conn, struct MHD_Connection *c)
{
	struct admission *adm = &conn->job->admission;
	int64_t ns = clock_mono_ns() - conn->job->since;
	struct reply reply = {.status = adm->status, .content_type = adm->status == 200 ? "application/json" : TEXT_PLAIN,
			      .body = adm->reply, .idle = REPLY_IDLE_SECONDS};

	if (adm->decided)
		metrics_decision(w->metrics, &adm->request, &adm->decision);
	if (adm->decided && w->service->witness.see)
		w->service->witness.see(w->service->witness.context, adm);
	decision_log(w->service->log, adm, ns);
	enum MHD_Result done = answer(w, conn, c, reply, ns);
	job_end(&w->jobs, conn->job);
	conn->job = NULL;
	return done;
}

/* Read the body. false: the admission is answered already; true: its facts are needed, even if the body is incomplete
 * or late. */
static bool read_body(struct worker *w, struct connection *conn, struct admission *adm)
{
	struct slice text = body_text(&conn->body);

	if (conn->body.state == BODY_TOO_LARGE) {
		counter_add(&w->metrics->bodies_too_large, 1);
		return admission_unread(adm, text, 413, "the review is larger than 3 MiB");
	}
	if (conn->body.state == BODY_NO_BUDGET || conn->body.state == BODY_NO_MEMORY) {
		counter_add(&w->metrics->bodies_over_budget, 1);
		return admission_unread(adm, text, 503,
					conn->body.state == BODY_NO_BUDGET
						? "too many reviews at once (--max-inflight-bytes); try again"
						: "no memory for the review (--max-inflight-bytes allows more than "
						  "there is); try again");
	}
	if (clock_mono_ns() > conn->deadline) {
		counter_add(&w->metrics->deadlines, 1);
		return admission_unread(adm, text, 503, "the review arrived too late to be judged in time");
	}
	return admission_parse(adm, text);
}

/*
 * The second half of an admission, entered again each time the facts source wakes it. Facts
 * from files are there at once; while others are being fetched the connection is suspended, and
 * the job keeps everything the first half made.
 */
static enum MHD_Result decide(struct worker *w, struct connection *conn, struct MHD_Connection *c)
{
	struct job *job = conn->job;
	struct facts_lease lease;

	job_arm(job, c, conn->deadline);
	if (facts_get(w->service->facts, &job->admission.needs, &job->wait, &job->admission.facts, &lease) ==
	    FACTS_PENDING) {
		MHD_suspend_connection(c);
		job_suspended(job);
		return MHD_YES;
	}
	admission_decide(&job->admission);
	enum MHD_Result done = end_admission(w, conn, c);
	facts_put(w->service->facts, &lease);
	return done;
}

/* The first half: the body is there. */
static enum MHD_Result admit(struct worker *w, struct connection *conn, struct MHD_Connection *c)
{
	enum endpoint endpoint = conn->routed.route == ROUTE_MUTATE ? ENDPOINT_MUTATE : ENDPOINT_VALIDATE;

	struct policy *other, *policy = policy_store_pair(w->service->policies, &other);
	conn->job = job_begin(&w->jobs, endpoint, policy, other);
	struct admission *adm = &conn->job->admission;
	if (read_body(w, conn, adm))
		return decide(w, conn, c);
	return end_admission(w, conn, c);
}

static enum MHD_Result answer_health(struct worker *w, struct connection *conn, struct MHD_Connection *c)
{
	struct arena arena = ARENA_INIT;
	int64_t since = clock_mono_ns();

	if (conn->routed.route == ROUTE_LIVEZ)
		return answer_text(w, conn, c, 200, SLICE_LIT("ok"), since);

	struct buf listing = buf_in(&arena);
	bool ready = health_ready(&w->service->health, &listing);
	/* "?verbose" has no value: the lookup by name would give NULL as for an absent one. */
	bool verbose = MHD_lookup_connection_value_n(c, MHD_GET_ARGUMENT_KIND, "verbose", 7, NULL, NULL) == MHD_YES;
	struct slice text = ready && !verbose ? SLICE_LIT("ok") : buf_slice(&listing);
	enum MHD_Result done = answer_text(w, conn, c, ready ? 200 : 503, text, since);
	arena_release(&arena);
	return done;
}

/* The request is complete, or its facts may be there. */
static enum MHD_Result finish(struct worker *w, struct connection *conn, struct MHD_Connection *c)
{
	if (conn->job)
		return decide(w, conn, c);
	if (conn->routed.status != 0)
		return answer_text(w, conn, c, conn->routed.status, slice_of(conn->routed.message), clock_mono_ns());
	return is_admission(conn) ? admit(w, conn, c) : answer_health(w, conn, c);
}

enum MHD_Result exchange_handle(void *cls, struct MHD_Connection *c, const char *url, const char *method,
				const char *version, const char *upload_data, size_t *upload_data_size, void **con_cls)
{
	struct worker *w = cls;
	struct connection *conn = *con_cls;

	(void)version;
	w->wires.busy = true;
	if (!conn) {
		conn = connection_of(c);
		if (!conn)
			return MHD_NO;
		*con_cls = conn;
		begin(w, conn, c, method, url);
		return MHD_YES;
	}
	if (*upload_data_size > 0) {
		struct slice piece = {upload_data, *upload_data_size};
		*upload_data_size = 0;
		return take(w, conn, piece);
	}
	return finish(w, conn, c);
}

void exchange_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode how)
{
	struct worker *w = cls;
	struct connection *conn = *con_cls;

	(void)c;
	*con_cls = NULL;
	if (!conn)
		return;
	if (how == MHD_REQUEST_TERMINATED_COMPLETED_OK)
		wire_release(&conn->wire);
	else
		wire_drop(&conn->wire);
	if (!conn->busy)
		return;
	if (conn->job) {
		facts_abandon(w->service->facts, &conn->job->wait);
		job_end(&w->jobs, conn->job);
		conn->job = NULL;
	}
	body_end(&conn->body, &w->service->budget);
	conn->busy = false;
	atomic_fetch_sub_explicit(&w->in_flight, 1, memory_order_relaxed);
}

/* Its handshake has not begun. */
static struct connection *connection_new(struct worker *w, struct MHD_Connection *c)
{
	struct connection *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return NULL; /* its first request ends it */
	wire_open(&conn->wire, c, &w->wires);
	if (w->service->clients)
		conn->terms = tls_clients_ask(w->service->clients, session_of(c));
	return conn;
}

/* Its session is gone. */
static void connection_free(struct connection *conn)
{
	if (!conn)
		return;
	wire_close(&conn->wire);
	tls_terms_free(conn->terms);
	free(conn);
}

void exchange_connection(void *cls, struct MHD_Connection *c, void **socket_context,
			 enum MHD_ConnectionNotificationCode what)
{
	struct worker *w = cls;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		atomic_fetch_add_explicit(&w->connections, 1, memory_order_relaxed);
		arrivals_end(&w->arrivals);
		*socket_context = connection_new(w, c);
		return;
	}
	connection_free(*socket_context);
	*socket_context = NULL;
	atomic_fetch_sub_explicit(&w->connections, 1, memory_order_relaxed);
}
