//go:build cgo

#include "swapchain.h"

#include <stdlib.h>

#include "vulkan_surface_abi.h"

enum { MAX_IMAGES = 16 };

#define SURFACE_FUNCTIONS(F)                                                                                           \
    F(void, vkDestroySurfaceKHR, (VkInstance, VkSurfaceKHR, const void *))                                             \
    F(VkResult, vkGetPhysicalDeviceSurfaceSupportKHR, (VkPhysicalDevice, uint32_t, VkSurfaceKHR, VkBool32 *))          \
    F(VkResult, vkGetPhysicalDeviceSurfaceCapabilitiesKHR,                                                             \
      (VkPhysicalDevice, VkSurfaceKHR, VkSurfaceCapabilitiesKHR *))                                                    \
    F(VkResult, vkGetPhysicalDeviceSurfaceFormatsKHR,                                                                  \
      (VkPhysicalDevice, VkSurfaceKHR, uint32_t *, VkSurfaceFormatKHR *))                                              \
    F(VkResult, vkGetPhysicalDeviceSurfacePresentModesKHR, (VkPhysicalDevice, VkSurfaceKHR, uint32_t *, int32_t *))    \
    F(PFN_vkVoidFunction, vkGetDeviceProcAddr, (VkDevice, const char *))

#define SWAPCHAIN_FUNCTIONS(F)                                                                                         \
    F(VkResult, vkCreateSwapchainKHR,                                                                                  \
      (VkDevice, const VkSwapchainCreateInfoKHR *, const void *, VkSwapchainKHR *))                                    \
    F(void, vkDestroySwapchainKHR, (VkDevice, VkSwapchainKHR, const void *))                                           \
    F(VkResult, vkGetSwapchainImagesKHR, (VkDevice, VkSwapchainKHR, uint32_t *, VkImage *))                            \
    F(VkResult, vkAcquireNextImageKHR, (VkDevice, VkSwapchainKHR, uint64_t, VkSemaphore, VkFence, uint32_t *))         \
    F(VkResult, vkQueuePresentKHR, (VkQueue, const VkPresentInfoKHR *))                                                \
    F(VkResult, vkQueueSubmit, (VkQueue, uint32_t, const VkSubmitInfo *, VkFence))                                     \
    F(VkResult, vkQueueWaitIdle, (VkQueue))                                                                            \
    F(VkResult, vkCreateSemaphore, (VkDevice, const VkSemaphoreCreateInfo *, const void *, VkSemaphore *))             \
    F(void, vkDestroySemaphore, (VkDevice, VkSemaphore, const void *))                                                 \
    F(VkResult, vkCreateFence, (VkDevice, const VkFenceCreateInfo *, const void *, VkFence *))                         \
    F(void, vkDestroyFence, (VkDevice, VkFence, const void *))                                                         \
    F(VkResult, vkResetFences, (VkDevice, uint32_t, const VkFence *))                                                  \
    F(VkResult, vkWaitForFences, (VkDevice, uint32_t, const VkFence *, VkBool32, uint64_t))                            \
    F(void, vkCmdPipelineBarrier,                                                                                      \
      (VkCommandBuffer, VkFlags, VkFlags, VkFlags, uint32_t, const void *, uint32_t, const void *, uint32_t,           \
       const VkImageMemoryBarrier *))                                                                                  \
    F(void, vkCmdCopyBufferToImage,                                                                                    \
      (VkCommandBuffer, VkBuffer, VkImage, int32_t, uint32_t, const VkBufferImageCopy *))

#define MEMBER(result, name, arguments) result(VKAPI_PTR *name) arguments;

struct shim_surface {
    VkInstance instance;
    VkSurfaceKHR handle;
    shim_instance *shim;
    SURFACE_FUNCTIONS(MEMBER)
};

struct shim_swapchain {
    VkDevice device;
    VkSwapchainKHR handle;
    uint32_t width, height, count;
    VkFence acquired;
    VkImage images[MAX_IMAGES];
    VkSemaphore drawn[MAX_IMAGES]; // one an image: it is free again when the image is
    SWAPCHAIN_FUNCTIONS(MEMBER)
};

int32_t shim_open_surface(shim_instance *instance, uint64_t handle, shim_surface **out) {
    shim_surface *surface = calloc(1, sizeof *surface);
    if (surface == NULL) {
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    }
    surface->instance = shim_instance_handle(instance);
    surface->handle = (VkSurfaceKHR)(uintptr_t)handle;
    surface->shim = instance;
#define LOAD(result, name, arguments)                                                                                  \
    surface->name = (result(VKAPI_PTR *) arguments)shim_instance_function(instance, #name);
    SURFACE_FUNCTIONS(LOAD)
#undef LOAD
    *out = surface;
    return VK_SUCCESS;
}

void shim_close_surface(shim_surface *surface) {
    surface->vkDestroySurfaceKHR(surface->instance, surface->handle, NULL);
    free(surface);
}

int32_t shim_surface_presents(shim_surface *surface, void *physical, uint32_t family, uint32_t *presents) {
    *presents = 0;
    if (!shim_has_device_extension(surface->shim, physical, SHIM_SWAPCHAIN)) {
        return VK_SUCCESS;
    }
    return surface->vkGetPhysicalDeviceSurfaceSupportKHR(physical, family, surface->handle, presents);
}

// choose_format finds 8 bits a channel in an order that packed pixels can have. Copied bytes are shown as they are,
// whether the format is called sRGB or not.
static VkResult choose_format(shim_surface *surface, VkPhysicalDevice physical, VkSurfaceFormatKHR *chosen,
                              uint32_t *blue_first) {
    static const int32_t wanted[] = {VK_FORMAT_B8G8R8A8_UNORM, VK_FORMAT_R8G8B8A8_UNORM, VK_FORMAT_B8G8R8A8_SRGB,
                                     VK_FORMAT_R8G8B8A8_SRGB};
    VkSurfaceFormatKHR formats[64];
    uint32_t count = sizeof formats / sizeof formats[0];
    VkResult result = surface->vkGetPhysicalDeviceSurfaceFormatsKHR(physical, surface->handle, &count, formats);
    if (result < 0) {
        return result;
    }
    for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
        for (uint32_t i = 0; i < count; i++) {
            if (formats[i].format == wanted[w]) {
                *chosen = formats[i];
                *blue_first = wanted[w] == VK_FORMAT_B8G8R8A8_UNORM || wanted[w] == VK_FORMAT_B8G8R8A8_SRGB;
                return VK_SUCCESS;
            }
        }
    }
    return VK_ERROR_FORMAT_NOT_SUPPORTED;
}

// choose_mode prefers modes in which presenting never waits for the screen; the last one is always there.
static int32_t choose_mode(shim_surface *surface, VkPhysicalDevice physical) {
    static const int32_t wanted[] = {VK_PRESENT_MODE_MAILBOX_KHR, VK_PRESENT_MODE_IMMEDIATE_KHR};
    int32_t modes[16];
    uint32_t count = sizeof modes / sizeof modes[0];
    if (surface->vkGetPhysicalDeviceSurfacePresentModesKHR(physical, surface->handle, &count, modes) >= 0) {
        for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
            for (uint32_t i = 0; i < count; i++) {
                if (modes[i] == wanted[w]) {
                    return modes[i];
                }
            }
        }
    }
    return VK_PRESENT_MODE_FIFO_KHR;
}

static uint32_t between(uint32_t value, uint32_t low, uint32_t high) {
    return value < low ? low : value > high ? high : value;
}

static VkResult create(shim_surface *surface, shim_swapchain *swapchain, VkPhysicalDevice physical,
                       const VkSurfaceCapabilitiesKHR *can, shim_swapchain_facts *facts) {
    VkSurfaceFormatKHR format;
    VkResult result = choose_format(surface, physical, &format, &facts->blue_first);
    if (result != VK_SUCCESS) {
        return result;
    }
    if ((can->supportedUsageFlags & VK_IMAGE_USAGE_TRANSFER_DST_BIT) == 0) {
        return VK_ERROR_FORMAT_NOT_SUPPORTED;
    }
    VkFlags alpha = VK_COMPOSITE_ALPHA_OPAQUE_BIT_KHR;
    while ((can->supportedCompositeAlpha & alpha) == 0 && alpha < VK_COMPOSITE_ALPHA_INHERIT_BIT_KHR) {
        alpha <<= 1;
    }
    uint32_t images = can->minImageCount + 1;
    if (can->maxImageCount > 0 && images > can->maxImageCount) {
        images = can->maxImageCount;
    }
    VkSwapchainCreateInfoKHR info = {
        .sType = VK_STRUCTURE_TYPE_SWAPCHAIN_CREATE_INFO_KHR,
        .surface = surface->handle,
        .minImageCount = images,
        .imageFormat = format.format,
        .imageColorSpace = format.colorSpace,
        .imageExtent = {facts->width, facts->height},
        .imageArrayLayers = 1,
        .imageUsage = VK_IMAGE_USAGE_TRANSFER_DST_BIT,
        .preTransform = can->currentTransform,
        .compositeAlpha = alpha,
        .presentMode = choose_mode(surface, physical),
        .clipped = 1,
    };
    result = swapchain->vkCreateSwapchainKHR(swapchain->device, &info, NULL, &swapchain->handle);
    if (result != VK_SUCCESS) {
        return result;
    }
    swapchain->count = MAX_IMAGES;
    result = swapchain->vkGetSwapchainImagesKHR(swapchain->device, swapchain->handle, &swapchain->count,
                                                swapchain->images);
    if (result != VK_SUCCESS) {
        return result;
    }
    VkFenceCreateInfo fence = {.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO};
    result = swapchain->vkCreateFence(swapchain->device, &fence, NULL, &swapchain->acquired);
    VkSemaphoreCreateInfo semaphore = {.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO};
    for (uint32_t i = 0; i < swapchain->count && result == VK_SUCCESS; i++) {
        result = swapchain->vkCreateSemaphore(swapchain->device, &semaphore, NULL, &swapchain->drawn[i]);
    }
    swapchain->width = facts->width;
    swapchain->height = facts->height;
    facts->images = swapchain->count;
    return result;
}

int32_t shim_create_swapchain(shim_surface *surface, shim_device *device, void *physical, uint32_t width,
                              uint32_t height, shim_swapchain **out, shim_swapchain_facts *facts) {
    *facts = (shim_swapchain_facts){0};
    VkSurfaceCapabilitiesKHR can;
    VkResult result = surface->vkGetPhysicalDeviceSurfaceCapabilitiesKHR(physical, surface->handle, &can);
    if (result != VK_SUCCESS) {
        return result;
    }
    facts->width = can.currentExtent.width;
    facts->height = can.currentExtent.height;
    if (can.currentExtent.width == UINT32_MAX) { // the window follows the swapchain
        facts->width = between(width, can.minImageExtent.width, can.maxImageExtent.width);
        facts->height = between(height, can.minImageExtent.height, can.maxImageExtent.height);
    }
    if (facts->width == 0 || facts->height == 0) {
        facts->width = facts->height = 0;
        return VK_SUCCESS;
    }
    shim_swapchain *swapchain = calloc(1, sizeof *swapchain);
    if (swapchain == NULL) {
        return VK_ERROR_OUT_OF_HOST_MEMORY;
    }
    swapchain->device = shim_device_handle(device);
#define LOAD(result, name, arguments)                                                                                  \
    swapchain->name = (result(VKAPI_PTR *) arguments)surface->vkGetDeviceProcAddr(swapchain->device, #name);
    SWAPCHAIN_FUNCTIONS(LOAD)
#undef LOAD
    result = create(surface, swapchain, physical, &can, facts);
    if (result != VK_SUCCESS) {
        shim_destroy_swapchain(swapchain);
        return result;
    }
    *out = swapchain;
    return VK_SUCCESS;
}

void shim_destroy_swapchain(shim_swapchain *swapchain) {
    for (uint32_t i = 0; i < swapchain->count && i < MAX_IMAGES; i++) {
        swapchain->vkDestroySemaphore(swapchain->device, swapchain->drawn[i], NULL);
    }
    swapchain->vkDestroyFence(swapchain->device, swapchain->acquired, NULL);
    swapchain->vkDestroySwapchainKHR(swapchain->device, swapchain->handle, NULL);
    free(swapchain);
}

int32_t shim_acquire(shim_swapchain *swapchain, uint32_t *image) {
    VkFence fences[1] = {swapchain->acquired};
    VkResult result = swapchain->vkAcquireNextImageKHR(swapchain->device, swapchain->handle, UINT64_MAX, NULL,
                                                       swapchain->acquired, image);
    if (result != VK_SUCCESS && result != VK_SUBOPTIMAL_KHR) {
        return result;
    }
    // The host waits rather than the queue: other work there goes on meanwhile.
    VkResult waited = swapchain->vkWaitForFences(swapchain->device, 1, fences, 1, UINT64_MAX);
    if (waited == VK_SUCCESS) {
        waited = swapchain->vkResetFences(swapchain->device, 1, fences);
    }
    return waited == VK_SUCCESS ? result : waited;
}

static void change_layout(shim_swapchain *swapchain, VkCommandBuffer commands, VkImage image, VkFlags src_stage,
                          VkFlags src_access, int32_t from, VkFlags dst_stage, VkFlags dst_access, int32_t to) {
    VkImageMemoryBarrier barrier = {
        .sType = VK_STRUCTURE_TYPE_IMAGE_MEMORY_BARRIER,
        .srcAccessMask = src_access,
        .dstAccessMask = dst_access,
        .oldLayout = from,
        .newLayout = to,
        .srcQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .dstQueueFamilyIndex = VK_QUEUE_FAMILY_IGNORED,
        .image = image,
        .subresourceRange = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 1, 0, 1},
    };
    swapchain->vkCmdPipelineBarrier(commands, src_stage, dst_stage, 0, 0, NULL, 0, NULL, 1, &barrier);
}

void shim_record_show(shim_swapchain *swapchain, void *commands, uint32_t index, void *canvas) {
    VkImage image = swapchain->images[index];
    change_layout(swapchain, commands, image, VK_PIPELINE_STAGE_TRANSFER_BIT, 0, VK_IMAGE_LAYOUT_UNDEFINED,
                  VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL);
    VkBufferImageCopy region = {
        .imageSubresource = {VK_IMAGE_ASPECT_COLOR_BIT, 0, 0, 1},
        .imageExtent = {swapchain->width, swapchain->height, 1},
    };
    swapchain->vkCmdCopyBufferToImage(commands, canvas, image, VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, 1, &region);
    change_layout(swapchain, commands, image, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
                  VK_IMAGE_LAYOUT_TRANSFER_DST_OPTIMAL, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, 0,
                  VK_IMAGE_LAYOUT_PRESENT_SRC_KHR);
}

int32_t shim_present(shim_swapchain *swapchain, void *queue, void *commands, void *fence, uint32_t image) {
    VkFence fences[1] = {fence};
    VkCommandBuffer buffers[1] = {commands};
    VkResult result = swapchain->vkResetFences(swapchain->device, 1, fences);
    if (result != VK_SUCCESS) {
        return result;
    }
    VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .commandBufferCount = 1,
        .pCommandBuffers = buffers,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &swapchain->drawn[image],
    };
    result = swapchain->vkQueueSubmit(queue, 1, &submit, fence);
    if (result != VK_SUCCESS) {
        return result;
    }
    VkPresentInfoKHR present = {
        .sType = VK_STRUCTURE_TYPE_PRESENT_INFO_KHR,
        .waitSemaphoreCount = 1,
        .pWaitSemaphores = &swapchain->drawn[image],
        .swapchainCount = 1,
        .pSwapchains = &swapchain->handle,
        .pImageIndices = &image,
    };
    return swapchain->vkQueuePresentKHR(queue, &present);
}

int32_t shim_queue_idle(shim_swapchain *swapchain, void *queue) { return swapchain->vkQueueWaitIdle(queue); }
