#!/bin/sh
# Compiles every kernel here into OUTPUT/NAME.spv (spv without an argument) and writes the
# compiler's version beside them: build.sh [OUTPUT]
# -g keeps the names that the layout checks read; paths stay relative, so that
# the bytes do not depend on where the checkout lies.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$here/spv}"
output=$(cd "${1:-$here/spv}" && pwd)
cd "$here"

command -v glslc >/dev/null || {
    echo "shaders: glslc is missing; run make deps" >&2
    exit 1
}
rm -f "$output"/*.spv
for source in *.comp; do
    glslc -O -g --target-env=vulkan1.1 -I . "$source" -o "$output/${source%.comp}.spv"
done
glslc --version >"$output/VERSION"
