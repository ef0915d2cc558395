#!/usr/bin/env bash
# Makes a package for Debian and Ubuntu of an unpacked archive built by dist.sh; run it in the clone
# of the sources: deb.sh FOLDER PROCESSOR OUT. DEBEMAIL and DEBFULLNAME, in the form that Debian's own
# tools read, name the maintainer.
set -euo pipefail

folder=$1 processor=$2 out=$3
date=$(git log -1 --format=%ct)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
export SOURCE_DATE_EPOCH=$date DPKG_DEB_THREADS_MAX=1

# v1.2.3 becomes 1.2.3, and later commits 1.2.3+git20261130.4.abcdef0. Before the first tag it is
# 0~git20261130.abcdef0, which sorts before all of them. Revision 0 sorts before any package made by
# Debian.
day=$(date -u -d "@$date" +%Y%m%d)
if version=$(git describe --tags --match 'v[0-9]*' 2>/dev/null); then
    version=$(sed -E "s/^v//; s/-([0-9]+)-g([0-9a-f]+)\$/+git$day.\1.\2/; s/-/~/g" <<<"$version")
else
    version="0~git$day.$(git rev-parse --short HEAD)"
fi
version=$version-0upstream1

# An address that nobody reads must not look like a real one: .invalid is reserved for that.
maintainer='The spikegrad authors <no-address-set@spikegrad.invalid>'
if [ -n "${DEBEMAIL:-}" ]; then
    maintainer=$DEBEMAIL
    [[ $DEBEMAIL == *'<'* ]] || maintainer="${DEBFULLNAME:-${DEBEMAIL%@*}} <$DEBEMAIL>"
    form='^[^[:cntrl:]<>,@]+ <[^[:space:]<>,@]+@[A-Za-z0-9.-]+>$' # a comma would separate two of them
    if ! [[ $maintainer =~ $form ]]; then
        echo "deb: the maintainer would be \"$maintainer\"; set DEBEMAIL=you@example.org and DEBFULLNAME=\"Your Name\"" >&2
        exit 1
    fi
else
    echo 'deb: the package names no maintainer who can be reached; set DEBEMAIL and DEBFULLNAME before you hand it out' >&2
fi

# The newest version of the C library required by a symbol.
libc=$(readelf --version-info --wide "$folder/spikegrad" | grep -o 'GLIBC_[0-9.]*' | sed 's/GLIBC_//' | sort -Vu | tail -n 1)
if [ -z "$libc" ]; then
    echo "deb: readelf finds no version of the C library in $folder/spikegrad" >&2
    exit 1
fi

put() { # put FILE TARGET: readable by all
    install -D -m 644 "$1" "$root/$2"
}
packed() { # packed FILE TARGET
    mkdir -p "$(dirname "$root/$2")"
    gzip -n9 <"$1" >"$root/$2"
    chmod 644 "$root/$2"
}

install -D -m 755 "$folder/spikegrad" "$root/usr/bin/spikegrad"
put "$folder/share/bash-completion/completions/spikegrad" usr/share/bash-completion/completions/spikegrad
put "$folder/share/zsh/site-functions/_spikegrad" usr/share/zsh/vendor-completions/_spikegrad
put "$folder/share/fish/vendor_completions.d/spikegrad.fish" usr/share/fish/vendor_completions.d/spikegrad.fish
packed "$folder/share/man/man1/spikegrad.1" usr/share/man/man1/spikegrad.1.gz
documents=usr/share/doc/spikegrad
put "$folder/README.md" $documents/README.md
packed "$folder/CHANGELOG.md" $documents/changelog.gz

cat >"$work/changelog" <<CHANGES
spikegrad ($version) unstable; urgency=medium

  * See /$documents/changelog.gz.

 -- $maintainer  $(LC_ALL=C date -u -d "@$date" -R)
CHANGES
packed "$work/changelog" $documents/changelog.Debian.gz
{
    cat "$folder/LICENSE"
    printf '\nThe built-in digits:\n\n'
    cat host/data/handwritten_digits.NOTICE.txt
    printf '\nThird-party packages that the program is built from. Where they name the GPL, its text is in\n/usr/share/common-licenses/GPL-2.\n\n'
    cat "$folder/THIRD_PARTY_LICENSES.txt"
} >"$work/copyright"
put "$work/copyright" $documents/copyright

mkdir "$root/DEBIAN"
(cd "$root" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$root/DEBIAN/md5sums"
cat >"$root/DEBIAN/control" <<CONTROL
Package: spikegrad
Version: $version
Architecture: $processor
Maintainer: $maintainer
Installed-Size: $(find "$root/usr" -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
Depends: libc6 (>= $libc)
Recommends: ca-certificates, libvulkan1, mesa-vulkan-drivers | vulkan-icd
Suggests: openmpi-bin | mpich
Section: science
Priority: optional
Description: stochastic spiking neural networks on Vulkan GPUs and the CPU
 Simulates and trains networks of stochastic spiking neurons with surrogate
 gradients, and measures how accurate those gradients are. Spikes, losses,
 gradients and weights are the same, bit for bit, on the CPU, on any Vulkan
 GPU, on several GPUs and on several machines.
 .
 The Vulkan loader is opened at run time. Without it, or without a GPU,
 networks run on the CPU.
CONTROL
chmod 644 "$root"/DEBIAN/*
find "$root" -exec touch --date="@$date" {} + # dpkg-deb clamps newer times only
file=spikegrad_${version}_$processor.deb
dpkg-deb --root-owner-group -Zxz --build "$root" "$out/$file" >/dev/null
echo "dist/$file"
