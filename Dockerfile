# The program in a container, with what it needs to use a GPU through Vulkan;
# docs/how-to/containers.md explains how to run it.
ARG DEBIAN=trixie

FROM golang:1.26-${DEBIAN} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN tests/scripts/dist.sh "linux/$(go env GOARCH)"

FROM debian:${DEBIAN}-slim
# The Vulkan loader, Mesa's drivers for AMD and Intel and its software driver. The driver of NVIDIA
# comes from the host when the container starts, and opens libegl1 and libxext6.
# hadolint ignore=DL3008
RUN --mount=type=bind,from=build,source=/src/dist,target=/dist \
    apt-get update \
    && apt-get install -y --no-install-recommends \
        /dist/*.deb ca-certificates libegl1 libvulkan1 libxext6 mesa-vulkan-drivers \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir -m 1777 /cache
# Without graphics the host's NVIDIA driver comes without Vulkan. Datasets and compiled kernels are
# kept in /cache, which any user may write to.
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,graphics,utility \
    XDG_CACHE_HOME=/cache
WORKDIR /work
ENTRYPOINT ["spikegrad"]
CMD ["--help"]
