/* What the Debug protocol tells, for people. */
#ifndef CLI_DEBUG_VIEW_H
#define CLI_DEBUG_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "model/debug.h"

/* One line for each collection. Returns whether all was printed. */
bool debug_view_list(const struct model_debug_get_collections_response *response, FILE *out);

/* A collection, its settings, and its participants as a tree. */
bool debug_view_tree(const struct model_debug_collection *collection, FILE *out);

/* One line for each heap. */
bool debug_view_heaps(const struct model_debug_get_heaps_response *response, FILE *out);

#endif
