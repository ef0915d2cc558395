#!/usr/bin/env bash
# Writes random HDF5 files with the Python package h5py, in a virtual environment in the
# user's cache folder, and compares every value with what host/hdf5 reads: see
# check_hdf5.py. The argument is the number of files.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/spikegrad/python-hdf5
if ! [ -e "$cache/complete" ]; then
    python3 -m venv "$cache"
    "$cache/bin/pip" install --quiet 'h5py==3.16.0' numpy
    touch "$cache/complete"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$cache/bin/python" tests/scripts/check_hdf5.py "$work" "${1:-600}"
go test ./host/hdf5 -count 1 -v -run 'TestFilesOfH5py$' -args -files "$work"
