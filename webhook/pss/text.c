#include "pss/text.h"

#include <stdint.h>
#include <stdlib.h>

void pss_list_add(struct pss_list *list, struct arena *a, const char *text)
{
	*ARENA_PUSH(a, list->items, &list->cap, list->count) = text;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void pss_list_sort(struct pss_list *list)
{
	size_t kept = 0;

	if (list->count == 0)
		return;
	qsort(list->items, list->count, sizeof(*list->items), by_bytes);
	for (size_t i = 1; i < list->count; i++)
		if (strcmp(list->items[kept], list->items[i]) != 0)
			list->items[++kept] = list->items[i];
	list->count = kept + 1;
}

static void say_joined(struct buf *b, const struct pss_list *list, const char *quote)
{
	for (size_t i = 0; i < list->count; i++) {
		buf_adds(b, i > 0 ? ", " : "");
		buf_adds(b, quote);
		buf_adds(b, list->items[i]);
		buf_adds(b, quote);
	}
}

void pss_say_quoted(struct buf *b, const struct pss_list *list)
{
	say_joined(b, list, "\"");
}

void pss_say_plain(struct buf *b, const struct pss_list *list)
{
	say_joined(b, list, "");
}

void pss_say_containers(struct buf *b, const struct pss_list *names)
{
	buf_adds(b, names->count == 1 ? "container " : "containers ");
	pss_say_quoted(b, names);
}

void pss_say_setters(struct buf *b, bool pod, const struct pss_list *names)
{
	if (pod)
		buf_adds(b, names->count > 0 ? "pod and " : "pod");
	if (names->count > 0)
		pss_say_containers(b, names);
}

/* Take one code point off *text, which is valid UTF-8 (json_parse() saw to that). */
static uint32_t next_rune(const unsigned char **text)
{
	const unsigned char *p = *text;
	unsigned more = *p < 0x80 ? 0 : *p < 0xe0 ? 1 : *p < 0xf0 ? 2 : 3;
	uint32_t rune = more == 0 ? *p : *p & (0x3fu >> more);

	for (p++; more > 0 && *p; more--)
		rune = rune << 6 | (*p++ & 0x3fu);
	*text = p;
	return rune;
}

/* Not printable for Go: its unicode.IsPrint takes no blank but the ASCII one. */
static bool is_escaped(uint32_t rune)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{0x00, 0x1f},	  {0x7f, 0xa0},	    {0xad, 0xad},     {0x61c, 0x61c},	{0x1680, 0x1680},
		{0x180e, 0x180e}, {0x2000, 0x200f}, {0x2028, 0x202f}, {0x205f, 0x206f}, {0x3000, 0x3000},
		{0xd800, 0xf8ff}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe00ff},
		{0xe01f0, 0x10ffff},
	};

	for (size_t i = 0; i < COUNT_OF(ranges); i++)
		if (rune >= ranges[i].first && rune <= ranges[i].last)
			return true;
	return false;
}

static void say_escape(struct buf *b, uint32_t rune)
{
	static const char letters[] = "abtnvfr"; /* of 7 to 13 */

	if (rune >= 7 && rune <= 13)
		buf_printf(b, "\\%c", letters[rune - 7]);
	else if (rune < 0x80)
		buf_printf(b, "\\x%02x", rune);
	else if (rune < 0x10000)
		buf_printf(b, "\\u%04x", rune);
	else
		buf_printf(b, "\\U%08x", rune);
}

void pss_say_go_string(struct buf *b, const char *text)
{
	const unsigned char *at = (const unsigned char *)text;

	buf_addc(b, '"');
	while (*at) {
		const unsigned char *from = at;
		uint32_t rune = next_rune(&at);

		if (rune == '"' || rune == '\\')
			buf_addc(b, '\\');
		if (is_escaped(rune))
			say_escape(b, rune);
		else
			buf_add(b, (struct slice){(const char *)from, (size_t)(at - from)});
	}
	buf_addc(b, '"');
}
