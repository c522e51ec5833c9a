/* Feeds a target the empty input and then each file of a folder: fuzz_NOUN CORPUS. In builds
 * without libFuzzer it takes the place of libFuzzer's main(). */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define INPUT_ROOM ((size_t)1 << 20) /* bytes */

/* In memory of exactly its size, so that a sanitizer sees every byte read too far. */
static void run(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    EXPECT(copy != NULL);
    memcpy(copy, bytes, size);
    EXPECT(LLVMFuzzerTestOneInput(copy, size) == 0);
    free(copy);
}

static bool run_file(const char *folder, const char *name)
{
    static uint8_t bytes[INPUT_ROOM];
    char path[4096];
    int len = snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = len < (int)sizeof(path) ? fopen(path, "re") : NULL;
    if (file == NULL) {
        (void)fprintf(stderr, "%s/%s: cannot be opened\n", folder, name);
        return false;
    }
    (void)fprintf(stderr, "%s\n", path); /* before it is run: the last one is who crashed */
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    bool whole = feof(file) != 0;
    (void)fclose(file);
    run(bytes, size);
    return whole;
}

static int is_input(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
    struct dirent **entries = NULL;
    int count = argc == 2 ? scandir(argv[1], &entries, is_input, alphasort) : -1;
    if (count <= 0) {
        (void)fprintf(stderr, "usage: %s CORPUS, a folder with files\n", argv[0]);
        return 2;
    }
    bool passed = true;
    run((const uint8_t *)"", 0);
    for (int i = 0; i < count; i++) {
        passed = run_file(argv[1], entries[i]->d_name) && passed;
        free(entries[i]);
    }
    free(entries);
    return passed ? 0 : 1;
}
