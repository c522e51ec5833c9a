#include "model/names.h"

#include <string.h>

#include <sysmem/error.h>
#include <sysmem/format.h>
#include <sysmem/types.h>
#include <sysmem/usage.h>
#include <zircon/rights.h>

#include "model/requests.h"

#define ROW(...)                                                                                   \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define NAMES(table, is_bits)                                                                      \
    ROW(.bits = (is_bits), .names = (table), .count = sizeof(table) / sizeof((table)[0]))

static const struct model_name pixel_format_names[] = {
    {"INVALID",     SYSMEM_PIXEL_FORMAT_INVALID    },
    {"R8G8B8A8",    SYSMEM_PIXEL_FORMAT_R8G8B8A8   },
    {"B8G8R8A8",    SYSMEM_PIXEL_FORMAT_B8G8R8A8   },
    {"I420",        SYSMEM_PIXEL_FORMAT_I420       },
    {"M420",        SYSMEM_PIXEL_FORMAT_M420       },
    {"NV12",        SYSMEM_PIXEL_FORMAT_NV12       },
    {"YUY2",        SYSMEM_PIXEL_FORMAT_YUY2       },
    {"MJPEG",       SYSMEM_PIXEL_FORMAT_MJPEG      },
    {"YV12",        SYSMEM_PIXEL_FORMAT_YV12       },
    {"B8G8R8",      SYSMEM_PIXEL_FORMAT_B8G8R8     },
    {"R5G6B5",      SYSMEM_PIXEL_FORMAT_R5G6B5     },
    {"R3G3B2",      SYSMEM_PIXEL_FORMAT_R3G3B2     },
    {"R2G2B2X2",    SYSMEM_PIXEL_FORMAT_R2G2B2X2   },
    {"L8",          SYSMEM_PIXEL_FORMAT_L8         },
    {"R8",          SYSMEM_PIXEL_FORMAT_R8         },
    {"R8G8",        SYSMEM_PIXEL_FORMAT_R8G8       },
    {"A2R10G10B10", SYSMEM_PIXEL_FORMAT_A2R10G10B10},
    {"A2B10G10R10", SYSMEM_PIXEL_FORMAT_A2B10G10R10},
    {"P010",        SYSMEM_PIXEL_FORMAT_P010       },
    {"R8G8B8",      SYSMEM_PIXEL_FORMAT_R8G8B8     },
    {"R8G8B8X8",    SYSMEM_PIXEL_FORMAT_R8G8B8X8   },
    {"B8G8R8X8",    SYSMEM_PIXEL_FORMAT_B8G8R8X8   },
    {"DO_NOT_CARE", SYSMEM_PIXEL_FORMAT_DO_NOT_CARE},
};
const struct model_names model_pixel_format_names = NAMES(pixel_format_names, false);

static const struct model_name pixel_format_modifier_names[] = {
    {"LINEAR",                                                SYSMEM_PIXEL_FORMAT_MODIFIER_LINEAR                 },
    {"INTEL_I915_X_TILED",                                    SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_X_TILED     },
    {"INTEL_I915_Y_TILED",                                    SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED     },
    {"INTEL_I915_YF_TILED",                                   SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED    },
    {"INTEL_I915_Y_TILED_CCS",                                SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_Y_TILED_CCS },
    {"INTEL_I915_YF_TILED_CCS",                               SYSMEM_PIXEL_FORMAT_MODIFIER_INTEL_I915_YF_TILED_CCS},
    {"ARM_AFBC_16X16",                                        SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16         },
    {"ARM_AFBC_32X8",                                         SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8          },
    {"ARM_LINEAR_TE",                                         SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_LINEAR_TE          },
    {"ARM_AFBC_16X16_TE",                                     SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_TE      },
    {"ARM_AFBC_32X8_TE",                                      SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_32X8_TE       },
    {"ARM_AFBC_16X16_YUV_TILED_HEADER",
     SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_YUV_TILED_HEADER                                                 },
    {"ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV",
     SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV                                           },
    {"ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE",
     SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE                                        },
    {"ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TILED_HEADER",
     SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TILED_HEADER                              },
    {"ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE_TILED_HEADER",
     SYSMEM_PIXEL_FORMAT_MODIFIER_ARM_AFBC_16X16_SPLIT_BLOCK_SPARSE_YUV_TE_TILED_HEADER                           },
    {"GOOGLE_GOLDFISH_OPTIMAL",                               SYSMEM_PIXEL_FORMAT_MODIFIER_GOOGLE_GOLDFISH_OPTIMAL},
    {"DO_NOT_CARE",                                           SYSMEM_PIXEL_FORMAT_MODIFIER_DO_NOT_CARE            },
    {"INVALID",                                               SYSMEM_PIXEL_FORMAT_MODIFIER_INVALID                },
};
const struct model_names model_pixel_format_modifier_names =
    NAMES(pixel_format_modifier_names, false);

static const struct model_name color_space_names[] = {
    {"INVALID",                SYSMEM_COLOR_SPACE_INVALID               },
    {"SRGB",                   SYSMEM_COLOR_SPACE_SRGB                  },
    {"REC601_NTSC",            SYSMEM_COLOR_SPACE_REC601_NTSC           },
    {"REC601_NTSC_FULL_RANGE", SYSMEM_COLOR_SPACE_REC601_NTSC_FULL_RANGE},
    {"REC601_PAL",             SYSMEM_COLOR_SPACE_REC601_PAL            },
    {"REC601_PAL_FULL_RANGE",  SYSMEM_COLOR_SPACE_REC601_PAL_FULL_RANGE },
    {"REC709",                 SYSMEM_COLOR_SPACE_REC709                },
    {"REC2020",                SYSMEM_COLOR_SPACE_REC2020               },
    {"REC2100",                SYSMEM_COLOR_SPACE_REC2100               },
    {"PASSTHROUGH",            SYSMEM_COLOR_SPACE_PASSTHROUGH           },
    {"DO_NOT_CARE",            SYSMEM_COLOR_SPACE_DO_NOT_CARE           },
};
const struct model_names model_color_space_names = NAMES(color_space_names, false);

static const struct model_name coherency_domain_names[] = {
    {"CPU",          SYSMEM_COHERENCY_DOMAIN_CPU         },
    {"RAM",          SYSMEM_COHERENCY_DOMAIN_RAM         },
    {"INACCESSIBLE", SYSMEM_COHERENCY_DOMAIN_INACCESSIBLE},
};
const struct model_names model_coherency_domain_names = NAMES(coherency_domain_names, false);

static const struct model_name error_names[] = {
    {"INVALID",                           SYSMEM_ERROR_INVALID                          },
    {"UNSPECIFIED",                       SYSMEM_ERROR_UNSPECIFIED                      },
    {"PROTOCOL_DEVIATION",                SYSMEM_ERROR_PROTOCOL_DEVIATION               },
    {"NOT_FOUND",                         SYSMEM_ERROR_NOT_FOUND                        },
    {"HANDLE_ACCESS_DENIED",              SYSMEM_ERROR_HANDLE_ACCESS_DENIED             },
    {"NO_MEMORY",                         SYSMEM_ERROR_NO_MEMORY                        },
    {"CONSTRAINTS_INTERSECTION_EMPTY",    SYSMEM_ERROR_CONSTRAINTS_INTERSECTION_EMPTY   },
    {"PENDING",                           SYSMEM_ERROR_PENDING                          },
    {"TOO_MANY_GROUP_CHILD_COMBINATIONS", SYSMEM_ERROR_TOO_MANY_GROUP_CHILD_COMBINATIONS},
};
const struct model_names model_error_names = NAMES(error_names, false);

static const struct model_name rights_names[] = {
    {"DUPLICATE",      ZX_RIGHT_DUPLICATE     },
    {"TRANSFER",       ZX_RIGHT_TRANSFER      },
    {"READ",           ZX_RIGHT_READ          },
    {"WRITE",          ZX_RIGHT_WRITE         },
    {"EXECUTE",        ZX_RIGHT_EXECUTE       },
    {"MAP",            ZX_RIGHT_MAP           },
    {"GET_PROPERTY",   ZX_RIGHT_GET_PROPERTY  },
    {"SET_PROPERTY",   ZX_RIGHT_SET_PROPERTY  },
    {"ENUMERATE",      ZX_RIGHT_ENUMERATE     },
    {"DESTROY",        ZX_RIGHT_DESTROY       },
    {"SET_POLICY",     ZX_RIGHT_SET_POLICY    },
    {"GET_POLICY",     ZX_RIGHT_GET_POLICY    },
    {"SIGNAL",         ZX_RIGHT_SIGNAL        },
    {"SIGNAL_PEER",    ZX_RIGHT_SIGNAL_PEER   },
    {"WAIT",           ZX_RIGHT_WAIT          },
    {"INSPECT",        ZX_RIGHT_INSPECT       },
    {"MANAGE_JOB",     ZX_RIGHT_MANAGE_JOB    },
    {"MANAGE_PROCESS", ZX_RIGHT_MANAGE_PROCESS},
    {"MANAGE_THREAD",  ZX_RIGHT_MANAGE_THREAD },
    {"APPLY_PROFILE",  ZX_RIGHT_APPLY_PROFILE },
    {"MANAGE_SOCKET",  ZX_RIGHT_MANAGE_SOCKET },
    {"OP_CHILDREN",    ZX_RIGHT_OP_CHILDREN   },
    {"RESIZE",         ZX_RIGHT_RESIZE        },
    {"ATTACH_VMO",     ZX_RIGHT_ATTACH_VMO    },
    {"MANAGE_VMO",     ZX_RIGHT_MANAGE_VMO    },
    {"SAME_RIGHTS",    ZX_RIGHT_SAME_RIGHTS   },
};
const struct model_names model_rights_names = NAMES(rights_names, true);

static const struct model_name none_usage_names[] = {
    {"NONE_USAGE",                   SYSMEM_NONE_USAGE                  },
    {"NONE_USAGE_PERMIT_ALLOCATION", SYSMEM_NONE_USAGE_PERMIT_ALLOCATION},
};
const struct model_names model_none_usage_names = NAMES(none_usage_names, true);

static const struct model_name cpu_usage_names[] = {
    {"CPU_USAGE_READ",        SYSMEM_CPU_USAGE_READ       },
    {"CPU_USAGE_READ_OFTEN",  SYSMEM_CPU_USAGE_READ_OFTEN },
    {"CPU_USAGE_WRITE",       SYSMEM_CPU_USAGE_WRITE      },
    {"CPU_USAGE_WRITE_OFTEN", SYSMEM_CPU_USAGE_WRITE_OFTEN},
};
const struct model_names model_cpu_usage_names = NAMES(cpu_usage_names, true);

static const struct model_name vulkan_usage_names[] = {
    {"VULKAN_IMAGE_USAGE_TRANSFER_SRC",          SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_SRC         },
    {"VULKAN_IMAGE_USAGE_TRANSFER_DST",          SYSMEM_VULKAN_IMAGE_USAGE_TRANSFER_DST         },
    {"VULKAN_IMAGE_USAGE_SAMPLED",               SYSMEM_VULKAN_IMAGE_USAGE_SAMPLED              },
    {"VULKAN_IMAGE_USAGE_STORAGE",               SYSMEM_VULKAN_IMAGE_USAGE_STORAGE              },
    {"VULKAN_IMAGE_USAGE_COLOR_ATTACHMENT",      SYSMEM_VULKAN_IMAGE_USAGE_COLOR_ATTACHMENT     },
    {"VULKAN_IMAGE_USAGE_STENCIL_ATTACHMENT",    SYSMEM_VULKAN_IMAGE_USAGE_STENCIL_ATTACHMENT   },
    {"VULKAN_IMAGE_USAGE_TRANSIENT_ATTACHMENT",  SYSMEM_VULKAN_IMAGE_USAGE_TRANSIENT_ATTACHMENT },
    {"VULKAN_IMAGE_USAGE_INPUT_ATTACHMENT",      SYSMEM_VULKAN_IMAGE_USAGE_INPUT_ATTACHMENT     },
    {"VULKAN_BUFFER_USAGE_TRANSFER_SRC",         SYSMEM_VULKAN_BUFFER_USAGE_TRANSFER_SRC        },
    {"VULKAN_BUFFER_USAGE_TRANSFER_DST",         SYSMEM_VULKAN_BUFFER_USAGE_TRANSFER_DST        },
    {"VULKAN_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER", SYSMEM_VULKAN_BUFFER_USAGE_UNIFORM_TEXEL_BUFFER},
    {"VULKAN_BUFFER_USAGE_STORAGE_TEXEL_BUFFER", SYSMEM_VULKAN_BUFFER_USAGE_STORAGE_TEXEL_BUFFER},
    {"VULKAN_BUFFER_USAGE_UNIFORM_BUFFER",       SYSMEM_VULKAN_BUFFER_USAGE_UNIFORM_BUFFER      },
    {"VULKAN_BUFFER_USAGE_STORAGE_BUFFER",       SYSMEM_VULKAN_BUFFER_USAGE_STORAGE_BUFFER      },
    {"VULKAN_BUFFER_USAGE_INDEX_BUFFER",         SYSMEM_VULKAN_BUFFER_USAGE_INDEX_BUFFER        },
    {"VULKAN_BUFFER_USAGE_VERTEX_BUFFER",        SYSMEM_VULKAN_BUFFER_USAGE_VERTEX_BUFFER       },
    {"VULKAN_BUFFER_USAGE_INDIRECT_BUFFER",      SYSMEM_VULKAN_BUFFER_USAGE_INDIRECT_BUFFER     },
};
const struct model_names model_vulkan_usage_names = NAMES(vulkan_usage_names, true);

static const struct model_name display_usage_names[] = {
    {"DISPLAY_USAGE_LAYER",  SYSMEM_DISPLAY_USAGE_LAYER },
    {"DISPLAY_USAGE_CURSOR", SYSMEM_DISPLAY_USAGE_CURSOR},
};
const struct model_names model_display_usage_names = NAMES(display_usage_names, true);

static const struct model_name video_usage_names[] = {
    {"VIDEO_USAGE_HW_DECODER",          SYSMEM_VIDEO_USAGE_HW_DECODER         },
    {"VIDEO_USAGE_HW_ENCODER",          SYSMEM_VIDEO_USAGE_HW_ENCODER         },
    {"VIDEO_USAGE_CAPTURE",             SYSMEM_VIDEO_USAGE_CAPTURE            },
    {"VIDEO_USAGE_DECRYPTOR_OUTPUT",    SYSMEM_VIDEO_USAGE_DECRYPTOR_OUTPUT   },
    {"VIDEO_USAGE_HW_DECODER_INTERNAL", SYSMEM_VIDEO_USAGE_HW_DECODER_INTERNAL},
};
const struct model_names model_video_usage_names = NAMES(video_usage_names, true);

static const struct model_name debug_state_names[] = {
    {"CREATED",    MODEL_DEBUG_STATE_CREATED   },
    {"POPULATING", MODEL_DEBUG_STATE_POPULATING},
    {"ALLOCATED",  MODEL_DEBUG_STATE_ALLOCATED },
    {"FAILED",     MODEL_DEBUG_STATE_FAILED    },
};
const struct model_names model_debug_state_names = NAMES(debug_state_names, false);

static const struct model_name debug_node_kind_names[] = {
    {"TOKEN",      MODEL_DEBUG_NODE_KIND_TOKEN     },
    {"COLLECTION", MODEL_DEBUG_NODE_KIND_COLLECTION},
    {"GROUP",      MODEL_DEBUG_NODE_KIND_GROUP     },
    {"ORPHAN",     MODEL_DEBUG_NODE_KIND_ORPHAN    },
};
const struct model_names model_debug_node_kind_names = NAMES(debug_node_kind_names, false);

static const struct model_name debug_node_flag_names[] = {
    {"WEAK",                 MODEL_DEBUG_NODE_FLAG_WEAK                },
    {"WEAK_OK",              MODEL_DEBUG_NODE_FLAG_WEAK_OK             },
    {"WEAK_OK_FOR_CHILDREN", MODEL_DEBUG_NODE_FLAG_WEAK_OK_FOR_CHILDREN},
    {"DISPENSABLE",          MODEL_DEBUG_NODE_FLAG_DISPENSABLE         },
    {"ATTACHED",             MODEL_DEBUG_NODE_FLAG_ATTACHED            },
    {"ALLOCATED",            MODEL_DEBUG_NODE_FLAG_ALLOCATED           },
    {"HIDDEN",               MODEL_DEBUG_NODE_FLAG_HIDDEN              },
    {"ALL_CHILDREN_PRESENT", MODEL_DEBUG_NODE_FLAG_ALL_CHILDREN_PRESENT},
};
const struct model_names model_debug_node_flag_names = NAMES(debug_node_flag_names, true);

static const struct model_name debug_buffer_state_names[] = {
    {"HELD",        MODEL_DEBUG_BUFFER_STATE_HELD       },
    {"STRONG_GONE", MODEL_DEBUG_BUFFER_STATE_STRONG_GONE},
    {"FREED",       MODEL_DEBUG_BUFFER_STATE_FREED      },
};
const struct model_names model_debug_buffer_state_names = NAMES(debug_buffer_state_names, false);

static const struct model_name debug_event_kind_names[] = {
    {"COLLECTION_CREATED",        MODEL_DEBUG_EVENT_KIND_COLLECTION_CREATED       },
    {"COLLECTION_POPULATING",     MODEL_DEBUG_EVENT_KIND_COLLECTION_POPULATING    },
    {"COLLECTION_ALLOCATED",      MODEL_DEBUG_EVENT_KIND_COLLECTION_ALLOCATED     },
    {"COLLECTION_FAILED",         MODEL_DEBUG_EVENT_KIND_COLLECTION_FAILED        },
    {"COLLECTION_ENDED",          MODEL_DEBUG_EVENT_KIND_COLLECTION_ENDED         },
    {"COLLECTION_GONE",           MODEL_DEBUG_EVENT_KIND_COLLECTION_GONE          },
    {"NODE_ADDED",                MODEL_DEBUG_EVENT_KIND_NODE_ADDED               },
    {"NODE_BOUND",                MODEL_DEBUG_EVENT_KIND_NODE_BOUND               },
    {"NODE_SET_CONSTRAINTS",      MODEL_DEBUG_EVENT_KIND_NODE_SET_CONSTRAINTS     },
    {"NODE_ALL_CHILDREN_PRESENT", MODEL_DEBUG_EVENT_KIND_NODE_ALL_CHILDREN_PRESENT},
    {"NODE_RELEASED",             MODEL_DEBUG_EVENT_KIND_NODE_RELEASED            },
    {"NODE_ORPHANED",             MODEL_DEBUG_EVENT_KIND_NODE_ORPHANED            },
    {"NODE_JOINED",               MODEL_DEBUG_EVENT_KIND_NODE_JOINED              },
    {"NODE_NOT_SELECTED",         MODEL_DEBUG_EVENT_KIND_NODE_NOT_SELECTED        },
    {"NODE_FAILED",               MODEL_DEBUG_EVENT_KIND_NODE_FAILED              },
    {"DOMAIN_FAILED",             MODEL_DEBUG_EVENT_KIND_DOMAIN_FAILED            },
};
const struct model_names model_debug_event_kind_names = NAMES(debug_event_kind_names, false);

const char *model_name_of(const struct model_names *names, uint64_t value)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->names[i].value == value) {
            return names->names[i].name;
        }
    }
    return NULL;
}

bool model_value_of(const struct model_names *names, const char *name, uint64_t *ret_value)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i].name, name) == 0) {
            *ret_value = names->names[i].value;
            return true;
        }
    }
    return false;
}
