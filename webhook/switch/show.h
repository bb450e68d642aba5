/*
 * show.h - a plan for people (80 columns where names allow it) and for programs. Texts of the cluster are tamed.
 * Ownership: arena. Threads: no state.
 */
#ifndef SWITCH_SHOW_H
#define SWITCH_SHOW_H

#include "switch/plan.h"

#include <stdio.h>

void switch_show_table(FILE *out, struct arena *a, const struct switch_plan *plan, bool color);
void switch_show_json(FILE *out, struct arena *a, const struct switch_plan *plan);

#endif
