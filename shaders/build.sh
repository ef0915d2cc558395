#!/bin/sh
# Compiles every kernel here into OUTPUT/NAME.spv (spv without an argument), those with
# addresses.glsl also into OUTPUT/addresses/NAME.spv, which reach buffers by address, and
# those with products.glsl too into OUTPUT/quads/NAME.spv, where lanes read for each other
# besides, and writes the compiler's version beside them: build.sh [OUTPUT]
# -g keeps the names that the layout checks read; paths stay relative, so that
# the bytes do not depend on where the checkout lies.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$here/spv}/addresses" "${1:-$here/spv}/quads"
output=$(cd "${1:-$here/spv}" && pwd)
cd "$here"

command -v glslc >/dev/null || {
    echo "shaders: glslc is missing; run make deps" >&2
    exit 1
}
uses() { grep -qs "\"$2.glsl\"" "$1"; }
compile() { # SOURCE FOLDER [DEFINITION...]
    source=$1 folder=$2
    shift 2
    glslc -O -g --target-env=vulkan1.1 -I . "$@" "$source" -o "$folder/${source%.comp}.spv"
}
rm -f "$output"/*.spv "$output"/*/*.spv
for source in *.comp; do
    compile "$source" "$output"
    if uses "$source" addresses; then
        compile "$source" "$output/addresses" -DADDRESSES
    fi
    if uses "$source" products; then
        compile "$source" "$output/quads" -DADDRESSES -DQUAD_LOADS
    fi
done
glslc --version >"$output/VERSION"
