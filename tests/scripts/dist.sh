#!/usr/bin/env bash
# Builds archives of the program in dist, with their checksums: the same bytes from the same
# commit by the same Go. linux is built with cgo, and so with Vulkan, where a C compiler for it
# is at hand; the names of the others end in -cpu.
set -euo pipefail
cd "$(dirname "$0")/../.."

date=$(git log -1 --format=%ct)
version=$(git describe --tags --always --dirty)
rm -rf dist
mkdir dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

compiler() { # compiler SYSTEM/PROCESSOR: a C compiler for it; fails where there is none
    local name
    case $1 in
    "$(go env GOHOSTOS)/$(go env GOHOSTARCH)") name=cc ;;
    linux/amd64) name=x86_64-linux-gnu-gcc ;;
    linux/arm64) name=aarch64-linux-gnu-gcc ;;
    *) return 1 ;;
    esac
    command -v "$name"
}

for target in linux/amd64 linux/arm64 darwin/arm64 windows/amd64; do
    system=${target%/*} processor=${target#*/} cgo=0 cc= suffix=-cpu program=spikegrad
    if cc=$(compiler "$target"); then cgo=1 suffix=; fi
    [ "$system" != windows ] || program=spikegrad.exe
    experiment=simd
    [ "$processor" = amd64 ] || experiment=
    name=spikegrad-$version-$system-$processor$suffix
    mkdir "$work/$name"
    GOOS=$system GOARCH=$processor CGO_ENABLED=$cgo CC=$cc GOEXPERIMENT=$experiment \
        go build -trimpath -ldflags '-s -w -buildid=' -o "$work/$name/$program" .
    cp README.md LICENSE CHANGELOG.md SECURITY.md "$work/$name"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw --mtime="@$date" -C "$work" -cf - "$name" | gzip -n9 >"dist/$name.tar.gz"
    echo "dist/$name.tar.gz"
done
cd dist
sha256sum -- *.tar.gz >SHA256SUMS
