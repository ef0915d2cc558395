#!/usr/bin/env bash
# Builds archives and Debian packages in dist, with checksums. The same commit and the same Go version
# give the same bytes. Linux is built with cgo, and thus with Vulkan, if there is a C compiler for the
# target; the names of other archives end in -cpu. Arguments, such as linux/amd64, select targets.
set -euo pipefail
cd "$(dirname "$0")/../.."

[ $# -gt 0 ] || set -- linux/amd64 linux/arm64 darwin/arm64 windows/amd64

rm -rf dist
mkdir dist
dist=$PWD/dist
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A clone holds exactly the commit, without stray files.
if [ -n "$(git status --porcelain)" ]; then
    echo "dist: uncommitted changes are left out" >&2
fi
git -c init.defaultBranch=main clone --quiet --shared --no-checkout . "$work/source"
commit=$(git rev-parse HEAD)
cd "$work/source"
git checkout --quiet --detach "$commit"
date=$(git log -1 --format=%ct)
version=$(git describe --tags --always)

# The user's flags, including those set with go env -w, would change the bytes.
export GOFLAGS=-trimpath GOWORK=off GOAMD64=v1 GOARM64=v8.0 CGO_CFLAGS='-O2 -g' CGO_LDFLAGS='-O2 -g'
umask 022

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

experiment() { # experiment PROCESSOR: the CPU engine's vector paths, as the Makefile has them
    [ "$1" != amd64 ] || echo simd
}

build() { # build FILE: the program, for the target in the environment
    local mode=default
    # Loaded at a random address, as Debian requires.
    [ "$(go env GOOS CGO_ENABLED | paste -sd,)" != linux,1 ] || mode=pie
    go build -buildmode=$mode -buildvcs=true -ldflags '-s -w -buildid=' -o "$1" .
}

# FreeType may be used under its own licence or the GPL; its own is used.
licences() { # the licences of Go and of all modules in the program
    local module folder name depth files file encoding
    {
        echo "Go $(go env GOROOT)"
        go list -deps -f '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}' . | LC_ALL=C sort -u
    } | while read -r module folder; do
        name=$module depth=1
        if [ "$module" != Go ]; then name="$module ${folder%% *}" folder=${folder#* } depth=2; fi
        files=$(find "$folder" -maxdepth $depth -type f ! -name '*.go' ! -path '*/testdata/*' ! -name gpl.txt \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'patents*' \
            -o -path "$folder/licenses/*" -o -path "$folder/THIRD_PARTY_LICENSES/*" \) | LC_ALL=C sort)
        if [ -z "$files" ]; then
            echo "dist: $name has no licence file, so it may not be redistributed" >&2
            return 1
        fi
        while read -r file; do
            printf '=== %s: %s\n\n' "$name" "${file#"$folder"/}"
            encoding=UTF-8
            iconv -f UTF-8 -t UTF-8 "$file" >/dev/null 2>&1 || encoding=ISO-8859-1 # in old files
            iconv -f "$encoding" -t UTF-8 "$file"
            printf '\n\n'
        done <<<"$files"
    done
}

# Shell completions and the man page, printed by the program itself.
GOEXPERIMENT=$(experiment "$(go env GOHOSTARCH)")
export GOEXPERIMENT
build "$work/native"
share=$work/share
mkdir -p "$share"/man/man1 "$share"/bash-completion/completions "$share"/zsh/site-functions "$share"/fish/vendor_completions.d
"$work/native" reference manual >"$share/man/man1/spikegrad.1"
"$work/native" completion bash >"$share/bash-completion/completions/spikegrad"
"$work/native" completion zsh >"$share/zsh/site-functions/_spikegrad"
"$work/native" completion fish >"$share/fish/vendor_completions.d/spikegrad.fish"

for target in "$@"; do
    system=${target%/*} processor=${target#*/} cgo=0 cc='' suffix=-cpu program=spikegrad
    if cc=$(compiler "$target"); then cgo=1 suffix=; fi
    [ "$system" != windows ] || program=spikegrad.exe
    GOEXPERIMENT=$(experiment "$processor")
    name=spikegrad-$version-$system-$processor$suffix
    folder=$work/$name
    mkdir "$folder"
    export GOOS=$system GOARCH=$processor CGO_ENABLED=$cgo CC=$cc
    build "$folder/$program"
    cp README.md LICENSE CHANGELOG.md SECURITY.md "$folder"
    licences >"$folder/THIRD_PARTY_LICENSES.txt"
    [ "$system" = windows ] || cp -R "$share" "$folder"
    tar --sort=name --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw --mtime="@$date" -C "$work" -cf - "$name" | gzip -n9 >"$dist/$name.tar.gz"
    echo "dist/$name.tar.gz"
    if [ "$system" = linux ] && [ "$cgo" = 1 ] && command -v dpkg-deb >/dev/null; then
        tests/scripts/deb.sh "$folder" "$processor" "$dist"
    elif [ "$system" = linux ]; then
        echo "dist: no Debian package for $processor: it needs dpkg-deb and a C compiler for $target" >&2
    fi
done
cd "$dist"
sha256sum -- *.* >SHA256SUMS
