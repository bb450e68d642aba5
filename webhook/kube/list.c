#include "kube/list.h"

#include "base/limits.h"
#include "kube/query.h"

#include <stdio.h>
#include <stdlib.h>

/* The continue token of an API server is about 100 bytes; a much longer one is not genuine. */
#define TOKEN_MAX 4096

/* How much text of one page is aimed at, and how much is accepted; a single object may have LIMIT_FILE_BYTES. */
#define PAGE_BYTES     (2u << 20)
#define PAGE_BYTES_MAX (8u << 20)

struct kube_list {
	struct kube_client *client;
	char path[KUBE_LIST_PATH_MAX + 1];
	char token[TOKEN_MAX]; /* escaped; "" = from the beginning */
	unsigned page, most, calls; /* objects to ask for, at once and at most */
	int status;
	bool ended, too_long; /* too_long: path is its beginning only */
};

struct kube_list *kube_list_new(struct kube_client *client, const char *path, unsigned page)
{
	struct kube_list *list = calloc(1, sizeof(*list));

	if (!list)
		out_of_memory(); /* as base/arena.h */
	list->client = client;
	list->too_long = strlen(path) > KUBE_LIST_PATH_MAX;
	list->page = list->most = page;
	snprintf(list->path, sizeof(list->path), "%s", path);
	return list;
}

void kube_list_free(struct kube_list *list)
{
	free(list);
}

int kube_list_status(const struct kube_list *list)
{
	return list->status;
}

unsigned kube_list_calls(const struct kube_list *list)
{
	return list->calls;
}

static const char *url_of(const struct kube_list *list, struct arena *a)
{
	const char *joint = strchr(list->path, '?') ? "&" : "?";

	return arena_printf(a, "%s%slimit=%u%s%s", list->path, joint, list->page, list->token[0] ? "&continue=" : "",
			    list->token);
}

/* For an expired token: the one to go on with, where the Status offers one. */
static bool take_offer(struct kube_list *list, struct arena *a, struct slice body)
{
	const struct json *status;
	struct err ignored;

	if (list->status != 410 || json_parse(a, body, &status, &ignored) < 0)
		return false;
	const char *token = json_text(json_get(json_get(status, "metadata"), "continue"), "");
	return *token && kube_query_escape(list->token, sizeof(list->token), token) == 0;
}

static int take_page(struct kube_list *list, const struct json *page, struct err *err)
{
	const struct json *items = json_get(page, "items");

	if (!slice_ends(slice_of(json_text(json_get(page, "kind"), "")), "List") ||
	    (items && json_type(items) != JSON_ARRAY))
		return err_set(err, "the answer is not a list");
	const char *token = json_text(json_get(json_get(page, "metadata"), "continue"), "");
	char before[TOKEN_MAX];
	memcpy(before, list->token, sizeof(before));
	if (kube_query_escape(list->token, sizeof(list->token), token) < 0)
		return err_set(err, "the answer's continue token has more than %d bytes", TOKEN_MAX);
	if (*token && strcmp(list->token, before) == 0)
		return err_set(err, "the answer's continue token is the one that was sent: the list has no end");
	list->ended = !*token;
	return 0;
}

/* The next page has as many objects as fit, by those of this one, and grows by half at most. */
static void size_page(struct kube_list *list, const struct json *page, size_t bytes)
{
	size_t count = json_count(json_get(page, "items"));
	size_t fit = count ? PAGE_BYTES / (bytes / count + 1) : list->page;

	if (fit > list->page + list->page / 2 + 1)
		fit = list->page + list->page / 2 + 1;
	list->page = fit < 1 ? 1 : fit < list->most ? (unsigned)fit : list->most;
}

/* 1: try again with what has changed; err says why. */
static int ask(struct kube_list *list, struct arena *a, const struct json **ret, struct err *err)
{
	struct slice body = {"", 0};

	list->calls++;
	arena_reset(a);
	if (kube_get_up_to(list->client, a, url_of(list, a), list->page == 1 ? LIMIT_FILE_BYTES : PAGE_BYTES_MAX,
			   &list->status, &body, err) == 0 &&
	    json_read(a, body, &(struct json_reading){.nodes = LIST_NODES, .nul = true}, ret, err) == 0) {
		size_page(list, *ret, body.len);
		return take_page(list, *ret, err);
	}
	if (take_offer(list, a, body))
		return 1;
	if (list->status != 200 || list->page == 1)
		return -1;
	list->page = list->page > 4 ? list->page / 4 : 1; /* it came, and was too large for us */
	return 1;
}

int kube_list_next(struct kube_list *list, struct arena *a, const struct json **ret, struct err *err)
{
	struct err why = {""};
	unsigned tries = 0;
	int rc;

	if (list->too_long)
		return err_set(err, "GET %.80s...: the path has more than %d bytes", list->path, KUBE_LIST_PATH_MAX);
	if (list->ended)
		return 0;
	while ((rc = ask(list, a, ret, &why)) > 0)
		if (++tries == 8)
			return err_set(err, "GET %s: still no page after %u tries: %s", list->path, tries, why.text);
	return rc < 0 ? err_set(err, "GET %s: %s", list->path, why.text) : 1;
}
