#!/usr/bin/env python3
"""Computes the golden files for two-dimensional networks with PyTorch.

    golden_conv2d.py FOLDER    writes conv2d_*.json; needs the packages torch and numpy

Each has one forward and backward pass and weight updates, in float64 with automatic
differentiation. Only torch.nn.functional's conv2d, max_pool2d and avg_pool2d know about rows,
columns and ties: max_pool2d passes an error to the first maximum of a cell, row by row.
Spikes come from a threshold, so nothing is random; weights are exact in float32, and
no membrane potential comes near the threshold. TestGolden reads the files and says what may differ.
"""
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

DT, TAU_MEM, TAU_SYN, START = 0.002, 0.02, 0.01, -0.001
THRESHOLD = 1.0
NEAREST = 1e-3  # of a membrane potential to the threshold: float32 must give the same spikes

# Sizes are [rows, columns]. A hidden layer that is a number is dense.
NETWORKS = [
    {
        "name": "conv2d_max_conv2d_sum", "batch": 2, "steps": 12, "input_shape": [2, 8, 9], "classes": 3, "recurrent": False,
        "hidden": [
            {"kernel": [4, 3], "stride": [2, 1], "padding": [1, 1], "filters": 3, "pool": {"kind": "max", "size": [2, 2]}},
            {"kernel": [2, 2], "stride": [1, 1], "padding": [1, 1], "filters": 4, "pool": {"kind": "sum", "size": [2, 2]}},
        ],
        "surrogate": "SuperSpike", "surrogate_params": {"beta": 10}, "diff_reset": False, "regularizers": [], "rate": 0.35, "scale": 9.0,
    },
    {
        "name": "conv2d_recurrent_sum_conv2d_max_dense", "batch": 2, "steps": 14, "input_shape": [1, 6, 11], "classes": 4, "recurrent": True,
        "hidden": [
            {"kernel": [3, 4], "stride": [1, 2], "padding": [0, 1], "filters": 2, "recurrent_kernel": 3, "pool": {"kind": "sum", "size": [1, 2]}},
            {"kernel": [3, 2], "stride": [1, 1], "padding": [1, 1], "filters": 3, "recurrent_kernel": 3, "pool": {"kind": "max", "size": [3, 2]}},
            5,
        ],
        "surrogate": "sigmoid", "surrogate_params": {"beta": 10}, "diff_reset": True,
        "regularizers": [{"type": "UpperBoundL2", "strength": 0.1, "threshold": 0.2, "dims": [-3, -2, -1]}], "rate": 0.4, "scale": 9.0,
        "optimizer": {"kind": "SMORMS3", "lr": 0.01, "steps": 3},
    },
]


def surrogate(network):
    beta = network["surrogate_params"]["beta"]

    class Spike(torch.autograd.Function):
        @staticmethod
        def forward(context, above):
            context.save_for_backward(above)
            return (above > 0).to(above.dtype)

        @staticmethod
        def backward(context, error):
            (above,) = context.saved_tensors
            if network["surrogate"] == "SuperSpike":
                return error / (beta * above.abs() + 1) ** 2
            p = torch.sigmoid(beta * above)
            return error * beta * p * (1 - p)

    return Spike.apply


def pooled(layer, spikes):
    if isinstance(layer, int) or "pool" not in layer:
        return spikes
    size = layer["pool"]["size"]
    if layer["pool"]["kind"] == "max":
        return F.max_pool2d(spikes, size)
    return F.avg_pool2d(spikes, size, divisor_override=1)


def weigh(layer, weight, below):
    if isinstance(layer, int):
        return below.flatten(1) @ weight.T
    return F.conv2d(below, weight, stride=layer["stride"], padding=layer["padding"])


def weigh_own(layer, weight, spikes):
    return spikes @ weight.T if isinstance(layer, int) else F.conv2d(spikes, weight, padding=layer["recurrent_kernel"] // 2)


def forward(network, weights, inputs):
    """Spikes and U[t+1] of each layer, the readout, and what each layer passes on."""
    spike, steps = surrogate(network), network["steps"]
    decay, synapse = np.exp(-DT / TAU_MEM), np.exp(-DT / TAU_SYN)
    below, spikes, membranes, handed = inputs, [], [], []
    for number, layer in enumerate(network["hidden"]):
        own, after, up = [], [], []
        for t in range(steps):
            # A spike of step t arrives at step t+1.
            if t == 0:
                received = torch.zeros_like(weigh(layer, weights[f"layer{number}.input"], below[:, 0]))
                current = membrane = received
            else:
                received = weigh(layer, weights[f"layer{number}.input"], below[:, t - 1])
                if network["recurrent"]:
                    received = received + weigh_own(layer, weights[f"layer{number}.recurrent"], own[-1])
            out = spike(membrane - THRESHOLD)
            gate = 1 - (out if network["diff_reset"] else out.detach())
            membrane = (decay * membrane + (1 - decay) * current) * gate
            current = synapse * current + received
            own.append(out)
            after.append(membrane)
            up.append(pooled(layer, out))
        spikes.append(torch.stack(own, 1))
        membranes.append(torch.stack(after, 1))
        below = torch.stack(up, 1)
        handed.append(below)
    decay = np.exp(-DT / (DT * steps))
    current = torch.zeros(network["batch"], network["classes"], dtype=torch.float64)
    membrane = current + START
    readout = []
    for t in range(steps):
        received = below[:, t - 1].flatten(1) @ weights["readout"].T if t > 0 else 0 * current
        membrane = decay * membrane + (1 - decay) * current
        current = synapse * current + received
        readout.append(membrane)
    return spikes, membranes, torch.stack(readout, 1), handed


def losses(network, labels, spikes, readout):
    loss, regularizer = F.cross_entropy(readout.amax(1), labels), torch.zeros((), dtype=torch.float64)
    for layer in spikes:
        for r in network["regularizers"]:
            count = layer.sum(1).flatten(1).mean(1)
            regularizer = regularizer + r["strength"] * (F.relu(count - r["threshold"]) ** 2).mean()
    return loss, regularizer


def draw(network, seed):
    """Weights, spikes of the input, labels."""
    random = np.random.default_rng(seed)
    arrays, below = {}, np.zeros([1] + network["input_shape"])

    def normal(*shape):
        return (network["scale"] * random.normal(0, 1, shape) / np.sqrt(np.prod(shape[1:]))).astype(np.float32)

    for number, layer in enumerate(network["hidden"]):
        if isinstance(layer, int):
            arrays[f"layer{number}.input"], own = normal(layer, below.size), normal(layer, layer)
        else:
            arrays[f"layer{number}.input"] = normal(layer["filters"], below.shape[1], *layer["kernel"])
            own = normal(layer["filters"], layer["filters"], *[layer.get("recurrent_kernel", 1)] * 2)
        if network["recurrent"]:
            arrays[f"layer{number}.recurrent"] = (own / 2).astype(np.float32)
        weight = torch.tensor(arrays[f"layer{number}.input"])
        below = pooled(layer, weigh(layer, weight, torch.tensor(below).float())).numpy()
    arrays["readout"] = (normal(network["classes"], below.size) / 2).astype(np.float32)
    weights = {name: torch.tensor(a, dtype=torch.float64, requires_grad=True) for name, a in arrays.items()}
    shape = [network["batch"], network["steps"]] + network["input_shape"]
    inputs = torch.tensor(random.random(shape) < network["rate"], dtype=torch.float64)
    return weights, inputs, torch.tensor(random.integers(0, network["classes"], network["batch"]))


def telling(network, spikes, membranes, handed):
    """Whether the pass would reveal errors: cells with several spikes in one step, cells with none, no
    membrane potential near the threshold, and spikes everywhere."""
    for layer, own, up, membrane in zip(network["hidden"], spikes, handed, membranes):
        if (membrane - THRESHOLD).abs().min() < NEAREST or not 0.03 < own.mean() < 0.5:
            return False
        if not isinstance(layer, int) and "pool" in layer:
            count = F.avg_pool2d(own.flatten(0, 1), layer["pool"]["size"], divisor_override=1)
            if min((count == k).sum() for k in range(3)) < 10:
                return False
    return True


def smorms3(network, weights, compute):
    """Losses before each update, and the weights afterwards."""
    rate, found = network["optimizer"]["lr"], []
    memory = {name: (torch.ones_like(w), torch.zeros_like(w), torch.zeros_like(w)) for name, w in weights.items()}
    for _ in range(network["optimizer"]["steps"]):
        loss = compute()
        found.append(loss.item())
        gradients = torch.autograd.grad(loss, list(weights.values()))
        with torch.no_grad():
            for (name, weight), gradient in zip(weights.items(), gradients):
                mem, g, g2 = memory[name]
                r = 1 / (mem + 1)
                g, g2 = (1 - r) * g + r * gradient, (1 - r) * g2 + r * gradient**2
                trust = g * g / (g2 + 1e-16)
                weight -= gradient * torch.clamp(trust, max=rate) / (torch.sqrt(g2) + 1e-16)
                memory[name] = 1 + mem * (1 - trust), g, g2
    return found, {name: numbers(w) for name, w in weights.items()}


def numbers(tensor, digits=14):
    return {"shape": list(tensor.shape), "data": [float(f"{x:.{digits}g}") for x in tensor.detach().flatten().tolist()]}


def ones(tensor):
    return {"shape": list(tensor.shape), "ones": tensor.detach().flatten().nonzero().flatten().tolist()}


def compute(network):
    for seed in range(1, 100000):
        weights, inputs, labels = draw(network, seed)
        with torch.no_grad():
            spikes, membranes, _, handed = forward(network, weights, inputs)
        if telling(network, spikes, membranes, handed):
            break
    else:
        sys.exit(f"golden_conv2d: no seed gives {network['name']} what it should show")
    spikes, membranes, readout, _ = forward(network, weights, inputs)
    loss, regularizer = losses(network, labels, spikes, readout)
    gradients = dict(zip(weights, torch.autograd.grad(loss + regularizer, list(weights.values()))))
    file = {"name": network["name"], "source": f"tests/scripts/golden_conv2d.py, PyTorch {torch.__version__}, seed {seed}",
            "dt": DT, "tau_mem": TAU_MEM, "tau_syn": TAU_SYN, "tau_readout": DT * network["steps"], "readout_initial": START, "kind": "conv2d"}
    file |= {key: network[key] for key in (
        "batch", "steps", "input_shape", "classes", "hidden", "recurrent", "surrogate", "surrogate_params", "diff_reset", "regularizers")}
    file |= {
        "inputs": int(np.prod(network["input_shape"])), "input_spikes": ones(inputs), "labels": labels.tolist(),
        "weights": {name: numbers(w, 17) for name, w in weights.items()}, "spikes": [ones(s) for s in spikes],
        "membrane_after_step": [numbers(m) for m in membranes], "readout": numbers(readout),
        "loss": loss.item(), "regularizer_loss": regularizer.item(), "gradients": {name: numbers(g) for name, g in gradients.items()},
        "min_distance_to_threshold": min((m - THRESHOLD).abs().min().item() for m in membranes),
        "mean_spikes_per_neuron": [s.sum(1).mean().item() for s in spikes],
    }
    if "optimizer" in network:
        def again():
            spikes, _, readout, _ = forward(network, weights, inputs)
            return sum(losses(network, labels, spikes, readout))

        before, after = smorms3(network, weights, again)
        file["optimizer"] = network["optimizer"] | {"losses": before, "weights_after": after}
    return file


if __name__ == "__main__":
    torch.set_num_threads(1)
    for network in NETWORKS:
        file = compute(network)
        with open(f"{sys.argv[1]}/{network['name']}.json", "w") as out:
            json.dump(file, out, separators=(",", ":"))
            print(file=out)
        print(f"{network['name']}: {file['source']}, {file['mean_spikes_per_neuron']} spikes a neuron, {file['min_distance_to_threshold']:.2g} from the threshold")
