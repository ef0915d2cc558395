#!/usr/bin/env bash
# On linux/arm64, under QEMU: the NEON loops must give the same bits as the plain ones, the networks
# of check --quick must have the digests recorded on amd64, and an epoch of digits and a small network
# with a convolution must end with the same weights as on this machine.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arm64=(env GOOS=linux GOARCH=arm64 CGO_ENABLED=0 'GOEXPERIMENT=')
"${arm64[@]}" go test -exec qemu-aarch64-static -count 1 -timeout 60m -run 'Vector|NEON' ./cpuref
echo "NEON gives the bits of the plain loops"
"${arm64[@]}" go test -exec qemu-aarch64-static -short -count 1 -timeout 60m -run 'TestDigests$' ./host/check
echo "arm64 has the digests of the networks of check --quick"
"${arm64[@]}" go build -o "$work/spikegrad-arm64" .
cat >"$work/conv.toml" <<'TOML'
[data]
name = "randman"
steps = 30
[data.randman]
channels = 12
classes = 3
samples_per_class = 40
[[network.layer]]
kind = "conv1d"
filters = 4
kernel = 3
recurrent = false
[[network.layer]]
neurons = 16
[training]
epochs = 2
TOML
weights() { sed -n 's/.*"weights_sha256": "\(.*\)".*/\1/p' "$1/summary.json"; }
for network in '--data digits --epochs 1' "$work/conv.toml"; do
    rm -rf "$work/here" "$work/there"
    # shellcheck disable=SC2086 # words of arguments
    ./spikegrad --quiet train $network --device cpu --out "$work/here" >/dev/null
    # shellcheck disable=SC2086
    qemu-aarch64-static "$work/spikegrad-arm64" --quiet train $network --device cpu --out "$work/there" >/dev/null
    here=$(weights "$work/here") there=$(weights "$work/there")
    if [ -z "$here" ] || [ "$here" != "$there" ]; then
        echo "check-arm64: $network ends in weights $here here and $there on arm64; they must be equal" >&2
        exit 1
    fi
    echo "arm64 ends in the same weights: $here ($network)"
done
