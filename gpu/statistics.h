// What a driver reports of a compiled pipeline: VK_KHR_pipeline_executable_properties.
#ifndef SPIKEGRAD_GPU_STATISTICS_H
#define SPIKEGRAD_GPU_STATISTICS_H

#include "shim.h"

enum { SHIM_MAX_STATISTICS = 64 };

// One number of a pipeline; text ends with 0.
typedef struct {
    char name[256];
    char value[32];
} shim_statistic;

// Whether a device offers the extension.
int shim_offers_statistics(shim_instance *instance, void *physical);

// Writes the statistics of all executables of a pipeline, at most SHIM_MAX_STATISTICS, and their number to *count. The
// device must have been created with statistics, and the pipeline after that.
int32_t shim_statistics(shim_instance *instance, shim_device *device, void *pipeline, shim_statistic *out,
                        uint32_t *count);

#endif
