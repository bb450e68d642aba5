/*
 * entry.h - which webhook entry a request came through. The API server does not
 * say so; it follows from endpoint, kind and role.
 */
#ifndef ADMISSION_ENTRY_H
#define ADMISSION_ENTRY_H

#include "admission/engine.h"

/* What a request is about. */
enum subject_kind { SUBJECT_POD, SUBJECT_CONFIG_MAP, SUBJECT_CONTROLLER, SUBJECT_NAMESPACE, SUBJECT_OTHER };

enum subject_kind review_subject_kind(const struct review *r);

enum entry entry_of(enum endpoint endpoint, enum subject_kind kind, enum role role);

#endif
