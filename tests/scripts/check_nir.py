#!/usr/bin/env python3
"""Checks spikegrad's files with the Python packages that other people use.

    check_nir.py FOLDER           what check-nir.sh wrote there
    check_nir.py --fixture FILE   writes a NIR file as another program would

In FOLDER lie run/ (a deterministic feed-forward run whose resets are "membrane_only"),
network.nir and tables/, exported from it. The following is checked with ==:

  * nir reads the graph and finds its types consistent;
  * safetensors and nir hold the same bits of every weight;
  * the graph, stepped with Euler's method according to its equations, spikes as in
    spikegrad's tables, after a shift by the delays that NIR does not know;
  * the same of planes.nir, a network of convolutions over rows and columns whose spikes are
    pooled, exported from the run planes/ with planes_tables/: spikes with ==, and membrane potentials;
  * spyx, which runs the first layer, has every neuron's first spike at the same step.
    Later ones differ: spyx subtracts the threshold from a membrane potential that has
    spiked and lets the rest decay, whereas NIR and spikegrad set it to zero. spyx also
    ignores w_in and r; the script multiplies the weights by them.
"""
import csv
import sys

import nir
import numpy as np

import nir_forms


def fixture(path):
    n, dt = 4, 0.001
    like = lambda value, size: np.full(size, value)
    graph = nir.NIRGraph(
        nodes={
            "in": nir.Input({"input": np.array([3])}),
            "up": nir.Affine(np.arange(12, dtype=np.float32).reshape(4, 3) / 7, np.zeros(4, dtype=np.float32)),
            "cells": nir.CubaLIF(
                tau_mem=like(0.02, n), tau_syn=like(0.01, n), r=like(1.0, n), v_leak=like(0.0, n),
                v_threshold=like(2.0, n), v_reset=like(0.0, n), w_in=like(5.0, n)),
            "loop": nir.Linear(0.5 * np.eye(4, dtype=np.float32)),
            "out_weights": nir.Linear(np.arange(8, dtype=np.float32).reshape(2, 4) / 8),
            "out_cells": nir.CubaLI(
                tau_mem=like(0.05, 2), tau_syn=like(0.01, 2), r=like(1.0, 2), v_leak=like(0.0, 2), w_in=like(0.01 / dt, 2)),
            "out": nir.Output({"output": np.array([2])}),
        },
        edges=[("in", "up"), ("up", "cells"), ("cells", "loop"), ("loop", "cells"), ("cells", "out_weights"),
               ("out_weights", "out_cells"), ("out_cells", "out")])
    nir.write(path, graph)


def table(folder, name, tables="tables"):
    with open(f"{folder}/{tables}/{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def spikes_of(rows, layer, samples, steps, neurons):
    found = np.zeros((samples, steps, neurons), dtype=np.float32)
    for row in rows:
        if row["layer"] == layer:
            found[int(row["sample"]), int(row["step"]), int(row["neuron"])] = 1
    return found


def euler(node, current_in, dt):
    """Steps a CubaLIF with Euler's method; input and spikes are [sample, step, neuron]."""
    current = np.zeros_like(current_in[:, 0])
    membrane = np.zeros_like(current)
    spikes = np.zeros_like(current_in)
    for step in range(current_in.shape[1]):
        current = current + dt / node.tau_syn * (-current + node.w_in * current_in[:, step])
        membrane = membrane + dt / node.tau_mem * (node.v_leak - membrane + node.r * current)
        spikes[:, step] = membrane > node.v_threshold
        membrane = np.where(spikes[:, step] > 0, node.v_reset, membrane)
    return spikes


def later(spikes, steps):
    """The same spikes, the given number of steps later."""
    moved = np.zeros_like(spikes)
    moved[:, steps:] = spikes[:, : spikes.shape[1] - steps]
    return moved


def same(what, got, want):
    wrong = int((got != want).sum())
    print(f"{what}: {int(want.sum())} expected, {wrong} of {want.size} differ")
    if wrong or not want.sum():
        sys.exit(f"check_nir: {what}: not equal")


def in_spyx(graph, dt, inputs):
    """The first spikes of layer 0 in spyx."""
    import jax.numpy as jnp
    import spyx.nir

    cells = graph.nodes["layer0"]
    gain = (cells.w_in * dt / cells.tau_syn) * (cells.r * dt / cells.tau_mem)
    first = nir.NIRGraph(
        nodes={
            "input": graph.nodes["input"], "layer0_input": nir.Linear((graph.nodes["layer0_input"].weight.T * gain).T),
            "layer0": cells, "output": nir.Output({"output": np.array(cells.r.shape)}),
        },
        edges=[("input", "layer0_input"), ("layer0_input", "layer0"), ("layer0", "output")])
    _, spikes = spyx.nir.from_nir(first, jnp.array(inputs.transpose(1, 0, 2)), dt=dt)
    return np.asarray(spikes).transpose(1, 0, 2)


def first_spikes(spikes):
    return spikes * (np.cumsum(spikes, axis=1) == 1)


def planes(folder):
    """Steps the network of convolutions over rows and columns. spikegrad computes in float32: once a
    membrane potential is within 1e-5 of the threshold, the rest of the sample is skipped and counted."""
    graph, rows = nir.read(f"{folder}/planes.nir"), table(folder, "spikes", "planes_tables")
    kinds = {type(node) for node in graph.nodes.values()}
    if not {nir.Conv2d, nir.SumPool2d, nir.Flatten} <= kinds:
        sys.exit(f"check_nir: planes.nir has {kinds}")
    samples = len(table(folder, "samples", "planes_tables"))
    steps = 1 + max(int(row["step"]) for row in table(folder, "readout", "planes_tables"))
    shape = [int(size) for size in graph.nodes["input"].input_type["input"]]
    inputs = spikes_of(rows, "input", samples, steps, int(np.prod(shape))).reshape(samples, steps, *shape)
    order = nir_forms.upwards(graph)
    sizes = [int(np.prod(graph.nodes[cells].v_threshold.shape)) for cells in order]
    want = [spikes_of(rows, str(layer), samples, steps, size) for layer, size in enumerate(sizes)]
    membranes = [np.zeros_like(spikes) for spikes in want]
    for row in table(folder, "membranes", "planes_tables"):
        membranes[int(row["layer"])][int(row["sample"]), int(row["step"]), int(row["neuron"])] = float(row["membrane"])

    stepped, exact = nir_forms.Stepped(graph, float(graph.metadata["step_length"]), samples, delay=1), np.ones(samples, dtype=bool)
    spikes, worst = [0] * len(order), 0.0
    for step in range(steps):
        found = stepped.step(inputs[:, step].astype(np.float64))
        for layer, cells in enumerate(order):
            got, margin = found[cells]
            exact &= (margin > 1e-5).all(axis=1)
            if (got != want[layer][:, step])[exact].any():
                sys.exit(f"check_nir: planes.nir: layer {layer}, step {step}: spikes differ")
            spikes[layer] += int(got[exact].sum())
            if step > 0:  # the tables hold U[t+1]
                difference = stepped.membranes[cells].reshape(samples, -1) - membranes[layer][:, step - 1]
                worst = max(worst, np.abs(difference[exact]).max(initial=0.0))
    worst /= max(np.abs(m).max() for m in membranes)
    print(f"planes.nir: {spikes} spikes of {len(order)} layers equal, membranes within {worst:.1e} of the largest; {samples - exact.sum()} of {samples} samples came close to a threshold")
    if min(spikes) < 100 or worst > 1e-5 or 2 * exact.sum() < samples:
        sys.exit("check_nir: planes.nir: not equal")


def main(folder):
    graph = nir.read(f"{folder}/network.nir")
    print(f"nir reads {len(graph.nodes)} nodes")

    from safetensors.numpy import load_file

    weights = load_file(f"{folder}/run/model.safetensors")
    for name, node in (("layer0.input", "layer0_input"), ("layer1.input", "layer1_input"), ("readout", "readout_weights")):
        if weights[name].tobytes() != graph.nodes[node].weight.tobytes() or weights[name].dtype != np.float32:
            sys.exit(f"check_nir: weights {name} differ between safetensors and NIR")
    print(f"{len(weights)} weight arrays have the same bits in safetensors and NIR")

    dt = float(graph.metadata["step_length"])
    rows, samples = table(folder, "spikes"), len(table(folder, "samples"))
    steps = 1 + max(int(row["step"]) for row in table(folder, "readout"))
    below = spikes_of(rows, "input", samples, steps, int(graph.nodes["input"].input_type["input"][0]))
    delay = 2 + 1  # a spike reaches the current after one step plus its delay of one, the membrane one later
    for layer in range(2):
        cells = graph.nodes[f"layer{layer}"]
        weight = graph.nodes[f"layer{layer}_input"].weight.astype(np.float64)
        want = spikes_of(rows, str(layer), samples, steps, weight.shape[0])
        got = later(euler(cells, below @ weight.T, dt), delay)
        same(f"spikes of layer {layer} by Euler's rule", got, want)
        if layer == 0:
            same("first spikes of layer 0 in spyx", later(first_spikes(in_spyx(graph, dt, below)), delay - 1), first_spikes(want))
        below = want


if __name__ == "__main__":
    if sys.argv[1] == "--fixture":
        fixture(sys.argv[2])
    else:
        main(sys.argv[1])
        planes(sys.argv[1])
