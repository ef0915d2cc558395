//go:build cgo

#include "shim.h"

#include <stdlib.h>
#include <string.h>

#include "_cgo_export.h"
#include "vulkan_surface_abi.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#define VULKAN_1_1 ((1u << 22) | (1u << 12))
#define VALIDATION_LAYER "VK_LAYER_KHRONOS_validation"
#define DEBUG_UTILS "VK_EXT_debug_utils"
#define VALIDATION_FEATURES "VK_EXT_validation_features"
#define PORTABILITY_ENUMERATION "VK_KHR_portability_enumeration"
#define PORTABILITY_SUBSET "VK_KHR_portability_subset"
#define DRIVER_PROPERTIES "VK_KHR_driver_properties"

// F declares the type and the member of one Vulkan function.
#define INSTANCE_FUNCTIONS(F)                                                                                          \
    F(void, vkDestroyInstance, (VkInstance, const void *))                                                             \
    F(VkResult, vkEnumerateDeviceExtensionProperties,                                                                  \
      (VkPhysicalDevice, const char *, uint32_t *, VkExtensionProperties *))                                           \
    F(void, vkGetPhysicalDeviceQueueFamilyProperties, (VkPhysicalDevice, uint32_t *, VkQueueFamilyProperties *))       \
    F(void, vkGetPhysicalDeviceProperties2, (VkPhysicalDevice, VkPhysicalDeviceProperties2 *))                         \
    F(VkResult, vkCreateDevice, (VkPhysicalDevice, const VkDeviceCreateInfo *, const void *, VkDevice *))

#define DEVICE_FUNCTIONS(F)                                                                                            \
    F(void, vkDestroyDevice, (VkDevice, const void *))                                                                 \
    F(VkResult, vkCreateDescriptorSetLayout,                                                                           \
      (VkDevice, const VkDescriptorSetLayoutCreateInfo *, const void *, VkDescriptorSetLayout *))                      \
    F(VkResult, vkCreatePipelineLayout,                                                                                \
      (VkDevice, const VkPipelineLayoutCreateInfo *, const void *, VkPipelineLayout *))                                \
    F(VkResult, vkCreatePipelineCache,                                                                                 \
      (VkDevice, const VkPipelineCacheCreateInfo *, const void *, VkPipelineCache *))                                  \
    F(VkResult, vkCreateShaderModule, (VkDevice, const VkShaderModuleCreateInfo *, const void *, VkShaderModule *))    \
    F(void, vkDestroyShaderModule, (VkDevice, VkShaderModule, const void *))                                           \
    F(VkResult, vkCreateComputePipelines,                                                                              \
      (VkDevice, VkPipelineCache, uint32_t, const VkComputePipelineCreateInfo *, const void *, VkPipeline *))          \
    F(VkResult, vkCreateDescriptorPool,                                                                                \
      (VkDevice, const VkDescriptorPoolCreateInfo *, const void *, VkDescriptorPool *))                                \
    F(VkResult, vkAllocateDescriptorSets, (VkDevice, const VkDescriptorSetAllocateInfo *, VkDescriptorSet *))          \
    F(void, vkUpdateDescriptorSets, (VkDevice, uint32_t, const VkWriteDescriptorSet *, uint32_t, const void *))        \
    F(void, vkCmdBindPipeline, (VkCommandBuffer, int32_t, VkPipeline))                                                 \
    F(void, vkCmdBindDescriptorSets,                                                                                   \
      (VkCommandBuffer, int32_t, VkPipelineLayout, uint32_t, uint32_t, const VkDescriptorSet *, uint32_t,              \
       const uint32_t *))                                                                                              \
    F(void, vkCmdPushConstants, (VkCommandBuffer, VkPipelineLayout, VkFlags, uint32_t, uint32_t, const void *))        \
    F(void, vkCmdDispatch, (VkCommandBuffer, uint32_t, uint32_t, uint32_t))                                            \
    F(void, vkCmdCopyBuffer, (VkCommandBuffer, VkBuffer, VkBuffer, uint32_t, const VkBufferCopy *))                    \
    F(void, vkCmdPipelineBarrier,                                                                                      \
      (VkCommandBuffer, VkFlags, VkFlags, VkFlags, uint32_t, const VkMemoryBarrier *, uint32_t, const void *,          \
       uint32_t, const void *))                                                                                        \
    F(VkResult, vkResetFences, (VkDevice, uint32_t, const VkFence *))                                                  \
    F(VkResult, vkQueueSubmit, (VkQueue, uint32_t, const VkSubmitInfo *, VkFence))                                     \
    F(VkResult, vkWaitForFences, (VkDevice, uint32_t, const VkFence *, VkBool32, uint64_t))

#define MEMBER(result, name, arguments) result(VKAPI_PTR *name) arguments;

struct shim_instance {
    VkInstance handle;
    PFN_vkGetInstanceProcAddr get;
    VkDebugUtilsMessengerEXT messenger;
    INSTANCE_FUNCTIONS(MEMBER)
};

struct shim_device {
    VkDevice handle;
    VkFlags pipeline_flags;
    DEVICE_FUNCTIONS(MEMBER)
};

typedef VkResult(VKAPI_PTR *enumerate_version)(uint32_t *);
typedef VkResult(VKAPI_PTR *enumerate_layers)(uint32_t *, VkLayerProperties *);
typedef VkResult(VKAPI_PTR *enumerate_extensions)(const char *, uint32_t *, VkExtensionProperties *);
typedef VkResult(VKAPI_PTR *create_instance)(const VkInstanceCreateInfo *, const void *, VkInstance *);
typedef VkResult(VKAPI_PTR *create_messenger)(VkInstance, const VkDebugUtilsMessengerCreateInfoEXT *, const void *,
                                              VkDebugUtilsMessengerEXT *);
typedef void(VKAPI_PTR *destroy_messenger)(VkInstance, VkDebugUtilsMessengerEXT, const void *);

void *shim_open_loader(void) {
#if defined(_WIN32)
    HMODULE library = LoadLibraryA("vulkan-1.dll");
    return library == NULL ? NULL : (void *)GetProcAddress(library, "vkGetInstanceProcAddr");
#else
#if defined(__APPLE__)
    static const char *const names[] = {"libvulkan.1.dylib", "libvulkan.dylib", "libMoltenVK.dylib"};
#else
    static const char *const names[] = {"libvulkan.so.1", "libvulkan.so"};
#endif
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library != NULL) {
            return dlsym(library, "vkGetInstanceProcAddr");
        }
    }
    return NULL;
#endif
}

static int has_layer(PFN_vkGetInstanceProcAddr get, const char *name) {
    enumerate_layers enumerate = (enumerate_layers)get(NULL, "vkEnumerateInstanceLayerProperties");
    uint32_t count = 0;
    if (enumerate == NULL || enumerate(&count, NULL) != VK_SUCCESS || count == 0) {
        return 0;
    }
    VkLayerProperties *layers = calloc(count, sizeof *layers);
    int found = 0;
    if (layers != NULL && enumerate(&count, layers) >= 0) {
        for (uint32_t i = 0; i < count; i++) {
            found |= strcmp(layers[i].layerName, name) == 0;
        }
    }
    free(layers);
    return found;
}

// layer == NULL: extensions of the loader and the drivers.
static int has_instance_extension(PFN_vkGetInstanceProcAddr get, const char *layer, const char *name) {
    enumerate_extensions enumerate = (enumerate_extensions)get(NULL, "vkEnumerateInstanceExtensionProperties");
    uint32_t count = 0;
    if (enumerate == NULL || enumerate(layer, &count, NULL) != VK_SUCCESS || count == 0) {
        return 0;
    }
    VkExtensionProperties *extensions = calloc(count, sizeof *extensions);
    int found = 0;
    if (extensions != NULL && enumerate(layer, &count, extensions) >= 0) {
        for (uint32_t i = 0; i < count; i++) {
            found |= strcmp(extensions[i].extensionName, name) == 0;
        }
    }
    free(extensions);
    return found;
}

int shim_has_device_extension(shim_instance *instance, void *physical, const char *name) {
    uint32_t count = 0;
    if (instance->vkEnumerateDeviceExtensionProperties(physical, NULL, &count, NULL) != VK_SUCCESS || count == 0) {
        return 0;
    }
    VkExtensionProperties *extensions = calloc(count, sizeof *extensions);
    int found = 0;
    if (extensions != NULL &&
        instance->vkEnumerateDeviceExtensionProperties(physical, NULL, &count, extensions) >= 0) {
        for (uint32_t i = 0; i < count; i++) {
            found |= strcmp(extensions[i].extensionName, name) == 0;
        }
    }
    free(extensions);
    return found;
}

static VkBool32 VKAPI_PTR on_message(VkFlags severity, VkFlags types, const VkDebugUtilsMessengerCallbackDataEXT *data,
                                     void *user) {
    (void)severity;
    (void)types;
    spikegradGPUMessage((uintptr_t)user, (char *)data->pMessage);
    return 0;
}

static VkResult start_messenger(shim_instance *instance, uintptr_t log) {
    create_messenger create = (create_messenger)instance->get(instance->handle, "vkCreateDebugUtilsMessengerEXT");
    if (create == NULL) {
        return VK_ERROR_EXTENSION_NOT_PRESENT;
    }
    VkDebugUtilsMessengerCreateInfoEXT info = {
        .sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT,
        .messageSeverity =
            VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT,
        .messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT,
        .pfnUserCallback = (PFN_vkDebugUtilsMessengerCallbackEXT)on_message,
        .pUserData = (void *)log,
    };
    return create(instance->handle, &info, NULL, &instance->messenger);
}

int32_t shim_create_instance(void *get_proc, int validation, uintptr_t log, const char *extra, shim_instance **out,
                             const char **missing) {
    PFN_vkGetInstanceProcAddr get = (PFN_vkGetInstanceProcAddr)get_proc;
    create_instance create = (create_instance)get(NULL, "vkCreateInstance");
    if (create == NULL) {
        return VK_ERROR_INITIALIZATION_FAILED;
    }
    enumerate_version version_of = (enumerate_version)get(NULL, "vkEnumerateInstanceVersion");
    uint32_t version = 0;
    if (version_of == NULL || version_of(&version) != VK_SUCCESS || version < VULKAN_1_1) {
        *missing = "Vulkan 1.1";
        return VK_ERROR_INITIALIZATION_FAILED;
    }

    VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "spikegrad",
        .apiVersion = VULKAN_1_1,
    };
    const char *layers[1];
    const char *extensions[3 + SHIM_MAX_EXTENSIONS];
    char names[256];
    VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &application,
        .ppEnabledLayerNames = layers,
        .ppEnabledExtensionNames = extensions,
    };
    const int32_t enabled[1] = {SHIM_VALIDATE_SYNCHRONIZATION};
    ShimValidationFeatures features = {
        .sType = SHIM_STRUCTURE_TYPE_VALIDATION_FEATURES,
        .enabledValidationFeatureCount = 1,
        .pEnabledValidationFeatures = enabled,
    };
    if (has_instance_extension(get, NULL, PORTABILITY_ENUMERATION)) {
        extensions[info.enabledExtensionCount++] = PORTABILITY_ENUMERATION;
        info.flags |= SHIM_INSTANCE_ENUMERATE_PORTABILITY;
    }
    if (strlen(extra) >= sizeof names) {
        return VK_ERROR_EXTENSION_NOT_PRESENT;
    }
    strcpy(names, extra);
    char *rest = NULL;
    for (char *name = strtok_r(names, " ", &rest); name != NULL; name = strtok_r(NULL, " ", &rest)) {
        if (info.enabledExtensionCount > SHIM_MAX_EXTENSIONS) {
            return VK_ERROR_EXTENSION_NOT_PRESENT;
        }
        extensions[info.enabledExtensionCount++] = name;
    }
    if (validation) {
        if (!has_layer(get, VALIDATION_LAYER)) {
            *missing = VALIDATION_LAYER;
            return VK_ERROR_LAYER_NOT_PRESENT;
        }
        if (!has_instance_extension(get, VALIDATION_LAYER, VALIDATION_FEATURES)) {
            *missing = VALIDATION_FEATURES;
            return VK_ERROR_EXTENSION_NOT_PRESENT;
        }
        layers[info.enabledLayerCount++] = VALIDATION_LAYER;
        extensions[info.enabledExtensionCount++] = DEBUG_UTILS;
        extensions[info.enabledExtensionCount++] = VALIDATION_FEATURES;
        info.pNext = &features;
    }

    shim_instance *instance = calloc(1, sizeof *instance);
    if (instance == NULL) {
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    }
    instance->get = get;
    VkResult result = create(&info, NULL, &instance->handle);
    if (result != VK_SUCCESS) {
        free(instance);
        return result;
    }
#define LOAD(result, name, arguments) instance->name = (result(VKAPI_PTR *) arguments)get(instance->handle, #name);
    INSTANCE_FUNCTIONS(LOAD)
#undef LOAD
    if (validation) {
        result = start_messenger(instance, log);
        if (result != VK_SUCCESS) {
            shim_destroy_instance(instance);
            return result;
        }
    }
    *out = instance;
    return VK_SUCCESS;
}

void *shim_instance_handle(shim_instance *instance) { return instance->handle; }

void *shim_instance_function(shim_instance *instance, const char *name) {
    return (void *)instance->get(instance->handle, name);
}

void shim_destroy_instance(shim_instance *instance) {
    if (instance->messenger != NULL) {
        destroy_messenger destroy =
            (destroy_messenger)instance->get(instance->handle, "vkDestroyDebugUtilsMessengerEXT");
        destroy(instance->handle, instance->messenger, NULL);
    }
    instance->vkDestroyInstance(instance->handle, NULL);
    free(instance);
}

int32_t shim_device_facts(shim_instance *instance, void *physical, int extended, shim_facts *facts) {
    memset(facts, 0, sizeof *facts);
    facts->max_allocation = (uint64_t)1 << 30;
    if (!extended) {
        return VK_SUCCESS;
    }
    VkPhysicalDeviceDriverPropertiesKHR driver = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES_KHR};
    VkPhysicalDeviceMaintenance3Properties maintenance = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES,
        .pNext = shim_has_device_extension(instance, physical, DRIVER_PROPERTIES) ? &driver : NULL,
    };
    VkPhysicalDeviceSubgroupProperties subgroup = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES,
        .pNext = &maintenance,
    };
    VkPhysicalDeviceIDProperties identity = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
        .pNext = &subgroup,
    };
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2,
        .pNext = &identity,
    };
    instance->vkGetPhysicalDeviceProperties2(physical, &properties);
    memcpy(facts->uuid, identity.deviceUUID, sizeof facts->uuid);
    memcpy(facts->driver, driver.driverName, sizeof facts->driver - 1);
    memcpy(facts->driver_info, driver.driverInfo, sizeof facts->driver_info - 1);
    facts->subgroup_size = subgroup.subgroupSize;
    facts->max_allocation = maintenance.maxMemoryAllocationSize;
    return VK_SUCCESS;
}

int32_t shim_compute_family(shim_instance *instance, void *physical, uint32_t *timestamp_bits) {
    VkQueueFamilyProperties families[32];
    uint32_t count = sizeof families / sizeof families[0];
    instance->vkGetPhysicalDeviceQueueFamilyProperties(physical, &count, families);
    for (uint32_t i = 0; i < count; i++) {
        if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) != 0 && families[i].queueCount > 0) {
            *timestamp_bits = families[i].timestampValidBits;
            return (int32_t)i;
        }
    }
    return -1;
}

int32_t shim_create_device(shim_instance *instance, void *physical, uint32_t family, int swapchain, int statistics,
                           shim_device **out) {
    const float priority = 1.0f;
    const char *extensions[3];
    uint32_t extension_count = 0;
    if (shim_has_device_extension(instance, physical, PORTABILITY_SUBSET)) {
        extensions[extension_count++] = PORTABILITY_SUBSET;
    }
    if (swapchain) {
        extensions[extension_count++] = SHIM_SWAPCHAIN;
    }
    ShimExecutableFeatures executable = {
        .sType = SHIM_STRUCTURE_TYPE_EXECUTABLE_FEATURES,
        .pipelineExecutableInfo = 1,
    };
    if (statistics) {
        extensions[extension_count++] = SHIM_EXECUTABLE_PROPERTIES;
    }
    VkDeviceQueueCreateInfo queue = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = family,
        .queueCount = 1,
        .pQueuePriorities = &priority,
    };
    VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = statistics ? &executable : NULL,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queue,
        .enabledExtensionCount = extension_count,
        .ppEnabledExtensionNames = extensions,
    };
    PFN_vkGetDeviceProcAddr get =
        (PFN_vkGetDeviceProcAddr)instance->get(instance->handle, "vkGetDeviceProcAddr");
    shim_device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    }
    VkResult result = instance->vkCreateDevice(physical, &info, NULL, &device->handle);
    if (result != VK_SUCCESS) {
        free(device);
        return result;
    }
    device->pipeline_flags = statistics ? SHIM_PIPELINE_CAPTURE_STATISTICS : 0;
#define LOAD(result, name, arguments) device->name = (result(VKAPI_PTR *) arguments)get(device->handle, #name);
    DEVICE_FUNCTIONS(LOAD)
#undef LOAD
    *out = device;
    return VK_SUCCESS;
}

void *shim_device_handle(shim_device *device) { return device->handle; }

void shim_destroy_device(shim_device *device) {
    device->vkDestroyDevice(device->handle, NULL);
    free(device);
}

int32_t shim_create_set_layout(shim_device *device, uint32_t bindings, void **out) {
    VkDescriptorSetLayoutBinding entries[SHIM_MAX_BINDINGS];
    memset(entries, 0, sizeof entries);
    for (uint32_t i = 0; i < bindings; i++) {
        entries[i].binding = i;
        entries[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
        entries[i].descriptorCount = 1;
        entries[i].stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
    }
    VkDescriptorSetLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO,
        .bindingCount = bindings,
        .pBindings = entries,
    };
    return device->vkCreateDescriptorSetLayout(device->handle, &info, NULL, (VkDescriptorSetLayout *)out);
}

int32_t shim_create_pipeline_layout(shim_device *device, void *set_layout, uint32_t push_bytes, void **out) {
    VkDescriptorSetLayout sets[1] = {set_layout};
    VkPushConstantRange range = {.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT, .size = push_bytes};
    VkPipelineLayoutCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO,
        .setLayoutCount = 1,
        .pSetLayouts = sets,
        .pushConstantRangeCount = push_bytes > 0 ? 1 : 0,
        .pPushConstantRanges = &range,
    };
    return device->vkCreatePipelineLayout(device->handle, &info, NULL, (VkPipelineLayout *)out);
}

int32_t shim_create_cache(shim_device *device, const void *data, size_t bytes, void **out) {
    VkPipelineCacheCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO,
        .initialDataSize = bytes,
        .pInitialData = data,
    };
    return device->vkCreatePipelineCache(device->handle, &info, NULL, (VkPipelineCache *)out);
}

int32_t shim_create_pipeline(shim_device *device, void *cache, void *layout, const uint32_t *code, size_t code_bytes,
                             const uint32_t *constants, uint32_t constant_count, void **out) {
    VkShaderModuleCreateInfo module_info = {
        .sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO,
        .codeSize = code_bytes,
        .pCode = code,
    };
    VkShaderModule module = NULL;
    VkResult result = device->vkCreateShaderModule(device->handle, &module_info, NULL, &module);
    if (result != VK_SUCCESS) {
        return result;
    }
    VkSpecializationMapEntry entries[SHIM_MAX_CONSTANTS];
    for (uint32_t i = 0; i < constant_count; i++) {
        entries[i].constantID = i;
        entries[i].offset = i * (uint32_t)sizeof *constants;
        entries[i].size = sizeof *constants;
    }
    VkSpecializationInfo specialization = {
        .mapEntryCount = constant_count,
        .pMapEntries = entries,
        .dataSize = constant_count * sizeof *constants,
        .pData = constants,
    };
    VkComputePipelineCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO,
        .flags = device->pipeline_flags,
        .stage =
            {
                .sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO,
                .stage = VK_SHADER_STAGE_COMPUTE_BIT,
                .module = module,
                .pName = "main",
                .pSpecializationInfo = &specialization,
            },
        .layout = layout,
        .basePipelineIndex = -1,
    };
    result = device->vkCreateComputePipelines(device->handle, cache, 1, &info, NULL, (VkPipeline *)out);
    device->vkDestroyShaderModule(device->handle, module, NULL);
    return result;
}

int32_t shim_create_set_pool(shim_device *device, uint32_t sets, uint32_t descriptors, void **out) {
    VkDescriptorPoolSize size = {.type = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, .descriptorCount = descriptors};
    VkDescriptorPoolCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO,
        .maxSets = sets,
        .poolSizeCount = 1,
        .pPoolSizes = &size,
    };
    return device->vkCreateDescriptorPool(device->handle, &info, NULL, (VkDescriptorPool *)out);
}

int32_t shim_allocate_set(shim_device *device, void *pool, void *layout, void **out) {
    VkDescriptorSetLayout layouts[1] = {layout};
    VkDescriptorSetAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO,
        .descriptorPool = pool,
        .descriptorSetCount = 1,
        .pSetLayouts = layouts,
    };
    return device->vkAllocateDescriptorSets(device->handle, &info, (VkDescriptorSet *)out);
}

void shim_write_set(shim_device *device, void *set, const uint64_t *triples, uint32_t count) {
    VkDescriptorBufferInfo buffers[SHIM_MAX_BINDINGS];
    for (uint32_t i = 0; i < count; i++) {
        buffers[i].buffer = (VkBuffer)(uintptr_t)triples[3 * i];
        buffers[i].offset = triples[3 * i + 1];
        buffers[i].range = triples[3 * i + 2];
    }
    // Bindings of one type and one descriptor each may be written as a run that goes on over the following bindings.
    VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = set,
        .descriptorCount = count,
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
        .pBufferInfo = buffers,
    };
    device->vkUpdateDescriptorSets(device->handle, 1, &write, 0, NULL);
}

void shim_dispatch(shim_device *device, void *commands, void *pipeline, void *layout, void *set, const void *push,
                   uint32_t push_bytes, uint32_t x, uint32_t y, uint32_t z) {
    VkDescriptorSet sets[1] = {set};
    device->vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline);
    device->vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, layout, 0, 1, sets, 0, NULL);
    if (push_bytes > 0) {
        device->vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, push_bytes, push);
    }
    device->vkCmdDispatch(commands, x, y, z);
}

void shim_copy(shim_device *device, void *commands, void *src, uint64_t src_offset, void *dst, uint64_t dst_offset,
               uint64_t bytes) {
    VkBufferCopy region = {.srcOffset = src_offset, .dstOffset = dst_offset, .size = bytes};
    device->vkCmdCopyBuffer(commands, src, dst, 1, &region);
}

#define STAGES_USED (VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT)
#define WRITES_USED (VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT)
#define READS_USED (VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT)

static void barrier(shim_device *device, VkCommandBuffer commands, VkFlags src_stages, VkFlags src_access,
                    VkFlags dst_stages, VkFlags dst_access) {
    VkMemoryBarrier memory = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER,
        .srcAccessMask = src_access,
        .dstAccessMask = dst_access,
    };
    device->vkCmdPipelineBarrier(commands, src_stages, dst_stages, 0, 1, &memory, 0, NULL, 0, NULL);
}

void shim_barrier_begin(shim_device *device, void *commands) {
    barrier(device, commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_HOST_WRITE_BIT, STAGES_USED, READS_USED | WRITES_USED);
}

void shim_barrier_between(shim_device *device, void *commands) {
    barrier(device, commands, STAGES_USED, WRITES_USED, STAGES_USED, READS_USED | WRITES_USED);
}

void shim_barrier_end(shim_device *device, void *commands) {
    barrier(device, commands, STAGES_USED, WRITES_USED, VK_PIPELINE_STAGE_HOST_BIT, VK_ACCESS_HOST_READ_BIT);
}

int32_t shim_submit(shim_device *device, void *queue, void *commands, void *fence) {
    VkFence fences[1] = {fence};
    VkCommandBuffer buffers[1] = {commands};
    VkResult result = device->vkResetFences(device->handle, 1, fences);
    if (result != VK_SUCCESS) {
        return result;
    }
    VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = buffers,
    };
    return device->vkQueueSubmit(queue, 1, &info, fence);
}

int32_t shim_wait(shim_device *device, void *fence) {
    VkFence fences[1] = {fence};
    return device->vkWaitForFences(device->handle, 1, fences, 1, UINT64_MAX);
}
