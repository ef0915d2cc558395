#!/usr/bin/env bash
# Prints the GPU that spikegrad picks, such as vulkan:0, or fails if it finds none: gpu-device.sh SPIKEGRAD
set -euo pipefail

# The last line of the list: "auto picks vulkan:0: the first discrete GPU".
listed=$("$1" devices | tail -n 1)
device=$(sed -n 's/^auto picks \(vulkan:[0-9]*\): .*/\1/p' <<<"$listed")
if [ -z "$device" ]; then
    echo "no GPU found; 'spikegrad devices' says: $listed" >&2
    exit 1
fi
echo "$device"
