//go:build cgo

#include "statistics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vulkan_abi.h"

typedef void(VKAPI_PTR *get_features)(VkPhysicalDevice, ShimFeatures2 *);
typedef VkResult(VKAPI_PTR *get_executables)(VkDevice, const ShimPipelineInfo *, uint32_t *, ShimExecutableProperties *);
typedef VkResult(VKAPI_PTR *get_statistics)(VkDevice, const ShimExecutableInfo *, uint32_t *, ShimExecutableStatistic *);
typedef PFN_vkVoidFunction(VKAPI_PTR *get_device_function)(VkDevice, const char *);

int shim_offers_statistics(shim_instance *instance, void *physical) {
    get_features features_of = (get_features)shim_instance_function(instance, "vkGetPhysicalDeviceFeatures2");
    if (features_of == NULL || !shim_has_device_extension(instance, physical, SHIM_EXECUTABLE_PROPERTIES)) {
        return 0;
    }
    ShimExecutableFeatures executable = {.sType = SHIM_STRUCTURE_TYPE_EXECUTABLE_FEATURES};
    ShimFeatures2 features = {.sType = SHIM_STRUCTURE_TYPE_FEATURES_2, .pNext = &executable};
    features_of(physical, &features);
    return executable.pipelineExecutableInfo != 0;
}

static void write_value(const ShimExecutableStatistic *statistic, shim_statistic *out) {
    memcpy(out->name, statistic->name, sizeof out->name);
    out->name[sizeof out->name - 1] = 0;
    switch (statistic->format) {
    case SHIM_FORMAT_BOOL:
        snprintf(out->value, sizeof out->value, "%s", statistic->value.b32 ? "yes" : "no");
        break;
    case SHIM_FORMAT_INT64:
        snprintf(out->value, sizeof out->value, "%" PRId64, statistic->value.i64);
        break;
    case SHIM_FORMAT_UINT64:
        snprintf(out->value, sizeof out->value, "%" PRIu64, statistic->value.u64);
        break;
    default:
        snprintf(out->value, sizeof out->value, "%g", statistic->value.f64);
    }
}

int32_t shim_statistics(shim_instance *instance, shim_device *device, void *pipeline, shim_statistic *out,
                        uint32_t *count) {
    get_device_function get = (get_device_function)shim_instance_function(instance, "vkGetDeviceProcAddr");
    VkDevice handle = shim_device_handle(device);
    get_executables executables = (get_executables)get(handle, "vkGetPipelineExecutablePropertiesKHR");
    get_statistics statistics = (get_statistics)get(handle, "vkGetPipelineExecutableStatisticsKHR");
    *count = 0;
    if (executables == NULL || statistics == NULL) {
        return VK_ERROR_EXTENSION_NOT_PRESENT;
    }
    ShimPipelineInfo of = {.sType = SHIM_STRUCTURE_TYPE_PIPELINE_INFO, .pipeline = pipeline};
    uint32_t parts = 0;
    VkResult result = executables(handle, &of, &parts, NULL);
    for (uint32_t part = 0; result >= 0 && part < parts; part++) {
        ShimExecutableInfo info = {
            .sType = SHIM_STRUCTURE_TYPE_EXECUTABLE_INFO,
            .pipeline = pipeline,
            .executableIndex = part,
        };
        ShimExecutableStatistic found[SHIM_MAX_STATISTICS];
        memset(found, 0, sizeof found);
        for (uint32_t i = 0; i < SHIM_MAX_STATISTICS; i++) {
            found[i].sType = SHIM_STRUCTURE_TYPE_EXECUTABLE_STATISTIC;
        }
        uint32_t some = SHIM_MAX_STATISTICS - *count;
        result = statistics(handle, &info, &some, found);
        for (uint32_t i = 0; result >= 0 && i < some; i++) {
            write_value(&found[i], &out[(*count)++]);
        }
    }
    return result >= 0 ? VK_SUCCESS : result;
}
