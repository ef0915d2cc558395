#!/usr/bin/env bash
# Sets up the libraries that spikegrad is compared with, in a virtual environment of its own
# in $SPIKEGRAD_PEERS, or else in the user's cache folder. Each is installed on its own: one
# that cannot be installed is listed, with its error, in not-installed.txt beside the
# environment, and the others are measured.
#
# PyTorch from the package index for Linux includes the GPU libraries: some 3 GB to
# download, 6 GB on disk. They are not used. With a CPU wheel in a folder named by
# PIP_FIND_LINKS, or an index named by PIP_EXTRA_INDEX_URL, less is downloaded.
set -euo pipefail

folder=${SPIKEGRAD_PEERS:-${XDG_CACHE_HOME:-$HOME/.cache}/spikegrad/peers}
mkdir -p "$folder"
[ -x "$folder/venv/bin/python" ] || python3 -m venv "$folder/venv"
python=$folder/venv/bin/python
: >"$folder/not-installed.txt"

# install NAME MODULE PACKAGE...: does nothing if the module is there.
install() {
    local name=$1 module=$2 log
    shift 2
    "$python" -W ignore -c "import $module" >/dev/null 2>&1 && return
    echo "peers: installing $name"
    log=$(mktemp)
    if ! "$python" -m pip install --quiet "$@" >"$log" 2>&1 || ! "$python" -W ignore -c "import $module" >>"$log" 2>&1; then
        echo "$name: $(grep -v '^$' "$log" | tail -n 1)" | tee -a "$folder/not-installed.txt"
    fi
    rm -f "$log"
}

install matplotlib matplotlib matplotlib
install PyTorch torch torch
install snnTorch snntorch snntorch
install Norse norse.torch norse
install SpikingJelly spikingjelly.activation_based spikingjelly
install JAX jax jax
install spyx spyx.nn spyx optax
echo "$python"
