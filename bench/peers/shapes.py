"""The shapes to measure: the same networks and batches as in bench/shapes.go."""

from dataclasses import dataclass, field


@dataclass
class Layer:
    """A spiking layer: dense of `size` neurons, or a convolution of `size` filters."""

    size: int
    recurrent: bool = False
    kernel: int = 0  # 0: dense
    stride: int = 1
    recurrent_kernel: int = 0
    pool: int = 1  # positions handed up as one, in both directions: the maximum


@dataclass
class Shape:
    name: str
    variant: str
    inputs: int
    classes: int  # 0: spikes of the last layer are counted
    steps: int
    batch: int
    rate: float  # share of the channels that spike in a step
    step_length: float
    layers: list = field(default_factory=list)
    alone: bool = False  # neurons without synapses
    stochastic: bool = False
    plane: tuple = ()  # channels, rows and columns of the input; convolutions are over both

    @property
    def key(self):
        return f"{self.name} {self.variant}".strip()


def shapes():
    found = [
        Shape("A", f"T={t}", 1 << 16, 0, t, 64, 0.5, 0.002, [Layer(1 << 16)], alone=True)
        for t in (4, 8, 16, 32)
    ]
    found += [Shape("B", f"N={n}", n, 0, 500, 16, 0.05, 0.002, [Layer(n)]) for n in (512, 4096)]
    return found + [
        Shape("C", "", 128, 20, 256, 256, 0.05, 0.002, [Layer(512), Layer(512)]),
        Shape("D", "", 700, 20, 500, 256, 0.033, 0.002, [Layer(200), Layer(200)]),
        Shape("E", "", 700, 20, 175, 100, 0.033, 0.004, [Layer(128, True)], stochastic=True),
        Shape("F", "", 700, 20, 350, 64, 0.0316, 0.002, [
            Layer(16, True, 21, 10, 5), Layer(32, True, 7, 3, 5), Layer(64, True, 7, 3, 5)]),
        Shape("G", "", 20, 15, 100, 400, 0.01, 0.002, [
            Layer(32, False, 11), Layer(64, False, 5), Layer(128, False, 5)]),
        Shape("H", "", 2 * 34 * 34, 10, 100, 64, 0.03, 0.002, [
            Layer(16, False, 5, 2, pool=2), Layer(32, False, 3)], plane=(2, 34, 34)),
    ]


def find(key, batch=0):
    for shape in shapes():
        if shape.key == key:
            shape.batch = batch or shape.batch
            return shape
    raise SystemExit(f"shape {key!r} is unknown")


def positions(shape):
    """Positions of every layer in one direction: 1 of a dense one."""
    below, result = shape.plane[-1] if shape.plane else shape.inputs, []
    for layer in shape.layers:
        own = (below - layer.kernel) // layer.stride + 1 if layer.kernel else 1
        result.append(own)
        below = own // layer.pool
    return result


def handed(shape):
    """Numbers that the last layer hands up."""
    places = positions(shape)[-1] // shape.layers[-1].pool
    return shape.layers[-1].size * (places * places if shape.plane else places)


TAU_MEMBRANE, TAU_SYNAPSE, BETA = 0.02, 0.01, 10.0
