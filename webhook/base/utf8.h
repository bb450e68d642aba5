/*
 * utf8.h - what is UTF-8 (RFC 3629) and what only looks like it; characters by number.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

#include <stdint.h>

/* Length of the multi-byte sequence at p, where left bytes remain: 2 to 4; 0 if it is not valid (no
 * overlong forms, no surrogates, nothing above U+10FFFF). For bytes from 0x80 on. */
size_t utf8_length(const unsigned char *p, size_t left);

/* The character at p, where left bytes remain (at least one), to *ret; returns its length, 1 to 4, or 0 where it is not
 * valid. */
size_t utf8_read(const unsigned char *p, size_t left, uint32_t *ret);

/* Would a reader not see this character, or see what stands around it in another order or on another line? Controls (C0,
 * DEL, C1), marks and overrides of direction (Bidi_Control: https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters),
 * separators of lines, what has no width (https://www.unicode.org/reports/tr36/#Recommendations_General), tags. A terminal
 * obeys some of them. */
bool utf8_is_unseen(uint32_t code);

/* How many bytes of text, at most max, to keep so that no character is cut in two. */
size_t utf8_cut(struct slice text, size_t max);

/* Write a character (at most 0x10FFFF) to out; returns its length, 1 to 4. */
size_t utf8_put(unsigned code, char out[4]);

/* Is all of it printable ASCII? */
bool utf8_is_printable(struct slice text);

/* Replace what is unseen by `unseen`, and bytes that are no UTF-8 by '?', in place: what is left is one line, and safe in a
 * terminal. Returns text. */
char *utf8_tame(char *text, char unseen);

/* The same with blanks. (A warning that holds a control character, as Go's unicode.IsControl() has them, is discarded:
 * k8s.io/apimachinery pkg/util/net, NewWarningHeader().) */
char *utf8_one_line(char *text);

/* The UTF-16 unit written as four hex digits, as after "\u" in JSON and in properties texts; -1 if they are
 * not four. Nothing after the first other byte is read: a NUL may end them. */
int utf16_read(const char *digits);

#endif
