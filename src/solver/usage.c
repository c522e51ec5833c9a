#include "solver/usage.h"

#include <sysmem/usage.h>

#include "solver/text.h"

static bool is_empty_table(const struct sysmem_buffer_collection_constraints *c)
{
    return !c->has.usage && !c->has.min_buffer_count_for_camping &&
           !c->has.min_buffer_count_for_dedicated_slack &&
           !c->has.min_buffer_count_for_shared_slack && !c->has.min_buffer_count &&
           !c->has.max_buffer_count && !c->has.buffer_memory_constraints &&
           !c->has.image_format_constraints;
}

static void read_bits(const struct sysmem_buffer_usage *table, struct usage *ret)
{
    ret->none = table->has.none ? table->none : 0;
    ret->cpu = table->has.cpu ? table->cpu : 0;
    ret->vulkan = table->has.vulkan ? table->vulkan : 0;
    ret->display = table->has.display ? table->display : 0;
    ret->video = table->has.video ? table->video : 0;
}

bool usage_read(struct work *work, const struct sysmem_buffer_collection_constraints *constraints,
                struct usage *ret)
{
    *ret = (struct usage){0};
    if (constraints->has.usage) {
        read_bits(&constraints->usage, ret);
    } else if (is_empty_table(constraints)) {
        ret->none = SYSMEM_NONE_USAGE;
    }
    if (ret->none == 0 && !usage_is_real(ret)) {
        return refuse(work, "usage", "wanted at least one usage bit, NONE_USAGE for none, got %s",
                      constraints->has.usage ? "no bits" : "no usage");
    }
    if (ret->none != 0 && usage_is_real(ret)) {
        return refuse(work, "usage.none", "wanted no other usage beside %s, got some",
                      text_of_bits(&model_none_usage_names, ret->none).text);
    }
    if ((ret->none & SYSMEM_NONE_USAGE_PERMIT_ALLOCATION) != 0 &&
        (ret->none & SYSMEM_NONE_USAGE) == 0) {
        return refuse(work, "usage.none",
                      "wanted NONE_USAGE with NONE_USAGE_PERMIT_ALLOCATION, got it alone");
    }
    return true;
}

void usage_fold(struct usage *usage, const struct usage *other)
{
    usage->none |= other->none;
    usage->cpu |= other->cpu;
    usage->vulkan |= other->vulkan;
    usage->display |= other->display;
    usage->video |= other->video;
}

bool usage_is_real(const struct usage *usage)
{
    return (usage->cpu | usage->vulkan | usage->display | usage->video) != 0;
}

bool usage_check_all(struct work *work, const struct usage *usage)
{
    if (!usage_is_real(usage) && (usage->none & SYSMEM_NONE_USAGE_PERMIT_ALLOCATION) == 0) {
        return refuse_nobody(work, "wanted a usage from at least one participant, got %s from all",
                             text_of_bits(&model_none_usage_names, usage->none).text);
    }
    return true;
}
