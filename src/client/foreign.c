#include "client/foreign.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include <sysmem/pixel_format.h>

sysmem_status_t foreign_refuse(char *ret_why, const char *format, ...)
{
    if (ret_why != NULL) {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(ret_why, SYSMEM_FORMAT_WHY_SIZE, format, args);
        va_end(args);
    }
    return ZX_ERR_NOT_SUPPORTED;
}

sysmem_status_t foreign_unknown_code(const struct foreign_system *system, uint32_t code,
                                     char *ret_why)
{
    char text[5] = {0};
    for (size_t i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)(code >> 8 * i & 0xff);
        if (c > '~' || !isprint(c)) {
            return foreign_refuse(ret_why, "sysmem has no counterpart of %s's format 0x%08" PRIx32,
                                  system->name, code);
        }
        text[i] = (char)c;
    }
    return foreign_unknown_name(system, text, ret_why);
}

sysmem_status_t foreign_unknown_name(const struct foreign_system *system, const char *name,
                                     char *ret_why)
{
    return foreign_refuse(ret_why, "sysmem has no counterpart of %s's format '%s'", system->name,
                          name);
}

const char *foreign_modifier_text(uint64_t modifier, char text[FOREIGN_MODIFIER_SIZE])
{
    const char *name = sysmem_pixel_format_modifier_name(modifier);
    if (name == NULL) {
        (void)snprintf(text, FOREIGN_MODIFIER_SIZE, "0x%016" PRIx64, modifier);
    } else {
        (void)snprintf(text, FOREIGN_MODIFIER_SIZE, "%s (0x%016" PRIx64 ")", name, modifier);
    }
    return text;
}

/* What the constraints want of the channel A or X, of a format that has one. */
static bool suits(const struct counterpart *row, uint32_t pixel_format,
                  const struct sysmem_image_format_constraints *constraints)
{
    if (row->alpha == COUNTERPART_OPAQUE) {
        return true;
    }
    if (counterpart_plain_format(pixel_format) != pixel_format) {
        return row->alpha == COUNTERPART_X; /* the format itself has an X */
    }
    return !constraints->has.is_alpha_present ||
           constraints->is_alpha_present == (row->alpha == COUNTERPART_A);
}

static sysmem_status_t refuse_format(const struct foreign_system *system,
                                     const struct sysmem_image_format_constraints *constraints,
                                     char *ret_why)
{
    uint32_t pixel_format = constraints->pixel_format;
    const char *name = sysmem_pixel_format_name(pixel_format);
    const struct sysmem_pixel_format_info *info = sysmem_pixel_format_info(pixel_format);
    const char *alpha = "";
    if (name == NULL) {
        return foreign_refuse(ret_why, "%" PRIu32 " is no pixel format of sysmem's", pixel_format);
    }
    if (constraints->has.is_alpha_present && info != NULL && info->has_alpha) {
        alpha = constraints->is_alpha_present ? " with alpha" : " without alpha";
    }
    return foreign_refuse(ret_why, "%s has no counterpart of %s%s", system->name, name, alpha);
}

sysmem_status_t foreign_find(const struct foreign_system *system,
                             const struct sysmem_image_format_constraints *constraints,
                             const struct counterpart **ret_row, char *ret_why)
{
    size_t count = 0;
    const struct counterpart *rows = counterparts(&count);
    uint32_t plain = counterpart_plain_format(constraints->pixel_format);
    if (!constraints->has.pixel_format) {
        (void)foreign_refuse(ret_why, "no pixel format is set");
        return ZX_ERR_INVALID_ARGS;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].pixel_format == plain && system->has(&rows[i]) &&
            suits(&rows[i], constraints->pixel_format, constraints)) {
            *ret_row = &rows[i];
            return ZX_OK;
        }
    }
    return refuse_format(system, constraints, ret_why);
}

sysmem_status_t foreign_find_linear(const struct foreign_system *system,
                                    const struct sysmem_image_format_constraints *constraints,
                                    const struct counterpart **ret_row, char *ret_why)
{
    char text[FOREIGN_MODIFIER_SIZE];
    uint64_t modifier = foreign_modifier(constraints);
    const struct counterpart *row = NULL;
    sysmem_status_t status = foreign_find(system, constraints, &row, ret_why);
    if (status != ZX_OK) {
        return status;
    }
    if (modifier != SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR) {
        return foreign_refuse(ret_why, "%s's formats are linear, not %s", system->name,
                              foreign_modifier_text(modifier, text));
    }
    *ret_row = row;
    return ZX_OK;
}

uint64_t foreign_modifier(const struct sysmem_image_format_constraints *constraints)
{
    return constraints->has.pixel_format_modifier ? constraints->pixel_format_modifier
                                                  : SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR;
}

void foreign_fill(const struct counterpart *row, uint64_t modifier,
                  struct sysmem_image_format_constraints *constraints)
{
    SYSMEM_SET(constraints, pixel_format, row->pixel_format);
    SYSMEM_SET(constraints, pixel_format_modifier, modifier);
    constraints->is_alpha_present = row->alpha == COUNTERPART_A;
    constraints->has.is_alpha_present = row->alpha != COUNTERPART_OPAQUE;
}
