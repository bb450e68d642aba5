/*
 * text.h - the words that upstream's checks build their messages from: lists of
 * names, "a", "b" quoting, Go's sets and %q.
 *
 * Private to pss/. Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef PSS_TEXT_H
#define PSS_TEXT_H

#include "base/buf.h"

struct pss_list {
	const char **items;
	size_t count, cap;
};

void pss_list_add(struct pss_list *list, struct arena *a, const char *text);

/* In byte order, each once: what Go's sets.List() gives. n log n. */
void pss_list_sort(struct pss_list *list);

/* "a", "b" (with the quotes, nothing escaped: upstream's joinQuote). */
void pss_say_quoted(struct buf *b, const struct pss_list *list);

/* a, b */
void pss_say_plain(struct buf *b, const struct pss_list *list);

/* container "a"   or   containers "a", "b" */
void pss_say_containers(struct buf *b, const struct pss_list *names);

/* pod   or   containers "a", "b"   or   pod and container "a" */
void pss_say_setters(struct buf *b, bool pod, const struct pss_list *names);

/* text as Go's %q writes it. The table of what is printable beyond ASCII is simpler than Go's: it
 * escapes controls, blanks, format and private-use characters, and takes the rest for printable. */
void pss_say_go_string(struct buf *b, const char *text);

#endif
