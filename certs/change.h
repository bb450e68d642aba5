/*
 * change.h - what is to be done with the material of a Secret now: a pure function.
 *
 * The two phases of a CA change, A being the old CA and B the new one. How far it is can be read off the material itself
 * (material_step), so whichever replica comes next goes on with it.
 *
 *	       ca.crt  leaf by  until
 *	steady   A       A      `certs rotate --ca`, or A is in the last third of its life
 *	announced  B A   A      every caBundle holds B and A, for as long as the pause
 *	moved    B A     B      every live replica serves the new leaf (certs/replicas.h), for as long as the pause
 *	steady   B       B
 *
 * So at no moment does an API server meet a leaf of a CA that it does not trust yet, or any more. The pause is counted
 * from when this replica first saw the state: it is longer after a restart, never shorter.
 *
 * Threads: no state.
 */
#ifndef CERTS_CHANGE_H
#define CERTS_CHANGE_H

#include "certs/material.h"

enum change {
	CHANGE_NONE,
	CHANGE_REDATE,   /* a leaf of today's: this one is dated in the future, by a clock that was wrong */
	CHANGE_RENEW,    /* a leaf from the CA that signs: due, expired, or a name is missing */
	CHANGE_ANNOUNCE, /* a new CA besides: the old one is due */
	CHANGE_MOVE,     /* the leaf to the new CA */
	CHANGE_DROP,     /* the old CA is trusted no more */
	CHANGE_ALL       /* nothing of it is good any more */
};

struct change_view {
	const struct material *material;
	bool names_missing;  /* the leaf lacks a name */
	int64_t now;         /* seconds since 1970, by the clock of the API server, which checks certificates */
	bool bundles_agree;  /* every caBundle is exactly ca.crt */
	bool replicas_agree; /* every live replica serves the leaf */
	int64_t settled;     /* ns for which the step's condition has held */
	int64_t pause;       /* ns */
};

enum change change_due(const struct change_view *view);
const char *change_name(enum change change); /* "renew", ...: for logs and metrics */

#endif
