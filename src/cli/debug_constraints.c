/* Constraints in a few words: enough to see who wants what. */
#include <inttypes.h>
#include <string.h>

#include "cli/debug_view.h"
#include "cli/text_table.h"
#include "model/names.h"

/* Formats, and heaps, that are named. */
#define MAX_FORMATS 3
#define MAX_HEAPS   3

/* Between the parts: "; " after the first one. */
static void begin_part(struct strbuf *buf, size_t start)
{
    if (buf->len > start) {
        strbuf_addf(buf, "; ");
    }
}

static void add_usage(struct strbuf *buf, const struct sysmem_buffer_usage *usage)
{
    const struct {
        uint32_t bits;
        const char *name;
    } kinds[] = {
        {usage->none,    "none"   },
        {usage->cpu,     "cpu"    },
        {usage->vulkan,  "vulkan" },
        {usage->display, "display"},
        {usage->video,   "video"  },
    };
    const char *separator = "";
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].bits != 0) {
            strbuf_addf(buf, "%s%s", separator, kinds[i].name);
            separator = "+";
        }
    }
}

static void add_count(struct strbuf *buf, uint32_t count, const char *name, const char **separator)
{
    if (count > 0) {
        strbuf_addf(buf, "%s%s %u", *separator, name, count);
        *separator = ", ";
    }
}

static void add_counts(struct strbuf *buf, size_t start,
                       const struct sysmem_buffer_collection_constraints *constraints)
{
    struct strbuf counts = {0};
    const char *separator = "";
    add_count(&counts, constraints->min_buffer_count_for_camping, "camping", &separator);
    add_count(&counts, constraints->min_buffer_count_for_dedicated_slack, "dedicated", &separator);
    add_count(&counts, constraints->min_buffer_count_for_shared_slack, "shared", &separator);
    add_count(&counts, constraints->min_buffer_count, "at least", &separator);
    add_count(&counts, constraints->max_buffer_count, "at most", &separator);
    if (counts.len > 0) {
        begin_part(buf, start);
        strbuf_addf(buf, "buffers: %s", strbuf_text(&counts));
    }
    strbuf_deinit(&counts);
}

static void add_memory(struct strbuf *buf, size_t start,
                       const struct sysmem_buffer_memory_constraints *memory)
{
    char size[16];
    if (memory->min_size_bytes > 0) {
        begin_part(buf, start);
        strbuf_addf(buf, "at least %s", text_size(memory->min_size_bytes, size));
    }
    if (memory->has.max_size_bytes && memory->max_size_bytes < UINT64_MAX) {
        begin_part(buf, start);
        strbuf_addf(buf, "at most %s", text_size(memory->max_size_bytes, size));
    }
    if (memory->physically_contiguous_required) {
        begin_part(buf, start);
        strbuf_addf(buf, "contiguous");
    }
    if (memory->secure_required) {
        begin_part(buf, start);
        strbuf_addf(buf, "secure");
    }
}

/* The domains that are supported, where anything is said of them. */
static void add_domains(struct strbuf *buf, size_t start,
                        const struct sysmem_buffer_memory_constraints *memory)
{
    const struct {
        bool said;
        bool supported;
        const char *name;
    } domains[] = {
        {memory->has.cpu_domain_supported,          memory->cpu_domain_supported,          "CPU"},
        {memory->has.ram_domain_supported,          memory->ram_domain_supported,          "RAM"},
        {memory->has.inaccessible_domain_supported, memory->inaccessible_domain_supported,
         "INACCESSIBLE"                                                                         },
    };
    const char *separator = "domains: ";
    for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
        if (domains[i].said) {
            if (separator[0] == 'd') {
                begin_part(buf, start);
            }
            strbuf_addf(buf, "%s%s%s", separator, domains[i].supported ? "" : "not ",
                        domains[i].name);
            separator = ", ";
        }
    }
}

/* A heap's type is a dotted name, whose last part tells it. */
static void add_heaps(struct strbuf *buf, size_t start,
                      const struct sysmem_buffer_memory_constraints *memory)
{
    size_t count = memory->permitted_heaps_count;
    for (size_t i = 0; i < count && i < MAX_HEAPS; i++) {
        const struct sysmem_heap *heap = &memory->permitted_heaps[i];
        const char *type = heap->has.heap_type ? heap->heap_type : "?";
        const char *dot = strrchr(type, '.');
        if (i == 0) {
            begin_part(buf, start);
        }
        strbuf_addf(buf, i == 0 ? "heaps: " : ", ");
        strbuf_add_escaped(buf, dot == NULL ? type : dot + 1);
        if (heap->id != 0) {
            strbuf_addf(buf, " %" PRIu64, heap->id);
        }
    }
    if (count > MAX_HEAPS) {
        strbuf_addf(buf, ", +%zu", count - MAX_HEAPS);
    }
}

static void add_formats(struct strbuf *buf, size_t start,
                        const struct sysmem_buffer_collection_constraints *constraints)
{
    size_t count = constraints->image_format_constraints_count;
    if (count == 0) {
        return;
    }
    begin_part(buf, start);
    strbuf_addf(buf, "images: ");
    for (size_t i = 0; i < count && i < MAX_FORMATS; i++) {
        uint32_t format = constraints->image_format_constraints[i].pixel_format;
        const char *name = model_name_of(&model_pixel_format_names, format);
        strbuf_addf(buf, "%s", i == 0 ? "" : ", ");
        if (name != NULL) {
            strbuf_addf(buf, "%s", name);
        } else {
            strbuf_addf(buf, "format %u", format);
        }
    }
    if (count > MAX_FORMATS) {
        strbuf_addf(buf, ", +%zu", count - MAX_FORMATS);
    }
}

void debug_view_add_constraints(struct strbuf *buf,
                                const struct sysmem_buffer_collection_constraints *constraints)
{
    size_t start = buf->len;
    add_usage(buf, &constraints->usage);
    add_counts(buf, start, constraints);
    add_memory(buf, start, &constraints->buffer_memory_constraints);
    add_domains(buf, start, &constraints->buffer_memory_constraints);
    add_heaps(buf, start, &constraints->buffer_memory_constraints);
    add_formats(buf, start, constraints);
    if (buf->len == start) {
        strbuf_addf(buf, "none");
    }
}
