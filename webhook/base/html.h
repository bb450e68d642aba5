/*
 * html.h - texts in HTML, as the text of an element or the value of an attribute in double quotes.
 *
 * Whatever goes in, what comes out is text: no tag, no end of one, no entity of the text's own. What a reader would not
 * see, or see in another order than it stands there, is written as JSON would write it ("\u001b", "\u202e"): control
 * characters but tab and line feed, marks that turn the direction of writing, characters of no width, and code points
 * that HTML has no way to hold. Bytes that are not UTF-8 become U+FFFD.
 *
 * Source: https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream.
 * Threads: as the buf's arena.
 */
#ifndef BASE_HTML_H
#define BASE_HTML_H

#include "base/buf.h"

void html_text(struct buf *out, struct slice text);

/* A blank, and name="value". */
void html_attribute(struct buf *out, const char *name, const char *value);

#endif
