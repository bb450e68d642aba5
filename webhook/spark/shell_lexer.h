/*
 * shell_lexer.h - private to shell*.c: the state of one parse, and words.
 *
 * shell.c reads commands, shell_word.c reads a word of them, shell_skip.c passes over what stands
 * inside a word; they call each other ("$( )" holds commands), so the depth is counted in one place.
 */
#ifndef SPARK_SHELL_LEXER_H
#define SPARK_SHELL_LEXER_H

#include "base/buf.h"
#include "spark/shell.h"

struct lexer {
	struct arena *arena;
	struct slice text;
	size_t at;
	struct kube_env *env; /* or NULL */
	struct kube_left left; /* what looks like a reference to one of env, and is none */
	struct shell *shell; /* where dollars and inner texts are noted */
	struct err *err;
	unsigned depth;     /* of expansions open around us */
	unsigned inside;    /* of those, commands */
	unsigned murky;     /* of those, since the last commands, what shells read a backquote's \" in differently */
	bool arithmetic;    /* in $(( )): to dash quotes are bytes there, to bash they are quotes */
	size_t array_start, array_end; /* the parentheses of NAME=( ) in the word just read; 0 where it has none */
	struct buf scratch; /* the value of the word being read at depth 0 */
};

/* The byte at `ahead` from here; '\0' behind the end (texts hold no NUL: JSON refuses it). */
static inline char lexer_peek(const struct lexer *lx, size_t ahead)
{
	return lx->at + ahead < lx->text.len ? lx->text.ptr[lx->at + ahead] : '\0';
}

static inline struct slice lexer_rest(const struct lexer *lx)
{
	return (struct slice){lx->text.ptr + lx->at, lx->text.len - lx->at};
}

/* "$$$$", or "$$$" and what is no '$': Kubernetes leaves "$$" of it, which is the shell's process ID. */
static inline bool lexer_at_pid(const struct lexer *lx)
{
	return lx->env && lexer_peek(lx, 0) == '$' && lexer_peek(lx, 1) == '$' && lexer_peek(lx, 2) == '$';
}

static inline bool lexer_ended(const struct lexer *lx)
{
	return lx->at >= lx->text.len;
}

/* err = "line N: what"; returns -1. */
int lexer_fail(struct lexer *lx, size_t at, const char *what);

/* The byte here is a '$' that is read so. */
void lexer_note_dollar(struct lexer *lx, enum quotes quotes);

/* commands are what a substitution runs. */
void lexer_note_inner(struct lexer *lx, struct slice commands);

/* Does this byte end an unquoted word? */
bool shell_is_meta(char c);

/* Read the word at lx->at into *ret (start, end and what it means). -1: unterminated or too deep. */
MUST_CHECK int shell_word(struct lexer *lx, struct word *ret);

/* The same without reading: start, end, quoted, and the source as value. */
MUST_CHECK int shell_skip_word(struct lexer *lx, struct word *ret);

/* NAME=, NAME+= or NAME[x]= at the start? */
bool shell_is_assignment(struct slice s);

/* Does "NAME=" of the word that began at start stand right before the parenthesis here? */
bool shell_opens_array(const struct lexer *lx, size_t start);

/* <(list) and >(list) are file names (bash). */
bool shell_opens_process(const struct lexer *lx);

/* A line that is joined: "\\" and the end of the line. */
static inline bool lexer_at_joined(const struct lexer *lx, size_t ahead)
{
	return lexer_peek(lx, ahead) == '\\' && lexer_peek(lx, ahead + 1) == '\n';
}

/* Pass over the thing that begins here. -1: it is not closed, nests too deep, or shells read it differently. */
MUST_CHECK int shell_skip_array(struct lexer *lx);
MUST_CHECK int shell_skip_process(struct lexer *lx);
MUST_CHECK int shell_skip_dollar(struct lexer *lx, bool in_quotes);
MUST_CHECK int shell_skip_backquotes(struct lexer *lx, bool in_quotes);
MUST_CHECK int shell_skip_ansi_quotes(struct lexer *lx);

/* Behind "((": up to "))". */
MUST_CHECK int shell_skip_arithmetic(struct lexer *lx);

/* In shell.c: commands up to the closing parenthesis (which is taken), listing nothing. */
MUST_CHECK int shell_skip_commands(struct lexer *lx);

#endif
