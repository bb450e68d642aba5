/*
 * uid.h - the uid of an AdmissionReview that cannot be read as a whole.
 *
 * The API server turns an HTTP error into a blank 500, so a body that is too large,
 * truncated or malformed is still answered with a text, if only its uid can be
 * found: request.uid, which the API server writes near the beginning. This reads
 * just as much JSON as that takes, in one pass without memory.
 *
 * A uid is 1..REVIEW_UID_MAX printable ASCII bytes without escapes (the API server
 * sends UUIDs), so it is safe to write back. Threads: no state.
 */
#ifndef HTTP_UID_H
#define HTTP_UID_H

#include "admission/review.h"
#include "base/slice.h"

/* Find request.uid in text, which may end anywhere. false: not found, *ret untouched. */
bool uid_peek(struct slice text, char ret[REVIEW_UID_MAX + 1]);

#endif
