#!/usr/bin/env bash
# Measures one GPU within some minutes, the most important parts first: gpu-full.sh SPIKEGRAD RESULTS.md
# A few networks bit for bit, all shapes with every kernel, batches of E and D, workgroup sizes,
# all shapes again, other libraries on the same GPU, then all networks bit for bit. Each part is
# written to a new section of the page when it ends, so that an interruption loses nothing; a part
# that fails or runs out of time is noted there, and the next one starts.
#
#   GPU_DEVICE   device to measure; default: the one that spikegrad picks
#   GPU_SECONDS  total time: 540
#   GPU_SHAPES   shapes of the peers, separated by commas: E,F,G,C,D
#   GPU_BENCH    options of bench, such as "--shape E --repeat 3"; none: all shapes
#   GPU_BATCHES  batches of E and D: "64 128 256 512 1024 2048 4096 8192"
#   PEERS_WHEELS folder with the Python packages of the peers; unset: they are downloaded
#   PEERS_ACCELERATOR  cuda, or cpu to try the script without a GPU
set -euo pipefail

spikegrad=$(realpath "$1")
page=$2
folder=$(dirname "$(realpath "$0")")
peers=$folder/peers
deadline=$((SECONDS + ${GPU_SECONDS:-540}))
device=${GPU_DEVICE:-$("$folder/gpu-device.sh" "$spikegrad")}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

say() { printf '%s\n' "$@" >>"$page"; }

# part TITLE SECONDS COMMAND...: runs a command within a time limit and records its output. It returns
# 124 if the limit ended it, otherwise the status of the command.
part() {
    local title=$1 limit=$2 status=0 began=$SECONDS
    shift 2
    if [ "$limit" -gt $((deadline - SECONDS)) ]; then limit=$((deadline - SECONDS)); fi
    say "" "### $title" ""
    if [ "$limit" -lt 5 ]; then
        say "Not begun: no time was left."
        echo "gpu-full: $title: no time was left" >&2
        return 0
    fi
    echo "gpu-full: $title, at most $limit s" >&2
    timeout --kill-after 5 "$limit" "$@" >"$scratch/out" 2>"$scratch/log" || status=$?
    if [ -s "$scratch/out" ]; then say '```' "$(cat "$scratch/out")" '```'; fi
    if [ "$status" -eq 137 ]; then status=124; fi # it had to be killed
    if [ "$status" -eq 124 ]; then
        say "" "Stopped after $limit s."
    elif [ "$status" -ne 0 ]; then
        say "" "Failed (exit $status): $(grep -v '^$' "$scratch/log" | tail -n 1)"
    fi
    echo "gpu-full: $title took $((SECONDS - began)) s, exit $status" >&2
    return "$status"
}

batches() {
    local shape batch
    for shape in E D; do
        for batch in ${GPU_BATCHES:-64 128 256 512 1024 2048 4096 8192}; do
            "$spikegrad" --quiet bench --shape "$shape" --batch "$batch" --repeat 5 --device "$device"
        done
    done
}

others() {
    local python
    if [ -n "${PEERS_WHEELS:-}" ]; then export PIP_NO_INDEX=1 PIP_FIND_LINKS="$PEERS_WHEELS"; fi
    python=$("$peers/setup.sh" | tee /dev/stderr | tail -n 1)
    # What it writes after each shape survives an interruption.
    "$python" "$peers/compare.py" "$spikegrad" --devices "$device" --accelerator "${PEERS_ACCELERATOR:-cuda}" \
        --shapes "${GPU_SHAPES:-E,F,G,C,D}" --rounds 2 --steps 5 --seconds 5 --patience 10 --output "$scratch/peers" >&2
}
export -f batches others
export spikegrad device peers scratch

[ -e "$page" ] || printf '# Results\n' >"$page"
say "" "## A GPU in nine minutes, $(date +%F)" "" "$("$spikegrad" devices 2>/dev/null | grep "^$device " || echo "$device")"
status=0
part "A few networks, bit for bit against the CPU engine" 120 "$spikegrad" --quiet check --quick --device "$device" || status=$?
if [ "$status" -ne 0 ] && [ "$status" -ne 124 ]; then
    echo "gpu-full: the check failed, so nothing is measured: see $page" >&2
    exit 1
fi
read -ra bench <<<"${GPU_BENCH:-}"
part "All shapes, every kernel" 150 "$spikegrad" --quiet bench --kernels --device "$device" "${bench[@]}" || true
part "Batches of E and D" 120 bash -c batches || true
part "Workgroup sizes" 60 "$spikegrad" --quiet tune --device "$device" || true
part "All shapes, tuned" 100 "$spikegrad" --quiet bench --device "$device" "${bench[@]}" || true
part "Other libraries on the same device" 400 bash -c others || true
if [ -s "$scratch/peers/RESULTS.md" ]; then sed -n 's/^### /#### /; /^#### /,$p' "$scratch/peers/RESULTS.md" | grep -v '^<!--\|^!\[' >>"$page"; fi
part "All networks, bit for bit" 600 "$spikegrad" --quiet check --device "$device" || true
