#!/usr/bin/env bash
# Builds archives of the program in dist, with their checksums: the same bytes from the same
# commit by the same Go. linux is built with cgo, and so with Vulkan, where a C compiler for it
# is at hand; the names of the others end in -cpu.
set -euo pipefail
cd "$(dirname "$0")/../.."

rm -rf dist
mkdir dist
dist=$PWD/dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A clone holds the commit and nothing else, whatever lies about here.
if [ -n "$(git status --porcelain)" ]; then
    echo "dist: there are changes that are not committed; they are left out" >&2
fi
git clone --quiet --shared --no-checkout . "$work/source"
commit=$(git rev-parse HEAD)
cd "$work/source"
git checkout --quiet --detach "$commit"
date=$(git log -1 --format=%ct)
version=$(git describe --tags --always)

# What a user asks of go and the C compiler otherwise, with go env -w too, would change bytes.
export GOFLAGS=-trimpath GOWORK=off GOAMD64=v1 GOARM64=v8.0 CGO_CFLAGS='-O2 -g' CGO_LDFLAGS='-O2 -g'

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
    system=${target%/*} processor=${target#*/} cgo=0 cc='' suffix=-cpu program=spikegrad
    if cc=$(compiler "$target"); then cgo=1 suffix=; fi
    [ "$system" != windows ] || program=spikegrad.exe
    experiment=''
    [ "$processor" != amd64 ] || experiment=simd
    name=spikegrad-$version-$system-$processor$suffix
    mkdir "$work/$name"
    GOOS=$system GOARCH=$processor CGO_ENABLED=$cgo CC=$cc GOEXPERIMENT=$experiment \
        go build -buildvcs=true -ldflags '-s -w -buildid=' -o "$work/$name/$program" .
    cp README.md LICENSE CHANGELOG.md SECURITY.md "$work/$name"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw --mtime="@$date" -C "$work" -cf - "$name" | gzip -n9 >"$dist/$name.tar.gz"
    echo "dist/$name.tar.gz"
done
cd "$dist"
sha256sum -- *.tar.gz >SHA256SUMS
