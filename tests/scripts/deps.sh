#!/usr/bin/env bash
# Installs what is needed besides Go, git, make and a C compiler, and nothing if all
# of it is there: deps.sh [GROUP...]. The default group is tests.
#
#   tests         the Vulkan loader, a software driver, the validation layers, the
#                 shader compiler and the SPIR-V tools; shells for completion, a
#                 manual reader, and a browser for reports, with the typeface of
#                 the pictures
#   mpi           Open MPI and MPICH, whose mpirun starts training over several processes
#   viewer        the X11 and OpenGL headers for building the live window
#   emulator      runs programs for arm64
#   viewer-tests  an X server without a screen, and a tool that presses keys in it
set -euo pipefail
[ $# -gt 0 ] || set -- tests

missing=()
need() { # need PACKAGE COMMAND...: the package is missing unless the command succeeds
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
# Not grep -q: that stops reading, and ldconfig, cut off, would count as failed.
library() { { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -F "$1" >/dev/null; }
manifest() { # manifest FOLDER PATTERN: the loader finds such a file
    local folder
    for folder in /usr/share/vulkan /usr/local/share/vulkan /etc/vulkan; do
        compgen -G "$folder/$1/$2" && return
    done
    return 1
}

header() { [ -e "/usr/include/$1" ]; }

for group in "$@"; do
    case $group in
    tests)
        need libvulkan1 library libvulkan.so.1
        need mesa-vulkan-drivers manifest icd.d 'lvp_icd*.json'
        need vulkan-validationlayers manifest explicit_layer.d VkLayer_khronos_validation.json
        need vulkan-tools command -v vulkaninfo
        need glslc command -v glslc
        need spirv-tools command -v spirv-val
        need zsh command -v zsh
        need fish command -v fish
        need mandoc command -v mandoc
        need chromium command -v chromium
        need fonts-liberation compgen -G '/usr/share/fonts/*/liberation*/LiberationSans-Regular.ttf'
        ;;
    mpi)
        need openmpi-bin command -v mpirun.openmpi
        need mpich command -v mpirun.mpich
        ;;
    viewer)
        need libx11-dev header X11/Xlib.h
        need libxcursor-dev header X11/Xcursor/Xcursor.h
        need libxrandr-dev header X11/extensions/Xrandr.h
        need libxinerama-dev header X11/extensions/Xinerama.h
        need libxi-dev header X11/extensions/XInput2.h
        need libxxf86vm-dev header X11/extensions/xf86vmode.h
        need libgl-dev header GL/gl.h
        ;;
    emulator)
        need qemu-user-static command -v qemu-aarch64-static
        ;;
    viewer-tests)
        need xvfb command -v xvfb-run
        need xauth command -v xauth
        need xdotool command -v xdotool
        need x11-apps command -v xwd
        ;;
    *)
        echo "deps: there is no group $group: there are tests, mpi, viewer, emulator and viewer-tests" >&2
        exit 2
        ;;
    esac
done

if [ ${#missing[@]} -eq 0 ]; then
    echo "deps: all there ($*)"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "deps: this system has no apt-get, so nothing was installed; install what these Debian packages hold, then run the same again: ${missing[*]}" >&2
    exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "deps: installing needs root and there is no sudo; run as root: apt-get install ${missing[*]}" >&2
        exit 1
    fi
    as_root=(sudo)
fi

echo "deps: installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
for package in "${missing[@]}"; do
    if ! apt-cache show --no-all-versions "$package" >/dev/null 2>&1; then
        hint="enable the repository that has it (on Ubuntu: universe)"
        [ "$package" = glslc ] && hint="Debian has it from 12, Ubuntu from 23.04; on older systems put the glslc of the Vulkan SDK on PATH"
        echo "deps: this system's package sources have no $package: $hint, then run the same again" >&2
        exit 1
    fi
done
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
echo "deps: installed ${missing[*]}"
