/*
 * xml.h - texts in XML 1.0, for JUnit reports. Characters that XML cannot hold become blanks or are dropped; the
 * caller makes sure that the text is UTF-8.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/buf.h"

void xml_text(struct buf *out, const char *text);

/* A space, then name="value". */
void xml_attribute(struct buf *out, const char *name, const char *value);

#endif
