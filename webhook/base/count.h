/*
 * count.h - how many elements an array has: COUNT_OF(names). Of an array, whose size the compiler knows; never of a pointer.
 */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

#endif
