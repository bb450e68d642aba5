/*
 * utf8.h - what is UTF-8 (RFC 3629) and what only looks like it; characters by number.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

/* Bytes of the multi-byte sequence at p, of which left bytes are there: 2 to 4; 0 where there is none (no
 * overlong forms, no surrogates, nothing above U+10FFFF). For bytes of 0x80 and more. */
size_t utf8_length(const unsigned char *p, size_t left);

/* How many bytes of text, at most max, are no piece of a character: where a text that is too long is cut. */
size_t utf8_cut(struct slice text, size_t max);

/* Write a character (at most 0x10FFFF) to out; its bytes, 1 to 4. */
size_t utf8_put(unsigned code, char out[4]);

/* Blanks for control characters, in place: U+0000 to U+001F, U+007F, and U+0080 to U+009F, which Go's unicode.IsControl()
 * counts among them. (A warning that holds one is thrown away: k8s.io/apimachinery pkg/util/net, NewWarningHeader().)
 * Returns text. */
char *utf8_one_line(char *text);

/* The UTF-16 unit that is written as four hex digits, as behind "\u" in JSON and in properties texts; -1 where
 * they are not four. Nothing behind the first other byte is read: a NUL may end them. */
int utf16_read(const char *digits);

#endif
