"""Shapes in JAX with the neurons of spyx: one jitted training step, time as lax.scan.

Threads are fixed when JAX starts, so that a process measures one number of them.
"""

import math

import jax
import jax.numpy as jnp
import optax
import spyx.nn as snn
from flax import nnx

from shapes import BETA, TAU_MEMBRANE, TAU_SYNAPSE, handed, positions


@jax.custom_vjp
def threshold(u):
    return (u > 0).astype(u.dtype)


threshold.defvjp(lambda u: (threshold(u), u), lambda u, g: (g / (BETA * jnp.abs(u) + 1) ** 2,))


@jax.custom_vjp
def escape(u, key):
    return (jax.random.uniform(key, u.shape) < jax.nn.sigmoid(BETA * u)).astype(u.dtype)


def escape_forward(u, key):
    p = jax.nn.sigmoid(BETA * u)
    return (jax.random.uniform(key, u.shape) < p).astype(u.dtype), p


escape.defvjp(escape_forward, lambda p, g: (g * BETA * p * (1 - p), None))


class Trainer:
    def __init__(self, shape, form):
        self.shape = shape
        self.key = jax.random.key(1)
        am, as_ = math.exp(-shape.step_length / TAU_MEMBRANE), math.exp(-shape.step_length / TAU_SYNAPSE)
        rngs, noise = nnx.Rngs(1), {}

        def spike(u):
            return escape(u, noise["key"]) if shape.stochastic else threshold(u)

        self.weights, neurons, below = {}, [], shape.plane[0] if shape.plane else 1 if shape.layers[0].kernel else shape.inputs
        axes = 2 if shape.plane else 1
        places = positions(shape)
        for number, layer in enumerate(shape.layers):
            size = (layer.size, *axes * (places[number],)) if layer.kernel else (layer.size,)
            neurons.append(snn.CuBaLIF(size, alpha=as_, beta=am, activation=spike, rngs=rngs))
            if shape.alone:
                break
            window = (layer.size, below, *axes * (layer.kernel,)) if layer.kernel else (below, layer.size)
            fan = below * max(1, layer.kernel) ** axes
            self.weights[f"input{number}"] = 3 * fan**-0.5 * jax.random.normal(jax.random.key(number), window)
            if layer.recurrent:
                window = (layer.size, layer.size, *axes * (layer.recurrent_kernel,)) if layer.kernel else (layer.size, layer.size)
                self.weights[f"recurrent{number}"] = 0.1 * layer.size**-0.5 * jax.random.normal(jax.random.key(9), window)
            below = layer.size
        if shape.classes:
            fan = handed(shape)
            self.weights["readout"] = fan**-0.5 * jax.random.normal(jax.random.key(99), (fan, shape.classes))

        def connect(x, w, stride=1, padding=0):
            if w.ndim == 2:
                return x @ w
            return jax.lax.conv_general_dilated(x, w, axes * (stride,), axes * [(padding, padding)])

        def run(number, h, weights, key):
            layer, neuron = shape.layers[number], neurons[number]
            recurrent = weights.get(f"recurrent{number}")

            def step(carry, now):
                state, before, key = carry
                key, noise["key"] = jax.random.split(key)
                if recurrent is not None:
                    now = now + connect(before, recurrent, 1, layer.recurrent_kernel // 2)
                s, state = neuron(now, state)
                return (state, s, key), s

            state = jnp.zeros(h.shape[1:-1] + (2 * h.shape[-1],))
            return jax.lax.scan(step, (state, jnp.zeros(h.shape[1:]), key), h)[1]

        def logits(weights, x, key):
            steps, batch = x.shape[:2]
            if shape.plane:
                x = x.reshape(steps, batch, *shape.plane)
            elif shape.layers[0].kernel:
                x = x[:, :, None, :]
            for number, layer in enumerate(shape.layers):
                h = connect(x.reshape(steps * batch, *x.shape[2:]), weights[f"input{number}"], layer.stride)
                x = run(number, h.reshape(steps, batch, *h.shape[1:]), weights, jax.random.fold_in(key, number))
                if layer.pool > 1:
                    cell = (1, 1, 1) + axes * (layer.pool,)
                    x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, cell, cell, "VALID")
            if not shape.classes:
                return x.sum(0)
            h = x.reshape(steps, batch, -1) @ weights["readout"]
            slow = math.exp(-1 / steps)

            def leak(carry, now):
                current, membrane = carry
                membrane = slow * membrane + (1 - slow) * current
                return (as_ * current + now, membrane), membrane

            zero = jnp.zeros_like(h[0])
            return jax.lax.scan(leak, (zero, zero), h)[1].max(0)

        size = (shape.steps, shape.batch, shape.inputs)
        if shape.alone:
            self.x = 0.5 * jax.random.normal(self.key, size)
            self.train = jax.jit(jax.value_and_grad(lambda x, key: run(0, x, {}, key).sum()))
            return
        self.x = (jax.random.uniform(self.key, size) < shape.rate).astype(jnp.float32)
        labels = jnp.arange(shape.batch) % (shape.classes or shape.layers[-1].size)
        rule = optax.adam(1e-3)
        self.state = rule.init(self.weights)

        def loss(weights, x, key):
            return optax.softmax_cross_entropy_with_integer_labels(logits(weights, x, key), labels).mean()

        def train(weights, state, x, key):
            value, gradient = jax.value_and_grad(loss)(weights, x, key)
            change, state = rule.update(gradient, state)
            return value, optax.apply_updates(weights, change), state

        self.train = jax.jit(train, donate_argnums=(0, 1))

    def step(self):
        self.key, key = jax.random.split(self.key)
        if self.shape.alone:
            return float(jax.block_until_ready(self.train(self.x, key))[0])
        value, self.weights, self.state = jax.block_until_ready(self.train(self.weights, self.state, self.x, key))
        return float(value)


def device_memory(accelerator):
    """Bytes at most in use on the device so far; 0 without one."""
    return jax.local_devices()[0].memory_stats()["peak_bytes_in_use"] if accelerator == "cuda" else 0


def versions():
    from importlib.metadata import version

    return f"spyx {version('spyx')} on jax {version('jax')}"
