/*
 * shed.h - give back memory that only the start needed: code and constants of libraries. Private to command/.
 *
 * Reading a certificate, for one, runs through 4 MiB of libcrypto, of which serving needs nothing. The kernel would
 * drop such pages when it lacks memory; until then they count as this process's. Given back, a page that is wanted
 * after all comes from the page cache by a minor fault, 15 neighbours with it (fault_around_bytes). Called once ready, and
 * where a certificate was replaced.
 *
 * Threads: any, at any time; others run on, and fault.
 */
#ifndef COMMAND_SHED_H
#define COMMAND_SHED_H

/* Give back all pages of program and libraries that cannot have been written to. */
void shed_pages(void);

#endif
