#!/usr/bin/env bash
# Measures the cost of sharing a batch, and prints two tables: a group of two CPU engines compared
# with one engine and with two that exchange nothing, in alternating steps; and the exchange between
# two ranks of gradients of about 1, 10 and 40 MB, in one recurrent layer and in two, with each MPI
# that is installed. With two layers, the exchange of the upper one can be hidden behind the
# computation of the lower.
#   ranks.sh SPIKEGRAD [PAIRS [NEURONS...]]
# PAIRS (default 20) is the number of steps compared; NEURONS are the widths of the single layer
# whose gradients are exchanged; two layers get the same number of weights. Run it on an idle
# machine.
set -euo pipefail

spikegrad=$(realpath "$1")
pairs=${2:-20}
neurons=("${@:3}")
[ ${#neurons[@]} -gt 0 ] || neurons=(500 1580 3160)
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Open MPI refuses to run as root, or with more processes than cores, unless told otherwise.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1

echo '| network | group / one engine, median | 10th percentile | 90th | group / halves without exchange, median | 10th percentile | 90th |'
echo '|---|---|---|---|---|---|---|'
GOEXPERIMENT=simd go test ./bench -run '^$' -bench '^BenchmarkGroup$' -benchtime "${pairs}x" |
    awk '/^BenchmarkGroup\// {
        split($1, name, /[\/-]/)
        for (i = 2; i < NF; i++) value[$(i + 1)] = $i
        printf "| %s |", name[2]
        split("one halves", others, " ")
        for (i = 1; i <= 2; i++) {
            of = "group/" others[i]
            printf " %s | %s | %s |", value[of], value[of "-tenth"], value[of "-nine-tenths"]
        }
        print ""
    }'

echo
echo '| neurons | MPI | sent per rank per update | computed | exchanged meanwhile | exchanged after that | waited |'
echo '|---|---|---|---|---|---|---|'
for n in "${neurons[@]}" "${neurons[@]/#/-}"; do
    layer=$'[[network.layer]]\nneurons = '
    if [ "$n" -gt 0 ]; then
        width=$n layers=$layer$n
    else
        half=$(awk -v n="$n" 'BEGIN { printf "%d", -n / sqrt(3) }') # an input and two recurrent arrays, n² in total
        width="2 × $half" layers=$layer$half$'\n'$layer$half
    fi
    cat >"$folder/wide.toml" <<EOF_CONFIG
[data]
name = "randman"
steps = 10
validation = 0.0
[data.randman]
classes = 4
samples_per_class = 200
$layers
[training]
epochs = 1
batch = 32
EOF_CONFIG
    for launcher in mpirun.openmpi mpirun.mpich; do
        command -v "$launcher" >/dev/null || continue
        rm -rf "$folder/run"
        "$launcher" -n 2 "$spikegrad" --verbose train "$folder/wide.toml" --device cpu --workers 1 --out "$folder/run" 2>&1 >/dev/null |
            awk -v n="$width" -v mpi="${launcher#mpirun.}" '/gradients over ranks.* rank=0 / {
                for (i = 1; i <= NF; i++) if (split($i, pair, "=") == 2) value[pair[1]] = pair[2]
                printf "| %s | %s | %.1f MB | %s | %s | %s | %s |\n", n, mpi, value["bytes_sent"] / 1e6,
                    value["computed"], value["hidden"], value["exchanged"], value["waited"]
            }'
    done
done
