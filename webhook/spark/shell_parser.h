/*
 * shell_parser.h - private to shell.c, shell_differs.c and shell_redirect.c: the state of reading one list of commands.
 */
#ifndef SPARK_SHELL_PARSER_H
#define SPARK_SHELL_PARSER_H

#include "spark/shell_lexer.h"

enum inside { IN_PARENTHESES, CASE_PATTERN, CASE_BODY };

struct document {
	struct slice delimiter;
	bool strip_tabs, quoted;
	size_t reader; /* as in struct shell_document */
};

struct parser {
	struct lexer *lx;
	struct shell *out;      /* NULL: skipping */
	bool until_parenthesis; /* ends at the ) that nothing opened, else at the end of the text */
	enum inside *stack;
	size_t depth, depth_cap;
	struct word **words; /* of the command being read */
	size_t count, cap;
	size_t total;             /* words of all commands */
	size_t first_array;       /* of this command, in out->arrays */
	bool at_start;            /* a reserved word or a program's name may come */
	size_t nesting;           /* if, while, for, case, ( ) around us */
	bool conditional;         /* behind && or || */
	bool in_list;             /* words of `for x in ...` */
	bool behind_both;         /* "&>file" has been read in this command */
	bool loop_begins;         /* the next word is the name of a loop */
	size_t counted;           /* lines before this byte are counted */
	unsigned line;            /* of that byte */
	size_t gap;               /* where the blanks before this token begin */
	struct document *pending; /* here-documents whose bodies begin behind this line */
	size_t pending_count, pending_cap;
};

struct slice parser_source(const struct parser *p, size_t from, size_t to);

/* err = "line N: what"; returns -1. */
int parser_fail(struct parser *p, const char *what);

/* The word here, or its bytes alone while skipping. */
MUST_CHECK int parser_read_word(struct parser *p, struct word *ret);

/* Behind blanks and joined lines. */
void lexer_skip_blanks(struct lexer *lx);

/* Behind line ends and comments as well. */
void lexer_skip_blank_lines(struct lexer *lx);

/* "2>": digits that touch a redirection. 1: they are taken; 0: there are none; -1: shells do not agree. */
MUST_CHECK int parser_take_io_number(struct parser *p);

/* The operator here and its target; a here-document is noted as pending. */
MUST_CHECK int parser_read_redirection(struct parser *p);

/* Pass over the bodies that begin behind this line. -1: shells do not agree on where one ends. */
MUST_CHECK int parser_skip_documents(struct parser *p);

/* Behind "[[": up to "]]". At the second of "((": up to "))". What other shells would run of it is noted. */
MUST_CHECK int parser_take_test(struct parser *p);
MUST_CHECK int parser_take_arithmetic(struct parser *p);

/* -1: not all shells read what stands here alike. Of the array that has been read; before a word; of the word that was kept last. */
MUST_CHECK int parser_check_array(struct parser *p);
MUST_CHECK int parser_check_behind_both(struct parser *p);
MUST_CHECK int parser_check_sourced(struct parser *p);

/* -1: the lines that the shell joins first make a reserved word of it, or an operator of the one before and what is one of next. */
MUST_CHECK int parser_check_joined(struct parser *p, const struct word *word);
MUST_CHECK int parser_check_joined_operator(struct parser *p, const char *next);

/* Keep a text that no command's words hold and that somebody may read: shell->documents. */
void parser_note_document(struct parser *p, struct slice body, size_t reader);

#endif
