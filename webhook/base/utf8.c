#include "base/utf8.h"

#ifdef __SSE2__ /* on every x86-64 */
#include <emmintrin.h>
#endif

size_t utf8_length(const unsigned char *p, size_t left)
{
	unsigned char low = 0x80, high = 0xBF;
	size_t n;

	if (*p >= 0xC2 && *p <= 0xDF)
		n = 2;
	else if (*p >= 0xE0 && *p <= 0xEF)
		n = 3;
	else if (*p >= 0xF0 && *p <= 0xF4)
		n = 4;
	else
		return 0;
	if (*p == 0xE0)
		low = 0xA0;
	if (*p == 0xED)
		high = 0x9F;
	if (*p == 0xF0)
		low = 0x90;
	if (*p == 0xF4)
		high = 0x8F;
	if (left < n || p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (p[i] < 0x80 || p[i] > 0xBF)
			return 0;
	return n;
}

size_t utf8_read(const unsigned char *p, size_t left, uint32_t *ret)
{
	size_t n = *p < 0x80 ? 1 : utf8_length(p, left);
	uint32_t code = n > 1 ? *p & 0xFFu >> (n + 1) : *p;

	for (size_t i = 1; i < n; i++)
		code = code << 6 | (p[i] & 0x3Fu);
	if (n > 0)
		*ret = code;
	return n;
}

bool utf8_is_unseen(uint32_t code)
{
	return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C || (code >= 0x200B && code <= 0x200F) ||
	       (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF ||
	       (code >= 0xE0000 && code <= 0xE007F);
}

size_t utf8_cut(struct slice text, size_t max)
{
	if (text.len <= max)
		return text.len;
	while (max > 0 && ((unsigned char)text.ptr[max] & 0xC0) == 0x80)
		max--;
	return max;
}

size_t utf8_put(unsigned code, char out[4])
{
	size_t n = 0;

	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[n++] = (char)(0xC0 | code >> 6);
	} else if (code < 0x10000) {
		out[n++] = (char)(0xE0 | code >> 12);
		out[n++] = (char)(0x80 | (code >> 6 & 0x3F));
	} else {
		out[n++] = (char)(0xF0 | code >> 18);
		out[n++] = (char)(0x80 | (code >> 12 & 0x3F));
		out[n++] = (char)(0x80 | (code >> 6 & 0x3F));
	}
	out[n++] = (char)(0x80 | (code & 0x3F));
	return n;
}

bool utf8_is_printable(struct slice text)
{
	size_t n = 0;

#ifdef __SSE2__
	for (; text.len - n >= sizeof(__m128i); n += sizeof(__m128i)) {
		const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + n));
		const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));

		/* signed: bytes from 0x80 on are below 0x20 too */
		if (_mm_movemask_epi8(_mm_or_si128(del, _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)))))
			return false;
	}
#endif
	while (n < text.len && (unsigned char)text.ptr[n] >= 0x20 && (unsigned char)text.ptr[n] < 0x7F)
		n++;
	return n == text.len;
}

char *utf8_tame(char *text, char unseen)
{
	size_t left = strlen(text);
	unsigned char *p = (unsigned char *)text, *to = p;
	uint32_t code;

	if (utf8_is_printable((struct slice){text, left})) /* most are */
		return text;
	while (left > 0) {
		size_t n = utf8_read(p, left, &code);
		if (n == 0 || utf8_is_unseen(code)) {
			*to++ = (unsigned char)(n ? unseen : '?');
			n = n ? n : 1;
		} else {
			memmove(to, p, n);
			to += n;
		}
		p += n;
		left -= n;
	}
	*to = '\0';
	return text;
}

char *utf8_one_line(char *text)
{
	return utf8_tame(text, ' ');
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int utf16_read(const char *digits)
{
	int unit = 0;

	for (size_t i = 0; i < 4; i++) {
		int digit = hex_digit(digits[i]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}
