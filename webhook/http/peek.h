/*
 * peek.h - what an AdmissionReview that cannot be read as a whole is about.
 *
 * The API server turns an HTTP error into a blank 500, so a body that is too large, truncated or malformed is still
 * answered with a text if its uid can be found; and if its namespace can be found, too, that may be one in which
 * nothing is refused. The API server writes all of this before the object (k8s.io/api/admission/v1, AdmissionRequest),
 * so it is in the first bytes, whatever the object is. This reads just as much JSON as that takes, in one pass and
 * without allocating.
 *
 * The first occurrence of each field counts, and only at its own place: nothing inside the object or inside a string is
 * taken for one. A uid is 1..REVIEW_UID_MAX printable ASCII bytes without escapes (the API server sends UUIDs), so it is
 * safe to write back; the other texts are of the same kind, or "" if they could not be found or are longer than the
 * fields below.
 * Threads: no state.
 */
#ifndef HTTP_PEEK_H
#define HTTP_PEEK_H

#include "admission/review.h"
#include "base/slice.h"

struct peeked {
	char uid[REVIEW_UID_MAX + 1];
	char namespace[64]; /* a DNS label (RFC 1123) */
	char operation[16];
	char group[64], kind[64]; /* of request.kind */
	char name[254];           /* only if it comes before the last of the others */
};

/* Look into text, which may end anywhere. false: no uid was found, and *ret means nothing. */
bool peek(struct slice text, struct peeked *ret);

#endif
