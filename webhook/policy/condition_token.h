/*
 * condition_token.h - the tokens of a CEL expression
 * (https://github.com/google/cel-spec/blob/master/doc/langdef.md, "Syntax"). Private to policy/condition*.c.
 */
#ifndef POLICY_CONDITION_TOKEN_H
#define POLICY_CONDITION_TOKEN_H

#include "base/buf.h"

enum token_kind {
	TOKEN_END,
	TOKEN_STRING, /* text: without quotes, escapes undone */
	TOKEN_NAME,
	TOKEN_NUMBER,
	TOKEN_SIGN    /* ||, &&, ==, !=, <=, >= or one character */
};

struct token {
	enum token_kind kind;
	struct slice text;
};

/* Take the next token off the front of *rest. -1: there is no token of CEL. */
MUST_CHECK int token_next(struct arena *a, struct slice *rest, struct token *ret, struct err *err);

#endif
