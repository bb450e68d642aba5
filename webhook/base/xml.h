/*
 * xml.h - texts in XML 1.0, for JUnit reports. What XML cannot hold stays visible: a control character becomes a blank,
 * U+FFFE, U+FFFF, what nobody sees (base/utf8.h) and bytes that are not UTF-8 become U+FFFD.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/buf.h"

void xml_text(struct buf *out, const char *text);

/* A space, then name="value". */
void xml_attribute(struct buf *out, const char *name, const char *value);

#endif
