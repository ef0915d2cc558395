#!/bin/sh
# Compiles every kernel here into OUTPUT/NAME.spv (spv without an argument), those
# with products.glsl also into OUTPUT/quads/NAME.spv, where lanes read for each other,
# and writes the compiler's version beside them: build.sh [OUTPUT]
# -g keeps the names that the layout checks read; paths stay relative, so that
# the bytes do not depend on where the checkout lies.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$here/spv}/quads"
output=$(cd "${1:-$here/spv}" && pwd)
cd "$here"

command -v glslc >/dev/null || {
    echo "shaders: glslc is missing; run make deps" >&2
    exit 1
}
uses_products() { grep -qsE '"(products|addresses).glsl"' "$1"; }
compile() { # SOURCE FOLDER [DEFINITION]
    glslc -O -g --target-env=vulkan1.1 -I . ${3:-} "$1" -o "$2/${1%.comp}.spv"
}
for source in *.comp; do
    [ -e "$source" ] || continue
    compile "$source" "$output"
    if uses_products "$source"; then
        compile "$source" "$output/quads" "-DQUAD_LOADS -DADDRESSES"
    fi
done
for module in "$output"/*.spv; do
    name=$(basename "$module" .spv)
    [ -e "$name.comp" ] || rm -f "$module"
done
for module in "$output"/quads/*.spv; do
    uses_products "$(basename "$module" .spv).comp" || rm -f "$module"
done
glslc --version >"$output/VERSION"
