#!/usr/bin/env bash
# Trains a small deterministic network, exports it and lets the Python packages nir,
# safetensors and spyx read it: see check_nir.py. They are installed into a virtual
# environment in the user's cache folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/spikegrad/python
if ! [ -e "$cache/complete" ]; then
    python3 -m venv "$cache"
    "$cache/bin/pip" install --quiet 'nir==1.0.8' 'spyx==1.0.0' safetensors numpy h5py
    touch "$cache/complete"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Tables of a layer without noise.
deterministic='[network.layer.noise]
kind = "threshold"
[network.layer.surrogate]
kind = "superspike"'
cat >"$work/network.toml" <<TOML
[training]
epochs = 3
[[network.layer]]
neurons = 40
recurrent = false
reset = "membrane_only"
$deterministic
[[network.layer]]
neurons = 30
recurrent = false
reset = "membrane_only"
$deterministic
TOML
./spikegrad --quiet train "$work/network.toml" --device cpu --out "$work/run" >/dev/null
./spikegrad --quiet export "$work/run" --nir "$work/network.nir" --csv "$work/tables" --samples 50 >/dev/null
./spikegrad --quiet import "$work/network.nir" --out "$work/again" >/dev/null
cmp "$work/run/model.safetensors" "$work/again/model.safetensors"
cmp "$work/run/config.toml" "$work/again/config.toml"
cat >"$work/planes.toml" <<TOML
[data]
name = "moving-digits"
steps = 20
step_length = 0.006
[data.camera]
downsample = 2
[training]
epochs = 1
[[network.layer]]
kind = "conv2d"
filters = 6
kernel = 3
stride = 1
stride_height = 2
padding = 1
pool = 2
pool_kind = "sum"
recurrent = false
reset = "membrane_only"
$deterministic
[[network.layer]]
kind = "conv2d"
filters = 5
kernel = 2
recurrent = false
reset = "membrane_only"
pool = 3
pool_height = 1
pool_kind = "sum"
$deterministic
[[network.layer]]
neurons = 30
recurrent = false
reset = "membrane_only"
$deterministic
TOML
./spikegrad --quiet train "$work/planes.toml" --device cpu --out "$work/planes" >/dev/null
./spikegrad --quiet export "$work/planes" --nir "$work/planes.nir" --csv "$work/planes_tables" --samples 20 >/dev/null
"$cache/bin/python" tests/scripts/check_nir.py "$work"
"$cache/bin/python" tests/scripts/check_nir.py --fixture "$work/foreign.nir"
# A dataset of three channels and two classes, to match the network.
for sample in {1..40}; do
    echo "$((sample % 7)),$((sample % 5)),$((sample % 3)),$((sample % 2))"
done >"$work/foreign.csv"
./spikegrad --quiet import "$work/foreign.nir" --data "digits:$work/foreign.csv" --step-length 0.001 --out "$work/foreign" >/dev/null
echo "a file of the Python package was imported"
# Every form that other programs write and this one supports.
"$cache/bin/python" tests/scripts/nir_forms.py write "$work/forms"
while read -r form step; do
    ./spikegrad --quiet import "$work/forms/$form.nir" --data digits --steps 80 --step-length "$step" --out "$work/forms/$form/run" >/dev/null
    ./spikegrad --quiet export "$work/forms/$form/run" --csv "$work/forms/$form/tables" --samples 20 --device cpu >/dev/null
done <"$work/forms/forms.txt"
"$cache/bin/python" tests/scripts/nir_forms.py compare "$work/forms"
