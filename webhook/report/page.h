/*
 * page.h - private to report/: the style sheet and the script of the HTML report, as they are in report/html. The
 * Makefile makes the source of it (tests/lib/embed_page), with the hash by which the page's own Content-Security-Policy
 * knows each: nothing else runs in it. Constant for the life of the process.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include <stddef.h>

struct page_part {
	const char *text; /* NUL-terminated, and without "</" in it */
	size_t len;
	const char *hash; /* "sha256-...", of these bytes */
};

extern const struct page_part page_style, page_script;

#endif
