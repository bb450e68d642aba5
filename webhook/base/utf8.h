/*
 * utf8.h - what is UTF-8 (RFC 3629) and what only looks like it; characters by number.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* Length of the multi-byte sequence at p, where left bytes remain: 2 to 4; 0 if it is not valid (no
 * overlong forms, no surrogates, nothing above U+10FFFF). For bytes from 0x80 on. */
size_t utf8_length(const unsigned char *p, size_t left);

/* How many bytes of text, at most max, to keep so that no character is cut in two. */
size_t utf8_cut(struct slice text, size_t max);

/* Write a character (at most 0x10FFFF) to out; returns its length, 1 to 4. */
size_t utf8_put(unsigned code, char out[4]);

/* Is all of it printable ASCII? */
bool utf8_is_printable(struct slice text);

/* Replace control characters by blanks, in place: U+0000 to U+001F, U+007F, and U+0080 to U+009F, which Go's
 * unicode.IsControl() counts among them. (A warning that holds one is discarded: k8s.io/apimachinery pkg/util/net,
 * NewWarningHeader().) Returns text. */
char *utf8_one_line(char *text);

/* The UTF-16 unit written as four hex digits, as after "\u" in JSON and in properties texts; -1 if they are
 * not four. Nothing after the first other byte is read: a NUL may end them. */
int utf16_read(const char *digits);

#endif
