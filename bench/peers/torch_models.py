"""Shapes in PyTorch, with the neurons of several libraries.

Tensors are [step, batch, ...]; what does not depend on spikes of the same layer (a
layer's input connection) is computed for all steps at once, the neurons step by step.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from shapes import BETA, TAU_MEMBRANE, TAU_SYNAPSE, handed


class Threshold(torch.autograd.Function):
    """A spike where u > 0; SuperSpike behind it."""

    @staticmethod
    def forward(ctx, u):
        ctx.save_for_backward(u)
        return (u > 0).to(u.dtype)

    @staticmethod
    def backward(ctx, grad):
        (u,) = ctx.saved_tensors
        return grad / (BETA * u.abs() + 1) ** 2


class Escape(torch.autograd.Function):
    """A spike with the chance sigmoid(beta u); its derivative behind it."""

    @staticmethod
    def forward(ctx, u):
        p = torch.sigmoid(BETA * u)
        ctx.save_for_backward(p)
        return (torch.rand_like(p) < p).to(u.dtype)

    @staticmethod
    def backward(ctx, grad):
        (p,) = ctx.saved_tensors
        return grad * BETA * p * (1 - p)


class Plain:
    """Neurons written out in PyTorch: the least that is needed."""

    def __init__(self, shape, compiled):
        am, as_ = math.exp(-shape.step_length / TAU_MEMBRANE), math.exp(-shape.step_length / TAU_SYNAPSE)
        spike = Escape.apply if shape.stochastic else Threshold.apply

        def step(x, current, membrane):
            s = spike(membrane - 1)
            membrane = (am * membrane + (1 - am) * current) * (1 - s.detach())
            return s, as_ * current + x, membrane

        self.function = torch.compile(step, dynamic=False) if compiled else step

    def start(self, like):
        return torch.zeros_like(like), torch.zeros_like(like)

    def step(self, x, state):
        s, current, membrane = self.function(x, *state)
        return s, (current, membrane)


class SnnTorch:
    """snntorch.Synaptic."""

    def __init__(self, shape, compiled):
        import snntorch

        self.neuron = snntorch.Synaptic(
            alpha=math.exp(-shape.step_length / TAU_SYNAPSE), beta=math.exp(-shape.step_length / TAU_MEMBRANE),
            spike_grad=Escape.apply if shape.stochastic else Threshold.apply, reset_mechanism="zero")
        self.function = torch.compile(self.neuron, dynamic=False) if compiled else self.neuron

    def start(self, like):
        return torch.zeros_like(like), torch.zeros_like(like)

    def step(self, x, state):
        s, current, membrane = self.function(x, *state)
        return s, (current, membrane)


class Norse:
    """norse.torch: LIF over sequences, LIFCell where layers have recurrence of their own.

    Its spike functions are chosen by name, so that all spikes are deterministic.
    """

    def __init__(self, shape, compiled):
        import norse.torch as norse

        parameters = norse.LIFParameters(
            tau_mem_inv=torch.tensor(1 / TAU_MEMBRANE), tau_syn_inv=torch.tensor(1 / TAU_SYNAPSE),
            method="super", alpha=torch.tensor(BETA))
        self.whole = norse.LIF(parameters, dt=shape.step_length)
        self.cell = norse.LIFCell(parameters, dt=shape.step_length)
        self.function = torch.compile(self.cell, dynamic=False) if compiled else self.cell
        self.compiled = compiled

    def start(self, like):
        return None

    def step(self, x, state):
        return self.function(x, state)

    def sequence(self, x):
        if self.compiled:
            return None
        return self.whole(x)[0]


class SpikingJelly:
    """spikingjelly's CUBALIFNode, its torch backend; multi-step where it can be."""

    def __init__(self, shape, compiled):
        from spikingjelly.activation_based import neuron

        outer = self

        class Surrogate(nn.Module):
            spiking = True

            def forward(self, u):
                return outer.spike(u)

        self.spike = Escape.apply if shape.stochastic else Threshold.apply
        options = dict(
            c_decay=math.exp(-shape.step_length / TAU_SYNAPSE), v_decay=math.exp(-shape.step_length / TAU_MEMBRANE),
            v_threshold=1.0, v_reset=0.0)
        self.node = neuron.CUBALIFNode(**options)
        self.node.surrogate_function = Surrogate()
        self.function = torch.compile(self.node, dynamic=False) if compiled else self.node
        self.compiled = compiled

    def start(self, like):
        self.node.reset()
        self.node.step_mode = "s"

    def step(self, x, state):
        return self.function(x), state

    def sequence(self, x):
        if self.compiled:
            return None
        self.node.reset()
        self.node.step_mode = "m"
        return self.node(x)


PEERS = {"torch": Plain, "snntorch": SnnTorch, "norse": Norse, "spikingjelly": SpikingJelly}


class Network(nn.Module):
    def __init__(self, peer, shape, compiled):
        super().__init__()
        self.shape = shape
        self.input, self.recurrent, self.neurons = nn.ModuleList(), nn.ModuleList(), []
        convolution, self.pool = (nn.Conv2d, functional.max_pool2d) if shape.plane else (nn.Conv1d, functional.max_pool1d)
        below = shape.plane[0] if shape.plane else 1 if shape.layers[0].kernel else shape.inputs
        for layer in shape.layers:
            self.neurons.append(peer(shape, compiled))
            if shape.alone:
                continue
            if layer.kernel:
                self.input.append(convolution(below, layer.size, layer.kernel, layer.stride, bias=False))
                recurrent = convolution(layer.size, layer.size, layer.recurrent_kernel, padding=layer.recurrent_kernel // 2, bias=False) if layer.recurrent else nn.Identity()
            else:
                self.input.append(nn.Linear(below, layer.size, bias=False))
                recurrent = nn.Linear(layer.size, layer.size, bias=False) if layer.recurrent else nn.Identity()
            # Weights as large as in spikegrad, so that neurons spike about as often.
            nn.init.normal_(self.input[-1].weight, std=self.input[-1].weight[0].numel() ** -0.5 * 3)
            self.recurrent.append(recurrent)
            below = layer.size
        if shape.classes:
            self.readout = nn.Linear(handed(shape), shape.classes, bias=False)

    def layer(self, number, x):
        """x: [step, batch, ...] input currents; returns spikes of the same shape."""
        neurons, layer = self.neurons[number], self.shape.layers[number]
        if not layer.recurrent and hasattr(neurons, "sequence"):
            spikes = neurons.sequence(x)
            if spikes is not None:
                return spikes
        state, out = neurons.start(x[0]), []
        for t, now in enumerate(x):
            if layer.recurrent and t > 0:
                now = now + self.recurrent[number](out[-1])
            s, state = neurons.step(now, state)
            out.append(s)
        return torch.stack(out)

    def forward(self, x):
        if self.shape.alone:
            return self.layer(0, x)
        steps, batch = x.shape[:2]
        if self.shape.plane:
            x = x.view(steps, batch, *self.shape.plane)
        elif self.shape.layers[0].kernel:
            x = x.unsqueeze(2)  # one channel at every position
        for number, connection in enumerate(self.input):
            h = connection(x.flatten(0, 1))
            x = self.layer(number, h.view(steps, batch, *h.shape[1:]))
            if self.shape.layers[number].pool > 1:
                s = self.pool(x.flatten(0, 1), self.shape.layers[number].pool)
                x = s.view(steps, batch, *s.shape[1:])
        if not self.shape.classes:
            return x.sum(0)
        h = self.readout(x.flatten(2))
        duration = steps * self.shape.step_length
        am, as_ = math.exp(-self.shape.step_length / duration), math.exp(-self.shape.step_length / TAU_SYNAPSE)
        current = membrane = torch.zeros_like(h[0])
        trace = []
        for now in h:
            membrane = am * membrane + (1 - am) * current
            current = as_ * current + now
            trace.append(membrane)
        return torch.stack(trace).amax(0)


class Trainer:
    """One network with its data; step() trains once and returns the loss."""

    def __init__(self, peer, shape, form, accelerator):
        torch.set_default_device(accelerator)
        if accelerator == "cuda":
            torch.cuda.reset_peak_memory_stats()
        torch.manual_seed(1)
        torch.set_num_threads(int(form["threads"]))
        self.shape = shape
        self.network = Network(PEERS[peer], shape, form["compile"])
        size = (shape.steps, shape.batch, shape.inputs)
        self.labels = torch.arange(shape.batch) % (shape.classes or shape.layers[-1].size)
        if shape.alone:
            self.x = torch.randn(size).mul_(0.5).requires_grad_()
        else:
            self.x = (torch.rand(size) < shape.rate).float()
            self.optimizer = torch.optim.Adam(self.network.parameters(), lr=1e-3)

    def step(self):
        if self.shape.alone:
            self.x.grad = None
            loss = self.network(self.x).sum()
            loss.backward()
            return float(loss)
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.network(self.x), self.labels)
        loss.backward()
        self.optimizer.step()
        return float(loss)


def forms(accelerator):
    """Threads 0: those of the best form so far."""
    if accelerator != "cpu":
        return [{"threads": 1, "compile": False}, {"threads": 1, "compile": True}]
    return [{"threads": 1, "compile": False}, {"threads": 2, "compile": False}, {"threads": 0, "compile": True}]


def device_memory(accelerator):
    """Bytes at most in use on the device so far; 0 without one."""
    return torch.cuda.max_memory_allocated() if accelerator == "cuda" else 0


def versions(peer):
    from importlib.metadata import version

    return f"{peer} {version(peer)}" + ("" if peer == "torch" else f" on torch {version('torch')}")
