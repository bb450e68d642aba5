/*
 * utf8.h - what is UTF-8 (RFC 3629) and what only looks like it.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes of the multi-byte sequence at p, of which left bytes are there: 2 to 4; 0 where there is none (no
 * overlong forms, no surrogates, nothing above U+10FFFF). For bytes of 0x80 and more. */
size_t utf8_length(const unsigned char *p, size_t left);

#endif
