#!/usr/bin/env bash
# Installs what the tests need beyond Go, git, make and a C compiler: the Vulkan
# loader, a software driver, the validation layers, the shader compiler, the
# SPIR-V tools, shells to complete in, and a browser, which opens reports, with the
# typeface that pictures are measured with. Does nothing when all of it is there.
set -euo pipefail

missing=()
need() { # need PACKAGE COMMAND...: the package is missing unless the command succeeds
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}
library() { { ldconfig -p || /sbin/ldconfig -p; } 2>/dev/null | grep -qF "$1"; }
manifest() { # manifest FOLDER PATTERN: the loader finds such a file
    local folder
    for folder in /usr/share/vulkan /usr/local/share/vulkan /etc/vulkan; do
        compgen -G "$folder/$1/$2" && return
    done
    return 1
}

need libvulkan1 library libvulkan.so.1
need mesa-vulkan-drivers manifest icd.d 'lvp_icd*.json'
need vulkan-validationlayers manifest explicit_layer.d VkLayer_khronos_validation.json
need vulkan-tools command -v vulkaninfo
need glslc command -v glslc
need spirv-tools command -v spirv-val
need zsh command -v zsh
need fish command -v fish
need chromium command -v chromium
need fonts-liberation compgen -G '/usr/share/fonts/*/liberation*/LiberationSans-Regular.ttf'

if [ ${#missing[@]} -eq 0 ]; then
    echo "deps: all there (Vulkan loader, software driver, validation layers, glslc, SPIR-V tools, shells, Chromium)"
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "deps: this system has no apt-get, so nothing was installed; install what these Debian packages hold, then run make deps again: ${missing[*]}" >&2
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
        echo "deps: this system's package sources have no $package: $hint, then run make deps again" >&2
        exit 1
    fi
done
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
echo "deps: installed ${missing[*]}"
