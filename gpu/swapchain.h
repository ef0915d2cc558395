// Scalar-argument entry points for showing buffers in a window: surfaces, swapchains, presentation. See shim.h.
#ifndef SPIKEGRAD_GPU_SWAPCHAIN_H
#define SPIKEGRAD_GPU_SWAPCHAIN_H

#include "shim.h"

typedef struct shim_surface shim_surface;
typedef struct shim_swapchain shim_swapchain;

typedef struct {
    uint32_t width, height; // pixels; 0 while the window is hidden, and then there is no swapchain
    uint32_t blue_first;    // the bytes of a pixel are blue, green, red, else red, green, blue
    uint32_t images;
} shim_swapchain_facts;

// Takes over a VkSurfaceKHR of the instance.
int32_t shim_open_surface(shim_instance *instance, uint64_t surface, shim_surface **out);
void shim_close_surface(shim_surface *surface);
// Whether a queue family of a device can present to the surface by way of VK_KHR_swapchain.
int32_t shim_surface_presents(shim_surface *surface, void *physical, uint32_t family, uint32_t *presents);

// Width and height are wished for; the window system may decide otherwise.
int32_t shim_create_swapchain(shim_surface *surface, shim_device *device, void *physical, uint32_t width,
                              uint32_t height, shim_swapchain **out, shim_swapchain_facts *facts);
void shim_destroy_swapchain(shim_swapchain *swapchain);

// Waits until an image is free.
int32_t shim_acquire(shim_swapchain *swapchain, uint32_t *image);
// Records that an image becomes what a buffer of packed pixels shows.
void shim_record_show(shim_swapchain *swapchain, void *commands, uint32_t image, void *canvas);
// Resets the fence, submits the commands recorded for an image, and presents it after them.
int32_t shim_present(shim_swapchain *swapchain, void *queue, void *commands, void *fence, uint32_t image);
int32_t shim_queue_idle(shim_swapchain *swapchain, void *queue);

#endif
