/*
 * publish_set.h - which Reports were made: 16 bytes each, the beginning of the SHA-256 of namespace and name. Two that
 * are equal by chance would keep a Report that is out of date, once in 10^26 for a million.
 *
 * Private to audit/. All additions, then sort, then questions. Threads: one.
 */
#ifndef AUDIT_PUBLISH_SET_H
#define AUDIT_PUBLISH_SET_H

#include <stdbool.h>
#include <stddef.h>

#define PUBLISH_MARK 16

struct publish_set {
	unsigned char (*marks)[PUBLISH_MARK];
	size_t count, cap;
};

void publish_set_add(struct publish_set *set, const char *namespace, const char *name);
void publish_set_sort(struct publish_set *set);
bool publish_set_has(const struct publish_set *set, const char *namespace, const char *name);
void publish_set_release(struct publish_set *set);

#endif
