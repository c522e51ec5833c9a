/* The answer of `sysmemctl solve` for people. */
#ifndef CLI_SOLVE_TEXT_H
#define CLI_SOLVE_TEXT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

/* Prints what solve_answer() made, whatever details it has. Names are escaped. Returns whether all
 * of it was printed. */
bool solve_text_print(const json_t *told, FILE *out);

#endif
