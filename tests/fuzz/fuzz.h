/* What the fuzz targets share: their entry, and taking an input apart. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The entry that every target defines, under libFuzzer's name. Returns 0; aborts where a promise of
 * the code under test does not hold. Same input, same run: it keeps nothing between calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Also in builds without assert(). */
#define EXPECT(condition)                                                                          \
    ((condition) ? (void)0 : fuzz_expectation_failed(__FILE__, __LINE__, #condition))

static inline void fuzz_expectation_failed(const char *file, int line, const char *condition)
{
    (void)fprintf(stderr, "%s:%d: expected %s\n", file, line, condition);
    abort();
}

/* The part of the input that has not been taken. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* At most `wanted` bytes; *ret_count says how many. */
static inline const uint8_t *fuzz_bytes(struct fuzz_input *input, size_t wanted, size_t *ret_count)
{
    const uint8_t *bytes = input->at;
    *ret_count = wanted < input->left ? wanted : input->left;
    input->at += *ret_count;
    input->left -= *ret_count;
    return bytes;
}

/* A little-endian integer of `width` bytes; beyond the end of the input there are zeros. */
static inline uint64_t fuzz_integer(struct fuzz_input *input, size_t width)
{
    uint64_t value = 0;
    size_t count;
    const uint8_t *bytes = fuzz_bytes(input, width, &count);
    for (size_t i = 0; i < count; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

/* The first line, without its newline: a name, so that inputs keep their meaning when types and
 * methods are added. False: no newline, or more than size - 1 bytes before it. */
static inline int fuzz_line(struct fuzz_input *input, char *ret, size_t size)
{
    const uint8_t *end = input->left == 0 ? NULL : memchr(input->at, '\n', input->left);
    size_t len = end == NULL ? size : (size_t)(end - input->at);
    if (len >= size) {
        return 0;
    }
    memcpy(ret, input->at, len);
    ret[len] = '\0';
    input->at += len + 1;
    input->left -= len + 1;
    return 1;
}

#endif
