/*
 * shell.h - a shell text cut into simple commands and words, each with its exact bytes.
 *
 *	struct shell sh;
 *	if (shell_parse(arena, text, env, &sh, err) < 0)
 *		...                                     // unterminated quote, nests too deep, ...
 *	for (size_t i = 0; i < sh.count; i++)
 *		use(sh.commands[i].words, sh.commands[i].count);
 *
 * The grammar is POSIX's (XCU 2.2 - 2.10) with what bash adds and start scripts use: $'..', $"..",
 * [[ ]], (( )), arrays, <<<, <( ), &>, |&, function, select, coproc. A text of which bash and dash make
 * other commands cannot be read (shell_differs.c): sh may be either. Nothing is run and nothing is
 * guessed: expansions stay as they are written, and commands inside $( ), ` ` and <( ) are texts of
 * their own (shell->inner), not listed. Compound commands are flattened: `if a; then b; fi` lists a and b. The words
 * of `for` and `case`, patterns, redirections and here-documents are no command's words.
 *
 * Kubernetes expands its $(NAME) before the shell sees the text (kube_refs.h); those are literal
 * text here.
 *
 * Bounds: one pass, linear in the text; at most LIMIT_SHELL_DEPTH expansions in one another and
 * LIMIT_WORDS words. Ownership: everything in the arena, slices into text. Threads: as the arena.
 */
#ifndef SPARK_SHELL_H
#define SPARK_SHELL_H

#include "spark/kube_refs.h"
#include "spark/words.h"

/* "$(a "$(b "${c:-$(d)}")")" is 4 deep; people stop at 3. Each level costs some stack. */
#define LIMIT_SHELL_DEPTH 64

struct shell_command {
	struct word **words; /* assignments first (word->assignment), then the program, then its arguments */
	size_t count;
};

/* NAME=( ... ) of bash. */
struct shell_array {
	struct slice name;
	struct word **words;
	size_t count;
	size_t end;   /* of the assignment, in the text */
	bool appends; /* NAME+=( ... ) */
	bool certain; /* "${NAME[@]}" behind it is these words: it is not +=, in no branch, loop, function, { } or pipe, not for a
		       * program alone, and nothing else changes it */
};

/* Beyond that none is certain. Each is looked for in the whole text: start scripts have a few KiB, and three arrays. */
#define SHELL_ARRAYS_MAX 64u
#define SHELL_ARRAY_BYTES ((size_t)4 << 20)

struct shell_document {
	struct slice body;
	size_t reader; /* index of the command that reads it; SIZE_MAX: not known */
};

struct shell_names {
	struct slice *items;
	size_t count, cap;
};

struct shell {
	struct carrier *carrier; /* of all words */
	struct shell_command *commands;
	size_t count, cap;
	struct shell_array *arrays;
	size_t array_count, array_cap;
	bool loops;               /* it has some: what stands behind may come before */
	struct shell_names loop_names; /* of for and select */
	struct shell_names loop_words; /* what those go over, as it is written */
	bool functions; /* it defines some: "$@" is another one in them, and what they do is done when they are called, or never */
	/* bodies of here-documents and <<< words, which some program will read, and of ((...)) and [[...]], in
	 * which a shell that has no such commands (dash) finds subshells and commands */
	struct shell_document *documents;
	size_t document_count, document_cap;
	/* the commands in $( ), ` ` and <( ) of words, of those in one another the outermost */
	struct slice *inner;
	size_t inner_count, inner_cap;
};

/* May it stand in the name of a variable, behind the first byte? (POSIX, XBD 3.216 "Name") */
static inline bool shell_is_name_byte(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* How many such bytes s begins with. */
static inline size_t shell_name_length(struct slice s)
{
	size_t n = 0;

	while (n < s.len && shell_is_name_byte(s.ptr[n]))
		n++;
	return n;
}

/* Parse text; env may be NULL. On failure -1, and err says what and where. */
MUST_CHECK int shell_parse(struct arena *a, struct slice text, struct kube_env *env, struct shell *ret,
			   struct err *err);

#endif
