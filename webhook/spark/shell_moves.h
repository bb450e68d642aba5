/*
 * shell_moves.h - private to spark/: which commands of a shell text may change what "$@" or "${NAME[@]}" stand for.
 *
 * What stands for other words is put in only where nothing else can be (cmdline_expand.h). So the question is not what a
 * command does, but whether it could: a text made at run time (eval "$X"), a builtin whose name is one (s=set; $s ...), a handler
 * (trap, mapfile -C), another name of an array (declare -n). Files of the image that are sourced count as the image itself,
 * which decides anyway what starts; what a text could hand to `.` by itself (/dev/stdin, <(...), $X) does not.
 *
 * Ownership: none. Threads: no state.
 */
#ifndef SPARK_SHELL_MOVES_H
#define SPARK_SHELL_MOVES_H

#include "spark/shell.h"

/* `command`, `builtin`, the -p of `time` and assignments stand before a builtin and change nothing about it; options of the first
 * two stand behind them. Where the command's own name is; count where there is none. */
size_t shell_name_at(const struct shell_command *command);

/* The command has `set` at at: has it words for "$@"? Options alone (`set -eo pipefail`, `set +x`) leave that as it is. */
bool shell_set_moves(const struct shell_command *set, size_t at);

/* May the text do things to its shell that cannot be read off it? */
bool shell_upsets(const struct shell *sh);

/* Does the text change what "$@" stands for, or may it do so in a place? */
bool shell_moves_positional(const struct shell *sh);

/* May the text set variables whose names cannot be read off it: printf -v "$n", ${!n:=...}, $((x)) where x is 'A=1'? */
bool shell_sets_variables_unseen(const struct shell *sh);

/* May anything but the assignment itself change the array? Its name stands somewhere else in the text, or in that without quotes. */
bool shell_moves_array(const struct shell *sh, struct slice unquoted, const struct shell_array *array);

#endif
