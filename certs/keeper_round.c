/* What the parts of the keeper share: when something is tried again, words for people, writes, and what is served. */
#include "certs/keeper_state.h"

int64_t keeper_now(const struct certs_keeper *k)
{
	int64_t now = kube_client_now(k->client);

	return now != 0 ? now : clock_unix();
}

/* ---- pace, and words for people ---- */

bool keeper_is_due(const struct pace *pace)
{
	return pace->due <= clock_mono_ns();
}

void keeper_right(struct certs_keeper *k, struct pace *pace, int64_t ns)
{
	if (pace->wrong.text[0]) {
		pace->wrong.text[0] = '\0';
		atomic_fetch_sub(&k->troubles, 1);
		keeper_tell(k, LOG_INFO, "CertificatesWell", pace->what);
	}
	pace->failures = 0;
	pace->due = clock_mono_ns() + ns;
}

void keeper_wrong(struct certs_keeper *k, struct pace *pace, const struct err *err)
{
	int64_t pause = KEEPER_PAUSE_NS << (pace->failures < 10 ? pace->failures : 10);
	struct err news = *err;

	pace->failures++;
	pace->due = clock_mono_ns() + kube_jitter(pause < KEEPER_PAUSE_MAX_NS ? pause : KEEPER_PAUSE_MAX_NS);
	if (strcmp(pace->wrong.text, err->text) == 0)
		return;
	if (!pace->wrong.text[0])
		atomic_fetch_add(&k->troubles, 1);
	pace->wrong = *err;
	(void)err_wrap(&news, "%s", pace->what);
	keeper_tell(k, LOG_ERROR, "CertificatesTrouble", news.text);
}

void keeper_tell(struct certs_keeper *k, enum log_level level, const char *reason, const char *note)
{
	struct log_line line;

	log_open(&line, k->options->log, level, "certificates");
	log_text(&line, "reason", reason);
	log_text(&line, "note", note);
	log_close(&line);
	if (k->options->say && level != LOG_DEBUG)
		k->options->say(k->options->closure, level >= LOG_WARN, reason, note);
}

void keeper_repaired(struct certs_keeper *k, enum keeper_repair repair, const char *note)
{
	atomic_fetch_add(&k->repairs[repair], 1);
	keeper_tell(k, repair == REPAIR_MADE ? LOG_INFO : LOG_WARN,
		    repair == REPAIR_MADE ? "CertificatesMade" : "CertificatesRepaired", note);
}

int keeper_write(struct certs_keeper *k, struct arena *a, enum kube_method method, const char *path, struct slice send,
		 int *status, struct slice *ret, struct err *err)
{
	int rc = kube_once(k->client, a, method, path, send, status, ret, err);

	atomic_fetch_add(&k->writes[rc < 0], 1);
	return rc;
}

/* ---- what is served ---- */

void keeper_serves(struct certs_keeper *k, X509 *leaf, const char sha256[SHA256_HEX])
{
	X509_up_ref(leaf);
	pthread_mutex_lock(&k->lock);
	X509 *before = k->leaf;
	k->leaf = leaf;
	memcpy(k->state.certificate, sha256, SHA256_HEX);
	pthread_mutex_unlock(&k->lock);
	X509_free(before);
}
