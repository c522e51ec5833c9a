#include "solver/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <sysmem/format.h>

struct text text_of_value(const struct model_names *names, uint64_t value)
{
    struct text text;
    const char *name = model_name_of(names, value);
    if (name != NULL) {
        snprintf(text.text, sizeof(text.text), "%s", name);
    } else {
        snprintf(text.text, sizeof(text.text), "0x%" PRIx64, value);
    }
    return text;
}

static void add(struct text *text, const char *more)
{
    size_t used = strlen(text->text);
    while (*more != '\0' && used + 1 < sizeof(text->text)) {
        text->text[used++] = *more++;
    }
    text->text[used] = '\0';
}

/* Appends one of a list's items; what doesn't fit is cut. */
static void add_item(struct text *list, const char *separator, const char *item)
{
    if (list->text[0] != '\0') {
        add(list, separator);
    }
    add(list, item);
}

struct text text_of_bits(const struct model_names *names, uint64_t bits)
{
    struct text text = {.text = ""};
    for (; bits != 0; bits &= bits - 1) {
        add_item(&text, "|", text_of_value(names, bits & -bits).text);
    }
    if (text.text[0] == '\0') {
        add_item(&text, "", "nothing");
    }
    return text;
}

struct text text_of_format(uint32_t pixel_format, uint64_t modifier)
{
    struct text text = text_of_value(&model_pixel_format_names, pixel_format);
    add_item(&text, " ", text_of_value(&model_pixel_format_modifier_names, modifier).text);
    return text;
}

struct text text_of_color_spaces(color_space_set set)
{
    struct text text = {.text = ""};
    for (uint32_t value = 0; value <= SYSMEM_COLOR_SPACE_PASSTHROUGH; value++) {
        if ((set & (UINT32_C(1) << value)) != 0) {
            add_item(&text, ", ", text_of_value(&model_color_space_names, value).text);
        }
    }
    if ((set & COLOR_SPACE_SET_ANY) != 0) {
        add_item(&text, ", ", "DO_NOT_CARE");
    }
    if ((set & COLOR_SPACE_SET_UNKNOWN) != 0) {
        add_item(&text, ", ", "unknown values");
    }
    return text;
}
