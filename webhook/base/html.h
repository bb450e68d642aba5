/*
 * html.h - texts in HTML, as the text of an element or the value of an attribute in double quotes.
 *
 * Whatever goes in, only text comes out: no tag, no end of one, no entity of the text's own. What a reader would not
 * see, or would see in a different order, is written as in JSON ("\u001b", "\u202e"): control characters except tab and
 * line feed, marks that change the direction of writing, zero-width characters, and code points that HTML cannot hold.
 * Bytes that are not UTF-8 become U+FFFD.
 *
 * Source: https://html.spec.whatwg.org/multipage/parsing.html#preprocessing-the-input-stream.
 * Threads: as the buf's arena.
 */
#ifndef BASE_HTML_H
#define BASE_HTML_H

#include "base/buf.h"

void html_text(struct buf *out, struct slice text);

/* A space, then name="value". */
void html_attribute(struct buf *out, const char *name, const char *value);

#endif
