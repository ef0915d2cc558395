#!/usr/bin/env bash
# Runs a command with every driver that drivers.sh found, in one process, and with the newer
# validation layer: with-drivers.sh COMMAND [ARGUMENT...].
# Without drivers.list the command sees the system's own drivers.
set -euo pipefail

cache=${SPIKEGRAD_DRIVERS:-${XDG_CACHE_HOME:-$HOME/.cache}/spikegrad/drivers}
if [ -s "$cache/drivers.list" ]; then
    VK_DRIVER_FILES=$(paste -sd: "$cache/drivers.list")
    export VK_DRIVER_FILES VK_ICD_FILENAMES=$VK_DRIVER_FILES # the second name is for loaders before 1.3.207
fi
if [ -e "$cache/validation/VkLayer_khronos_validation.json" ]; then
    export VK_LAYER_PATH="$cache/validation"
fi
# The layer excludes shader accesses from synchronisation validation unless told otherwise.
export VK_LAYER_SYNCVAL_SHADER_ACCESSES_HEURISTIC=1
exec "$@"
