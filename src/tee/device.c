#include "tee/device.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct access_request {
    enum hardware_master master;
    uint64_t address;
    unsigned char bytes[DEVICE_MAX_ACCESS];
    size_t size;
};

/* The next word of a request, which it cuts off there; "" when there is none. */
static char *next_word(char **rest)
{
    char *word = strsep(rest, " ");
    return word == NULL ? (char *)"" : word;
}

static bool parse_number(const char *word, uint64_t *ret)
{
    char *end = (char *)(uintptr_t)word;
    errno = 0;
    unsigned long long value = isdigit((unsigned char)word[0]) ? strtoull(word, &end, 0) : 0;
    *ret = value;
    return isdigit((unsigned char)word[0]) && errno == 0 && *end == '\0';
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
    return at == NULL ? -1 : (int)(at - digits);
}

static bool parse_hex(const char *word, struct access_request *ret)
{
    size_t len = strlen(word);
    if (len == 0 || len % 2 != 0 || len / 2 > DEVICE_MAX_ACCESS) {
        return false;
    }
    for (size_t i = 0; i < len / 2; i++) {
        int high = digit_of(word[2 * i]);
        int low = digit_of(word[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ret->bytes[i] = (unsigned char)(high * 16 + low);
    }
    ret->size = len / 2;
    return true;
}

/* NULL, or what is wrong. */
static const char *parse_place(char **rest, struct access_request *ret)
{
    const char *master = next_word(rest);
    bool secure = strcmp(master, "secure") == 0;
    if (!secure && strcmp(master, "open") != 0) {
        return "wanted 'open' or 'secure'";
    }
    ret->master = secure ? HARDWARE_SECURE : HARDWARE_OPEN;
    return parse_number(next_word(rest), &ret->address) ? NULL : "wanted an address";
}

static void add_fault(struct strbuf *answer, uint64_t address, const char *why)
{
    strbuf_addf(answer, "fault 0x%llx: %s", (unsigned long long)address, why);
}

static void answer_read(struct hardware *hardware, char *rest, struct access_request *access,
                        struct strbuf *answer)
{
    uint64_t fault = 0;
    uint64_t size = 0;
    const char *wrong = parse_place(&rest, access);
    if (wrong == NULL && (!parse_number(next_word(&rest), &size) || size == 0 ||
                          size > DEVICE_MAX_ACCESS || access->address > UINT64_MAX - size)) {
        wrong = "wanted a length of 1 to 32768 bytes";
    }
    if (wrong != NULL) {
        strbuf_addf(answer, "error %s", wrong);
        return;
    }
    const char *why = hardware_read(hardware, access->master, access->address, access->bytes,
                                    (size_t)size, &fault);
    if (why != NULL) {
        add_fault(answer, fault, why);
        return;
    }
    strbuf_addf(answer, "ok ");
    for (size_t i = 0; i < size; i++) {
        strbuf_addf(answer, "%02x", access->bytes[i]);
    }
}

static void answer_write(struct hardware *hardware, char *rest, struct access_request *access,
                         struct strbuf *answer)
{
    uint64_t fault = 0;
    const char *wrong = parse_place(&rest, access);
    if (wrong == NULL &&
        (!parse_hex(next_word(&rest), access) || access->address > UINT64_MAX - access->size)) {
        wrong = "wanted 1 to 32768 bytes in hex";
    }
    if (wrong != NULL) {
        strbuf_addf(answer, "error %s", wrong);
        return;
    }
    const char *why = hardware_write(hardware, access->master, access->address, access->bytes,
                                     access->size, &fault);
    if (why != NULL) {
        add_fault(answer, fault, why);
        return;
    }
    strbuf_addf(answer, "ok");
}

static void answer_ranges(const struct hardware *hardware, struct strbuf *answer)
{
    size_t count = 0;
    const struct sysmem_secure_heap_range *ranges = hardware_ranges(hardware, &count);
    strbuf_addf(answer, "ok");
    for (size_t i = 0; i < count; i++) {
        strbuf_addf(answer, " 0x%llx+0x%llx", (unsigned long long)ranges[i].physical_address,
                    (unsigned long long)ranges[i].size_bytes);
    }
}

void device_answer(struct hardware *hardware, const char *request, struct strbuf *answer)
{
    char *copy = strdup(request);
    struct access_request *access = malloc(sizeof(*access));
    if (copy == NULL || access == NULL) {
        strbuf_addf(answer, "error no memory");
    } else {
        char *rest = copy;
        const char *verb = next_word(&rest);
        if (strcmp(verb, "read") == 0) {
            answer_read(hardware, rest, access, answer);
        } else if (strcmp(verb, "write") == 0) {
            answer_write(hardware, rest, access, answer);
        } else if (strcmp(verb, "ranges") == 0) {
            answer_ranges(hardware, answer);
        } else {
            strbuf_addf(answer, "error wanted 'read', 'write' or 'ranges'");
        }
    }
    free(access);
    free(copy);
}
