/*
 * words.h - the words of a command line, wherever they are written: elements of an
 * array, or stretches of a shell text. The common ground of shell.h, options.h and
 * cmdline.h.
 *
 * A carrier is one list of words in the order in which they are written. Words are
 * edited by marking them; nothing moves until the carrier is rendered, which copies
 * every byte outside edited words as it is.
 *
 * Ownership: everything in the arena. Threads: as the arena.
 */
#ifndef SPARK_WORDS_H
#define SPARK_WORDS_H

#include "base/arena.h"

enum word_state { WORD_KEPT, WORD_CHANGED, WORD_ADDED, WORD_REMOVED };

struct carrier;
struct known_option;

/* What options.c found in a word: a line is read again after each edit, and most words have not changed. Valid for the
 * value and known that it was made from; before that made is NULL. */
struct word_option {
	const struct known_option *option; /* the one that the word is, or begins with; NULL: none */
	size_t equals;                     /* length of "--name" in "--name=value"; 0 where it is not written that way */
	const char *made;
	size_t made_len, made_known;
};

struct word {
	struct word *prev, *next; /* in its carrier */
	struct carrier *in;       /* NULL: not written in the object (an image's own options) */
	size_t gap, start, end;   /* in a text: bytes gap..start are the blanks before it */
	size_t index;             /* in an array: the index before the edits; of an added word: after them */
	unsigned line;            /* in a text, from 1; 0 in an array */

	/* What the program sees: quotes removed, expansions as they are written. */
	struct slice value;
	size_t known;    /* bytes of value before the first expansion; value.len where there is none */
	size_t tail;     /* bytes of value after the last expansion; value.len where there is none */
	bool literal;    /* no expansion by a shell (Kubernetes' own are not the shell's) */
	bool many;       /* may become no word or several: an unquoted expansion, glob or braces, "$@", and each "${..}", which may be "${A[@]}" */
	bool parts;      /* may become several: it has, unquoted, a variable of the container with blanks or a glob, or eval reads it again */
	bool dangles;    /* it may end in an option without its value, which then takes the next word: a variable of the container that
			  * may, quoted or not; ${X:---name}, "${!X}", {--verbose,--name}, an element of an array whose end is not known */
	bool spreads;    /* may become several of which one can be an option, whatever the variables hold: "$@", *, {a,--b} */
	bool differs;    /* holds $'..' or $"..", which is bash's: the value is what bash reads, to dash it holds the '$' */
	bool escaped;    /* holds Kubernetes' $$, or a reference that Kubernetes leaves alone: the value cannot be written back as it is */
	bool quoted;     /* at least in part: neither a reserved word nor an assignment */
	bool is_text;    /* it was read as a text for a shell (cmdline_find.c) */
	bool assignment; /* VAR=1 before the program's name */
	enum { NOT_ASKED, NAMES_NONE, NAMES_SERVER } names; /* does it name a server? kept by the search (cmdline_find.c) */
	unsigned roles; /* kept for word_has_role(); 0: not asked */

	enum word_state state;
	struct slice fresh; /* what the program is to see, in Kubernetes' spelling; always set in an array */
	bool verbatim;      /* fresh is shell source already */

	struct slice resolved; /* where the program's name is a variable: its value; else ptr NULL */
	const char *pointer, *key; /* kept for word_pointer() and cmdline_place() */
	struct word_option read;   /* kept for options_read() */
};

enum carrier_kind { CARRIER_ARRAY, CARRIER_TEXT };

/* How a shell reads what is in the place of a '$': the kubelet may insert more there than meets the eye. */
enum quotes {
	QUOTES_OTHER, /* in some expansion, in a text for another shell ... */
	QUOTES_NONE,
	QUOTES_DOUBLE,
	QUOTES_SINGLE,
	QUOTES_DOCUMENT,
	QUOTES_COMMENT /* or a here-document with a quoted delimiter */
};

struct dollar {
	unsigned at; /* in the text */
	enum quotes quotes;
};

struct carrier {
	enum carrier_kind kind;
	struct word *first, *last;
	struct slice text;  /* CARRIER_TEXT: what was parsed */
	struct word *host;  /* CARRIER_TEXT: the word whose value it is; NULL in tests */
	bool in_quotes;     /* CARRIER_TEXT: it is what is between the host's double quotes */
	struct dollar *dollars; /* CARRIER_TEXT: those in words, comments and here-documents, in order */
	size_t dollar_count, dollar_cap;
	const char *pointer; /* CARRIER_ARRAY: "/spec/containers/0/args" */
};

/* A word as an argument of a program. */
struct argument {
	struct word *word;
	struct word *via; /* the "$@" or "$1" in a text that stands for it; NULL where it stands for itself */
	bool all;         /* via is "$@": elements may be added next to it */
};

/* Append word to the end of its carrier. */
void word_append(struct carrier *in, struct word *word);

/* A new word after `behind` (NULL: before everything) that the program sees as fresh. */
struct word *word_add(struct arena *a, struct carrier *in, struct word *behind, struct slice fresh);

/* Write fresh in place of what is there; value is what the program then sees. */
void word_change(struct word *word, struct slice fresh, struct slice value);
void word_change_source(struct word *word, struct slice source);
void word_remove(struct word *word);

/* The word as it is written now: the element, or the stretch of the text. */
struct slice word_source(const struct word *word);

/* Of an element of an array: "/spec/containers/0/args/3". Asked for again after each edit, but made only once: a is the
 * arena of the words. */
const char *word_pointer(struct arena *a, struct word *element);

/* Has anything in the carrier been edited? */
bool carrier_edited(const struct carrier *c);

/* Bytes start to end of the text are for another shell, with quoting of its own: ours says nothing about them. */
void carrier_forget_quotes(struct carrier *text, size_t start, size_t end);

/* The text with the edits in it. */
struct slice carrier_render(struct arena *a, const struct carrier *text);

/* fresh as one shell word: quoted only where it must be. */
struct slice shell_quote(struct arena *a, struct slice fresh);

/* Is the last word of text an option that lacks its value ("--name"), or may it be one? */
bool words_dangle(struct slice text);

/* Would it be the same word without quotes? (An empty one would not be a word.) */
bool shell_is_plain(struct slice s);

/* Is "$(NAME)", a reference that Kubernetes expands, plain in that sense? */
bool shell_is_plain_reference(struct slice name);

#endif
