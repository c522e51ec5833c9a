#include <string.h>

#include "json/json.h"

#define MAX_PLAIN_DIGITS 18 /* always fit json_int_t */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The length of the string literal at the start of text, quotes included; all of it if open. */
static size_t string_literal(const char *text, size_t len)
{
    size_t at = 1;
    while (at < len && text[at] != '"') {
        at += text[at] == '\\' ? 2 : 1;
    }
    return at < len ? at + 1 : len;
}

static bool is_number_part(char c)
{
    return is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

/* The length of the number-like run at the start of text. */
static size_t number_literal(const char *text, size_t len)
{
    size_t at = 1;
    while (at < len && is_number_part(text[at])) {
        at++;
    }
    return at;
}

/* Whether a number-like run is an integer of JSON that jansson might not hold. */
static bool is_big_integer(const char *text, size_t len)
{
    size_t sign = text[0] == '-' ? 1 : 0;
    if (len - sign <= MAX_PLAIN_DIGITS || text[sign] == '0') {
        return false;
    }
    for (size_t i = sign; i < len; i++) {
        if (!is_digit(text[i])) {
            return false;
        }
    }
    return true;
}

/* The length of what can stand outside strings and numbers. */
static size_t other_text(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && text[at] != '"' && text[at] != '-' && !is_digit(text[at])) {
        at++;
    }
    return at;
}

/* Copies the text with quotes around integers that jansson's 64-bit signed ones may not hold. */
static void quote_big_integers(const char *text, size_t len, struct strbuf *ret)
{
    size_t at = 0;
    while (at < len && !ret->failed) {
        const char *token = text + at;
        size_t take;
        const char *quote = "";
        if (*token == '"') {
            take = string_literal(token, len - at);
        } else if (*token == '-' || is_digit(*token)) {
            take = number_literal(token, len - at);
            quote = is_big_integer(token, take) ? "\"" : "";
        } else {
            take = other_text(token, len - at);
        }
        strbuf_add(ret, quote, strlen(quote));
        strbuf_add(ret, token, take);
        strbuf_add(ret, quote, strlen(quote));
        at += take;
    }
}

json_t *json_from_text(const char *text, size_t len, struct strbuf *error)
{
    struct strbuf quoted = {0};
    json_error_t reason;
    quote_big_integers(text, len, &quoted);
    if (quoted.failed) {
        strbuf_deinit(&quoted);
        strbuf_addf(error, "no memory");
        return NULL;
    }
    json_t *json = json_loadb(strbuf_text(&quoted), quoted.len,
                              JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
    if (json == NULL) {
        strbuf_addf(error, "line %d, column %d: ", reason.line, reason.column);
        strbuf_add_escaped(error, reason.text);
    }
    strbuf_deinit(&quoted);
    return json;
}
