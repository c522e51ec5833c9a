#include "server/vmo_rights.h"

#include <sysmem/usage.h>
#include <zircon/rights.h>

static bool writes(const struct sysmem_buffer_usage *usage)
{
    const uint32_t cpu = SYSMEM_CPU_USAGE_WRITE | SYSMEM_CPU_USAGE_WRITE_OFTEN;
    const uint32_t vulkan =
        SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_DST | SYSMEM_VULKAN_IMAGE_USAGE_STORAGE |
        SYSMEM_VULKAN_BUFFER_USAGE_TRANSFER_DST | SYSMEM_VULKAN_BUFFER_USAGE_STORAGE_BUFFER |
        SYSMEM_VULKAN_BUFFER_USAGE_STORAGE_TEXEL_BUFFER;
    const uint32_t video = SYSMEM_VIDEO_USAGE_HW_DECODER | SYSMEM_VIDEO_USAGE_HW_DECODER_INTERNAL |
                           SYSMEM_VIDEO_USAGE_DECRYPTOR_OUTPUT | SYSMEM_VIDEO_USAGE_HW_ENCODER;
    return (usage->has.cpu && (usage->cpu & cpu) != 0) ||
           (usage->has.vulkan && (usage->vulkan & vulkan) != 0) ||
           (usage->has.video && (usage->video & video) != 0);
}

static bool uses(const struct sysmem_buffer_usage *usage)
{
    bool permits_allocation =
        usage->has.none && (usage->none & SYSMEM_NONE_USAGE_PERMIT_ALLOCATION) != 0;
    return (usage->has.cpu && usage->cpu != 0) || (usage->has.vulkan && usage->vulkan != 0) ||
           (usage->has.display && usage->display != 0) || (usage->has.video && usage->video != 0) ||
           permits_allocation;
}

bool vmo_is_wanted(const struct node *node)
{
    const struct sysmem_buffer_collection_constraints *constraints = node->constraints;
    return constraints != NULL && constraints->has.usage && uses(&constraints->usage);
}

uint32_t vmo_rights(const struct node *node)
{
    uint32_t rights = VMO_RIGHTS_CEILING & node->rights_mask;
    return writes(&node->constraints->usage) ? rights : rights & ~(uint32_t)ZX_RIGHT_WRITE;
}
