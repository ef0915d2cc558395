// Scalar-argument entry points over Vulkan: see the package documentation for why they exist.
// Handles cross as void pointers; no function keeps a pointer it is given. Results are VkResult values.
#ifndef SPIKEGRAD_GPU_SHIM_H
#define SPIKEGRAD_GPU_SHIM_H

#include <stddef.h>
#include <stdint.h>

enum {
    SHIM_MAX_BINDINGS = 64,
    SHIM_MAX_CONSTANTS = 64,
    SHIM_MAX_EXTENSIONS = 4, // of an instance, beyond those of the shim
};

typedef struct shim_instance shim_instance;
typedef struct shim_device shim_device;

// What Vulkan 1.1 and its extensions tell beyond the properties of 1.0; strings end with 0.
typedef struct {
    uint8_t uuid[16];
    char driver[256];
    char driver_info[256];
    uint32_t subgroup_size;
    uint64_t max_allocation;
} shim_facts;

// vkGetInstanceProcAddr of the installed loader, or NULL.
void *shim_open_loader(void);

// validation != 0 switches the Khronos layer on, synchronisation validation included, and sends its messages to
// spikegradGPUMessage with this log handle. extensions are the names, with spaces between, of what else is asked for.
// On failure *missing names the absent layer or extension, if that was the cause.
int32_t shim_create_instance(void *get_proc, int validation, uintptr_t log, const char *extensions, shim_instance **out,
                             const char **missing);
void *shim_instance_handle(shim_instance *instance);
// A function of the instance by name, or NULL.
void *shim_instance_function(shim_instance *instance, const char *name);
void shim_destroy_instance(shim_instance *instance);

// extended == 0: the device is of Vulkan 1.0, and only defaults are filled in.
int32_t shim_device_facts(shim_instance *instance, void *physical, int extended, shim_facts *facts);
// Index of the first queue family that computes, or -1; the valid bits of its timestamps.
int32_t shim_compute_family(shim_instance *instance, void *physical, uint32_t *timestamp_bits);

int shim_has_device_extension(shim_instance *instance, void *physical, const char *name);

// swapchain != 0: the device can make swapchains; statistics != 0: it keeps the statistics of pipelines.
int32_t shim_create_device(shim_instance *instance, void *physical, uint32_t family, int swapchain, int statistics,
                           shim_device **out);
void *shim_device_handle(shim_device *device);
void shim_destroy_device(shim_device *device);


int32_t shim_create_set_layout(shim_device *device, uint32_t bindings, void **out);
int32_t shim_create_pipeline_layout(shim_device *device, void *set_layout, uint32_t push_bytes, void **out);
int32_t shim_create_cache(shim_device *device, const void *data, size_t bytes, void **out);
int32_t shim_create_pipeline(shim_device *device, void *cache, void *layout, const uint32_t *code, size_t code_bytes,
                             const uint32_t *constants, uint32_t constant_count, void **out);

int32_t shim_create_set_pool(shim_device *device, uint32_t sets, uint32_t descriptors, void **out);
int32_t shim_allocate_set(shim_device *device, void *pool, void *layout, void **out);
// triples: handle, offset and range of each of the count bindings.
void shim_write_set(shim_device *device, void *set, const uint64_t *triples, uint32_t count);

void shim_dispatch(shim_device *device, void *commands, void *pipeline, void *layout, void *set, const void *push,
                   uint32_t push_bytes, uint32_t x, uint32_t y, uint32_t z);
void shim_copy(shim_device *device, void *commands, void *src, uint64_t src_offset, void *dst, uint64_t dst_offset,
               uint64_t bytes);

// Everything before (host writes too) is visible to what follows.
void shim_barrier_begin(shim_device *device, void *commands);
// Dispatches, copies and fills before are visible to those that follow.
void shim_barrier_between(shim_device *device, void *commands);
// Dispatches, copies and fills before are visible to the host once the fence has signalled.
void shim_barrier_end(shim_device *device, void *commands);

// Resets the fence and submits.
int32_t shim_submit(shim_device *device, void *queue, void *commands, void *fence);
int32_t shim_wait(shim_device *device, void *fence);

#endif
