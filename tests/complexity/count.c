/*
 * The counter. The linker sends libc's loops through here (--wrap), since there is no block of the library in them.
 */
#include "work.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_OF_ONE 16

static unsigned long blocks, bytes;
static bool counting;

void __sanitizer_cov_trace_pc(void);

void __sanitizer_cov_trace_pc(void)
{
	blocks += counting;
}

void work_begin(void)
{
	blocks = bytes = 0;
	counting = true;
}

unsigned long work_end(void)
{
	counting = false;
	return blocks + bytes / BYTES_OF_ONE;
}

static void did(size_t n)
{
	if (counting)
		bytes += n;
}

/* WRAP(type, name, (parameters), (arguments), what it looked at, given its result r) */
#define WRAP(type, name, parameters, arguments, looked) \
	type __real_##name parameters;                  \
	type __wrap_##name parameters;                  \
	type __wrap_##name parameters                   \
	{                                               \
		type r = __real_##name arguments;       \
		did(looked);                            \
		return r;                               \
	}

#define UP_TO(r, s, else_) ((r) ? (size_t)((const char *)(r) - (const char *)(s)) : (else_))

static size_t common(const void *a, const void *b, size_t n, bool text)
{
	const char *s = a, *t = b;
	size_t i = 0;

	while (i < n && s[i] == t[i] && !(text && !s[i]))
		i++;
	return i;
}

WRAP(void *, memcpy, (void *to, const void *from, size_t n), (to, from, n), n)
WRAP(void *, memmove, (void *to, const void *from, size_t n), (to, from, n), n)
WRAP(void *, memset, (void *to, int c, size_t n), (to, c, n), n)
WRAP(void *, memchr, (const void *s, int c, size_t n), (s, c, n), UP_TO(r, s, n))
WRAP(void *, memrchr, (const void *s, int c, size_t n), (s, c, n), n - UP_TO(r, s, 0))
WRAP(int, memcmp, (const void *s, const void *t, size_t n), (s, t, n), common(s, t, n, false))
WRAP(void *, memmem, (const void *s, size_t n, const void *t, size_t m), (s, n, t, m), UP_TO(r, s, n))
WRAP(size_t, strlen, (const char *s), (s), r)
WRAP(char *, strchr, (const char *s, int c), (s, c), UP_TO(r, s, __real_strlen(s)))
WRAP(char *, strrchr, (const char *s, int c), (s, c), __real_strlen(s))
WRAP(char *, strstr, (const char *s, const char *t), (s, t), UP_TO(r, s, __real_strlen(s)))
WRAP(int, strcmp, (const char *s, const char *t), (s, t), common(s, t, SIZE_MAX, true))
WRAP(int, strncmp, (const char *s, const char *t, size_t n), (s, t, n), common(s, t, n, true))
WRAP(size_t, strspn, (const char *s, const char *of), (s, of), r)
WRAP(size_t, strcspn, (const char *s, const char *of), (s, of), r)
WRAP(char *, strpbrk, (const char *s, const char *of), (s, of), UP_TO(r, s, __real_strlen(s)))
WRAP(void *, calloc, (size_t n, size_t size), (n, size), (n * size))
WRAP(size_t, fwrite, (const void *s, size_t size, size_t n, FILE *f), (s, size, n, f), (size * n))
WRAP(int, fputs, (const char *s, FILE *f), (s, f), __real_strlen(s))

void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n)
{
	size_t old = malloc_usable_size(p);

	did(old < n ? old : n);
	return __real_realloc(p, n);
}

int __real_vsnprintf(char *to, size_t n, const char *format, va_list args);
int __wrap_vsnprintf(char *to, size_t n, const char *format, va_list args);
int __wrap_vsnprintf(char *to, size_t n, const char *format, va_list args)
{
	int r = __real_vsnprintf(to, n, format, args);

	did(r > 0 ? (size_t)r : 0);
	return r;
}
