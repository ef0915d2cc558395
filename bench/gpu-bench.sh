#!/usr/bin/env bash
# Checks and measures the GPU that spikegrad picks, and appends the results to a page:
# gpu-bench.sh SPIKEGRAD RESULTS.md
set -euo pipefail

spikegrad=$1
page=$2
device=$("$(dirname "$0")/gpu-device.sh" "$spikegrad")
checked=$("$spikegrad" --quiet check --device "$device") # fails if a bit differs; then nothing is measured
measured=$("$spikegrad" bench --device "$device" --kernels)
[ -e "$page" ] || printf '# Results\n' >"$page"
{
    printf '\n## Measured on a GPU, %s\n\n' "$(date +%F)"
    printf 'All networks of `spikegrad check`, bit for bit against the CPU engine, then `spikegrad bench`.\n\n'
    printf '```\n%s\n\n%s\n```\n' "$checked" "$measured"
} >>"$page"
echo "$checked"
echo "$measured"
