/*
 * analyser.h - what clang's analyser cannot see across files, told by -include (tests/lint/run): err_set() and
 * err_wrap() always return -1. Without it every failed call looks as if it might have succeeded without a result.
 */
#ifndef TESTS_LINT_ANALYSER_H
#define TESTS_LINT_ANALYSER_H

#include "base/err.h"

#define err_set(...) (err_set(__VA_ARGS__), -1)
#define err_wrap(...) (err_wrap(__VA_ARGS__), -1)

#endif
