#!/usr/bin/env bash
# Trains a small network with event files, once without a break and once interrupted and
# resumed, and lets the Python package tensorboard read them: see check_tensorboard.py. It is
# installed into a virtual environment in the user's cache folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/spikegrad/python-tensorboard
if ! [ -e "$cache/complete" ]; then
    python3 -m venv "$cache"
    "$cache/bin/pip" install --quiet 'tensorboard==2.21.0'
    touch "$cache/complete"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
train() { ./spikegrad --quiet train --device cpu --epochs 3 "$@" >/dev/null; }
train --out "$work/whole" --tensorboard "$work/events/whole"
train --out "$work/parts" --tensorboard "$work/events/parts" --epochs 2
./spikegrad --quiet train --device cpu --resume "$work/parts" --epochs 3 --tensorboard "$work/events/parts" >/dev/null
cmp "$work/whole/model.safetensors" "$work/parts/model.safetensors"
"$cache/bin/python" tests/scripts/check_tensorboard.py "$work"
