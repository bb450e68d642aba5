/*
 * xml.h - texts in XML 1.0, for JUnit reports. Bytes that XML has no way to write become blanks or go; what is not
 * UTF-8 is the caller's to mind.
 */
#ifndef BASE_XML_H
#define BASE_XML_H

#include "base/buf.h"

void xml_text(struct buf *out, const char *text);

/* A blank, and name="value". */
void xml_attribute(struct buf *out, const char *name, const char *value);

#endif
