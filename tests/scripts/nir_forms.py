#!/usr/bin/env python3
"""Writes a NIR file for every form in which other programs write networks that spikegrad
supports, and compares what spikegrad computes with the equations.

    nir_forms.py write FOLDER      NAME.nir of each form, and forms.txt: NAME and step length
    nir_forms.py compare FOLDER    with FOLDER/NAME/tables, exported from the imported run

The graph is stepped in NumPy from the imported file, with Euler's method, according to the
equations of NIR, except that an input takes two steps to reach a membrane, or one without a
current, as in spikegrad. Spikes must be equal. spikegrad computes in float32: once a membrane
potential is within 1e-4 of its threshold, the rest of that sample is skipped and counted.
"""
import csv
import os
import sys

import nir
import numpy as np

INPUTS, CELLS, CLASSES, STEPS = 64, 24, 10, 80
rng = np.random.default_rng(22)


def full(value, size=CELLS):
    return np.full(size, value)


def weights(rows, columns, scale=1.0):
    return (scale * rng.normal(0, 1, (rows, columns)) / np.sqrt(columns)).astype(np.float32)


def lif(dt, beta=0.9, size=CELLS, **other):
    """As snnTorch writes Leaky: the input is added to β·U."""
    tau = dt / (1 - beta)
    given = dict(tau=full(tau, size), r=full(tau / dt, size), v_leak=full(0.0, size), v_threshold=full(1.0, size), v_reset=full(0.0, size))
    return nir.LIF(**{**given, **other})


def cuba(dt, alpha=0.8, beta=0.9, size=CELLS, **other):
    """As snnTorch writes Synaptic."""
    synapse, membrane = dt / (1 - alpha), dt / (1 - beta)
    given = dict(tau_syn=full(synapse, size), tau_mem=full(membrane, size), r=full(membrane / dt, size), v_leak=full(0.0, size),
                 v_threshold=full(1.0, size), v_reset=full(0.0, size), w_in=full(synapse / dt, size))
    return nir.CubaLIF(**{**given, **other})


def li(tau, size=CLASSES):
    return nir.LI(tau=full(tau, size), r=full(1.0, size), v_leak=full(0.0, size))


def line(*nodes, names=None, metadata=None, shape=(INPUTS,)):
    """A graph of nodes one after the other, edges from the last one down."""
    names = names or [str(i) for i in range(len(nodes))]
    nodes = dict(zip(names, nodes))
    nodes = {"input": nir.Input({"input": np.array(shape)}), **nodes, "output": nir.Output({"output": np.array([CLASSES])})}
    order = list(nodes)
    return nir.NIRGraph(nodes=nodes, edges=list(zip(order, order[1:]))[::-1], metadata=metadata or {}, type_check=False)


def inner(cells, recurrent, below=None, size=CELLS):
    entry = size if below is None else below.weight.shape[1]
    nodes = {"input": nir.Input({"input": np.array([entry])}), "lif": cells, "w_rec": recurrent, "output": nir.Output({"output": np.array([size])})}
    edges = [("input", "lif"), ("lif", "w_rec"), ("w_rec", "lif"), ("lif", "output")]
    if below is not None:
        nodes["w_in"] = below
        edges[0:1] = [("input", "w_in"), ("w_in", "lif")]
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def spyx_inner(cells, recurrent, name, size=CELLS):
    nodes = {f"{name}.lif": cells, f"{name}.w": recurrent, f"{name}.input": nir.Input({"input": np.array([size])}),
             f"{name}.output": nir.Output({"output": np.array([size])})}
    edges = [(f"{name}.lif", f"{name}.w"), (f"{name}.w", f"{name}.lif"), (f"{name}.lif", f"{name}.output"), (f"{name}.input", f"{name}.w")]
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def forms():
    up = lambda scale=2.0: nir.Linear(weights(CELLS, INPUTS, scale))
    top = lambda: nir.Linear(weights(CLASSES, CELLS, 2.0))
    loop = lambda: nir.Linear(weights(CELLS, CELLS, 0.7))
    fast, slow = 1e-4, 1e-3
    zero = lambda node: nir.Affine(node.weight, np.zeros(len(node.weight), dtype=np.float32))
    biased = lambda node, scale: nir.Affine(node.weight, weights(len(node.weight), 1, scale)[:, 0])
    scalar = lambda value: np.array([value])
    spread = lambda low, high: np.linspace(low, high, CELLS)
    yield "snntorch_leaky", fast, line(zero(up()), lif(fast), zero(top()), lif(fast, size=CLASSES))
    yield "snntorch_leaky_biases", fast, line(biased(up(), 0.1), lif(fast), biased(top(), 0.1), lif(fast, size=CLASSES))
    yield "snntorch_rleaky_biases", fast, line(biased(up(), 0.1), inner(lif(fast), biased(loop(), 0.1)), biased(top(), 0.1), lif(fast, size=CLASSES))
    yield "norse_biases", slow, line(biased(up(20), 2.0), lif(slow, r=full(1.0), tau=full(0.01)), biased(nir.Linear(weights(CLASSES, CELLS, 9.0)), 1.0), li(0.01))
    yield "biases_one_after_the_other", slow, line(biased(up(), 0.1), biased(loop(), 0.1), nir.Scale(spread(0.5, 2.0)), cuba(slow), top(), li(0.02))
    yield "conv1d_biases", slow, line(
        nir.Conv1d(INPUTS, weights(3, 5, 2.5).reshape(3, 1, 5), 2, 1, 1, 1, np.array([0.05, -0.05, 0.1], dtype=np.float32)), lif(slow, size=(3, 31)),
        nir.Flatten({"input": np.array([3, 31])}, 0, -1), nir.Linear(weights(CLASSES, 93, 2.0)), lif(slow, size=CLASSES))
    yield "snntorch_synaptic", fast, line(zero(up()), cuba(fast), zero(top()), cuba(fast, size=CLASSES))
    yield "snntorch_rleaky", fast, line(zero(up()), inner(lif(fast), zero(loop())), zero(top()), lif(fast, size=CLASSES))
    yield "snntorch_rsynaptic", fast, line(zero(up()), inner(cuba(fast), loop()), zero(top()), cuba(fast, size=CLASSES))
    yield "norse_lif_box", slow, line(up(20), lif(slow, r=full(1.0), tau=full(0.01)), nir.Linear(weights(CLASSES, CELLS, 9.0)), li(0.01))
    yield "norse_recurrent", slow, line(
        inner(cuba(slow, r=full(1.0), tau_mem=full(0.01), tau_syn=full(0.005), w_in=full(1.0)), nir.Linear(weights(CELLS, CELLS, 20.0)), up(80.0)), top(), li(0.01))
    yield "spyx_rlif", slow, line(up(), spyx_inner(lif(slow), loop(), "rnn"), top(), lif(slow, size=CLASSES), names=["fc", "rnn", "fc_out", "out"])
    yield "sinabs_lif", slow, line(zero(up()), lif(slow, beta=0.95), zero(top()), lif(slow, beta=0.95, size=CLASSES), names=["0", "1", "2", "3"])
    yield "rockpool_thresholds", slow, line(
        up(), cuba(slow, v_threshold=spread(0.7, 1.4), v_leak=full(0.0)), top(), nir.CubaLI(tau_mem=full(0.02, CLASSES), tau_syn=full(0.01, CLASSES), r=full(1.0, CLASSES), v_leak=full(0.0, CLASSES), w_in=full(10.0, CLASSES)))
    yield "lava_cuba", fast, line(up(), cuba(fast, alpha=1 - 1024 / 4096, beta=1 - 128 / 4096, v_threshold=full(2.0)), top(), cuba(fast, size=CLASSES))
    yield "scalars", slow, line(up(), nir.LIF(tau=scalar(0.01), r=scalar(10.0), v_leak=scalar(0.0), v_threshold=scalar(1.0), v_reset=scalar(0.0)), top(), li(0.01))
    yield "if", slow, line(up(), nir.IF(r=full(1 / slow), v_threshold=spread(0.7, 1.4), v_reset=full(0.0)), top(), li(0.01))
    yield "single_precision", slow, line(up(), lif(slow, tau=full(np.float32(0.007)), r=full(np.float32(7.0))), top(), li(0.01))
    deep = line(up(), inner(lif(slow), loop()), top())
    deep.nodes["input"], deep.nodes["output"] = nir.Input({"input": np.array([INPUTS])}), nir.Output({"output": np.array([CLASSES])})
    yield "graph_in_graph_in_graph", slow, line(deep, li(0.02))
    yield "rest_above_zero", slow, line(up(), lif(slow, v_leak=full(-0.5), v_reset=full(-0.5), v_threshold=full(0.5)), top(), lif(slow, size=CLASSES))
    yield "scale_and_delay", slow, line(
        nir.Delay(full(0.002, INPUTS)), up(), nir.Scale(spread(0.5, 2.0)), lif(slow), top(), nir.Scale(full(3.0, CLASSES)), li(0.02))
    yield "conv1d_flatten", slow, line(
        nir.Conv1d(INPUTS, weights(3, 5, 2.5).reshape(3, 1, 5), 2, 1, 1, 1, np.zeros(3, dtype=np.float32)), lif(slow, size=(3, 31)),
        nir.Flatten({"input": np.array([3, 31])}, 0, -1), nir.Linear(weights(CLASSES, 93, 2.0)), lif(slow, size=CLASSES))
    # Planes of 4 rows and 8 columns: the kernels are neither square nor odd.
    conv2d = lambda filters, below, kernel, stride, padding, shape, scale: nir.Conv2d(
        shape, weights(filters, below * kernel[0] * kernel[1], scale).reshape(filters, below, *kernel), stride, padding, 1, 1,
        rng.normal(0, 0.03, filters).astype(np.float32))
    pair = lambda a, b: np.array([a, b])
    yield "conv2d_sum_conv2d", slow, line(
        conv2d(3, 2, (2, 3), (1, 1), (1, 1), (4, 8), 2.5), lif(slow, size=(3, 5, 8)), nir.SumPool2d(pair(2, 2), pair(2, 2), pair(0, 0)),
        conv2d(4, 3, (2, 2), (1, 2), (0, 1), (2, 4), 2.0), lif(slow, size=(4, 1, 3)), nir.Flatten({"input": np.array([4, 1, 3])}, 0, -1),
        nir.Linear(weights(CLASSES, 12, 3.0)), lif(slow, size=CLASSES), shape=(2, 4, 8))
    yield "conv2d_average_dense", slow, line(
        conv2d(3, 2, (3, 2), (2, 1), (1, 1), (4, 8), 3.0), cuba(slow, size=(3, 2, 9)), nir.AvgPool2d(pair(1, 4), pair(1, 4), pair(0, 0)),
        nir.Flatten({"input": np.array([3, 2, 2])}, 0, -1), nir.Linear(weights(CLASSES, 12, 6.0)), lif(slow, size=CLASSES), shape=(2, 4, 8))
    yield "names_and_metadata", slow, line(up(), lif(slow), top(), li(0.02), names=["Schicht 1", "Zellen_ä", "層", "output.0"],
                                           metadata={"config": "of another program", "on": True, "none": np.zeros(0), "program": "other"})
    yield "weights_alone_to_the_output", slow, line(up(), lif(slow), top())
    yield "no_weights_between_layers", slow, line(up(), lif(slow), lif(slow, r=full(20.0)), top(), li(0.02))
    taus = spread(0.005, 0.04)
    yield "lif_time_constants", slow, line(up(), inner(lif(slow, tau=taus, r=taus / slow), loop()), top(), li(0.02))
    yield "cuba_time_constants", slow, line(
        up(), cuba(slow, tau_mem=taus, r=taus / slow, tau_syn=taus[::-1] / 4, w_in=taus[::-1] / 4 / slow), top(), lif(slow, size=CLASSES))


def flattened(graph, path=""):
    """Nodes by path and edges, with nested graphs replaced by their content."""
    nodes, edges, ends = {}, [], {}
    for name, node in graph.nodes.items():
        full_name = path + name
        if isinstance(node, nir.NIRGraph):
            below, between = flattened(node, full_name + "/")
            nodes.update(below)
            edges += between
            ends[name] = tuple(next(full_name + "/" + k for k, n in node.nodes.items() if isinstance(n, kind)) for kind in (nir.Input, nir.Output))
            # spyx writes W·(x + s) but computes x + W·s.
            entry = ends[name][0]
            if entry.endswith(f"/{name}.input"):
                recurrent, = (b for a, b in edges if a == entry)
                cells, = (b for a, b in edges if a == recurrent)
                edges.remove((entry, recurrent))
                edges.append((entry, cells))
        else:
            nodes[full_name], ends[name] = node, (full_name, full_name)
    return nodes, edges + [(ends[a][1], ends[b][0]) for a, b in graph.edges]


def pair_of(value):
    """For rows and for columns, as in NIR: two numbers, or one for both."""
    return [int(x) for x in np.broadcast_to(value, 2)]


class Stepped:
    """The graph, one step at a time."""

    def __init__(self, graph, dt, samples, delay=0):
        self.nodes, self.edges = flattened(graph)
        self.dt, self.samples, self.time, self.delay = dt, samples, 0, delay
        self.state, self.out, self.arrived, self.waiting = {}, {}, {}, {}
        self.membranes = {}  # of the last step, before resets by spikes

    def priors(self, name):
        return sorted({a for a, b in self.edges if b == name})

    def value(self, name):
        """The output of a node in this step."""
        if name in self.out:
            return self.out[name]
        total = sum(self.value(prior) for prior in self.priors(name))
        node = self.nodes[name]
        if isinstance(node, (nir.Linear, nir.Affine)):
            total = total.reshape(self.samples, -1) @ node.weight.T.astype(np.float64) + getattr(node, "bias", 0.0)
        elif isinstance(node, nir.Scale):
            total = total * node.scale
        elif isinstance(node, nir.Delay):
            line = self.waiting.setdefault(name, [])
            line.append(total)
            steps = round(float(np.asarray(node.delay).flat[0]) / self.dt)
            total = line[-1 - steps] if len(line) > steps else 0 * total
        elif isinstance(node, nir.Conv1d):
            stride, padding = int(np.asarray(node.stride).flat[0]), int(np.asarray(node.padding).flat[0])
            padded = np.pad(total.reshape(self.samples, node.weight.shape[1], -1), ((0, 0), (0, 0), (padding, padding)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, node.weight.shape[2], axis=2)[:, :, ::stride]
            total = np.einsum("scpk,fck->sfp", windows, node.weight.astype(np.float64)) + node.bias[:, None]
        elif isinstance(node, nir.Conv2d):
            (down, right), (rows, columns) = pair_of(node.stride), pair_of(node.padding)
            if node.input_shape is not None:
                total = total.reshape(self.samples, node.weight.shape[1], *node.input_shape)
            padded = np.pad(total, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, node.weight.shape[2:], axis=(2, 3))[:, :, ::down, ::right]
            total = np.einsum("scyxkl,fckl->sfyx", windows, node.weight.astype(np.float64)) + node.bias[:, None, None]
        elif isinstance(node, (nir.SumPool2d, nir.AvgPool2d)):
            height, width = pair_of(node.kernel_size)
            down, right = pair_of(node.stride)
            cells = np.lib.stride_tricks.sliding_window_view(total, (height, width), axis=(2, 3))[:, :, ::down, ::right]
            total = cells.sum(axis=(4, 5)) / (height * width if isinstance(node, nir.AvgPool2d) else 1)
        self.out[name] = total
        return total

    def step(self, inputs):
        """Spikes of every neuron, and how far its membrane potential is from the threshold."""
        cells = [k for k, n in self.nodes.items() if isinstance(n, (nir.LIF, nir.CubaLIF, nir.IF))]
        self.out = {"input": inputs}
        margins = {}
        for name in cells:
            n = self.nodes[name]
            came = self.arrived.get(name, [])
            lag = self.delay + (2 if isinstance(n, nir.CubaLIF) else 1)
            drive = came[self.time - lag] if self.time >= lag else 0.0
            shape = (self.samples,) + np.broadcast_shapes(np.shape(n.v_threshold), np.shape(drive)[1:])
            leak = getattr(n, "v_leak", 0.0)  # IF has none
            membrane, current = self.state.get(name, (np.zeros(shape) + leak, np.zeros(shape)))
            if isinstance(n, nir.CubaLIF):
                current = current + self.dt / n.tau_syn * (-current + n.w_in * drive)
                membrane = membrane + self.dt / n.tau_mem * (n.v_leak - membrane + n.r * current)
            elif isinstance(n, nir.IF):
                membrane = membrane + self.dt * n.r * drive
            else:
                membrane = membrane + self.dt / n.tau * (n.v_leak - membrane + n.r * drive)
            spikes = membrane > n.v_threshold
            self.membranes[name] = membrane
            margins[name] = np.abs((membrane - n.v_threshold) / (n.v_threshold - leak)) + np.zeros(membrane.shape)
            self.state[name] = np.where(spikes, n.v_reset, membrane), current
            self.out[name] = spikes.astype(np.float64)
        # With scalar parameters, the number of neurons is known only when something arrives.
        for name in cells:
            if np.size(self.out[name]) <= self.samples:
                self.out[name] = np.zeros((self.samples, CELLS))
        for name in cells:
            self.arrived.setdefault(name, []).append(sum(self.value(prior) for prior in self.priors(name)))
        self.time += 1
        return {name: (self.out[name].reshape(self.samples, -1), margins[name].reshape(self.samples, -1)) for name in cells}


def upwards(graph):
    """Neurons in the order of layers."""
    nodes, edges = flattened(graph)
    found, seen, open_ = [], {"input"}, ["input"]
    while open_:
        at = open_.pop(0)
        if isinstance(nodes[at], (nir.LIF, nir.CubaLIF, nir.IF)):
            found.append(at)
        for a, b in edges:
            if a == at and b not in seen:
                seen.add(b)
                open_.append(b)
    return found


def read(path):
    """Like nir.read, which rejects files whose types it infers differently, such as scalars."""
    check = nir.NIRGraph.__init__
    nir.NIRGraph.__init__ = lambda self, nodes, edges, metadata={}, type_check=False, **_: check(self, nodes, edges, metadata, False)
    try:
        return nir.read(path)
    finally:
        nir.NIRGraph.__init__ = check


def table(folder, name):
    with open(f"{folder}/tables/{name}.csv", newline="") as file:
        return list(csv.DictReader(file))


def compare(folder):
    count = {"forms": 0, "spikes": 0, "places": 0, "left out": 0}
    for entry in open(f"{folder}/forms.txt"):
        name, dt = entry.split()
        graph = read(f"{folder}/{name}.nir")
        rows, samples = table(f"{folder}/{name}", "spikes"), len(table(f"{folder}/{name}", "samples"))

        def spikes_of(layer, size):
            found = np.zeros((STEPS, samples, size), dtype=bool)
            for row in rows:
                if row["layer"] == layer:
                    found[int(row["step"]), int(row["sample"]), int(row["neuron"])] = True
            return found

        inputs, order, stepped = spikes_of("input", INPUTS), upwards(graph), Stepped(graph, float(dt), samples)
        want = [stepped.step(inputs[step].astype(np.float64)) for step in range(STEPS)]
        exact = np.ones(samples, dtype=bool)
        spikes = places = 0
        got = [spikes_of(str(layer), want[2][cells][0].shape[1]) for layer, cells in enumerate(order)]
        for step in range(STEPS):
            for layer, cells in enumerate(order):
                spiked, margin = want[step][cells]
                if spiked.shape[1] != got[layer].shape[2]:  # not yet known with scalars
                    spiked, margin = np.zeros_like(got[layer][step], dtype=float), np.ones(got[layer][step].shape)
                exact &= (margin > 1e-4).all(axis=1)
                wrong = (got[layer][step] != (spiked > 0))[exact]
                if wrong.any():
                    sys.exit(f"nir_forms: {name}: layer {layer}, step {step}: {int(wrong.sum())} spikes differ")
                spikes += int(spiked[exact].sum())
                places += int(exact.sum()) * spiked.shape[1]
        if spikes < 200:
            sys.exit(f"nir_forms: {name}: {spikes} spikes prove little")
        left = samples - int(exact.sum())
        print(f"{name}: {spikes} spikes in {places} places equal; {left} of {samples} samples came close to a threshold")
        for key, value in (("forms", 1), ("spikes", spikes), ("places", places), ("left out", left)):
            count[key] += value
    print(f"{count['forms']} forms: {count['spikes']} spikes in {count['places']} places equal")


def write(folder):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/forms.txt", "w") as listed:
        for name, dt, graph in forms():
            nir.write(f"{folder}/{name}.nir", graph)
            print(name, dt, file=listed)


if __name__ == "__main__":
    {"write": write, "compare": compare}[sys.argv[1]](sys.argv[2])
