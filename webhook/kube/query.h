/*
 * query.h - texts in the query of a path.
 * Threads: no state.
 */
#ifndef KUBE_QUERY_H
#define KUBE_QUERY_H

#include "base/err.h"

#include <stddef.h>

/* text into to, followed by a NUL: everything outside of RFC 3986's unreserved characters as %XX (a continue token is
 * base64, but that is not guaranteed). -1 where it does not fit into size bytes: to then holds a part. */
MUST_CHECK int kube_query_escape(char *to, size_t size, const char *text);

#endif
