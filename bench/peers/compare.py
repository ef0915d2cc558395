"""Measures the peers and spikegrad in turn, and writes RESULTS.md, results.json and a
picture.

For every shape, each library in turn builds its network and finds its fastest form.
Then come rounds in which each times a few steps, so that other load on the machine
affects all of them alike. Usage: compare.py SPIKEGRAD [options]
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

from shapes import shapes

HERE = Path(__file__).resolve().parent
PEERS = [("torch", 0), ("snntorch", 0), ("norse", 0), ("spikingjelly", 0), ("spyx", 1), ("spyx", 2)]


class Peer:
    """A worker process, idle between its turns."""

    def __init__(self, name, threads, shape, options):
        self.name, self.error, self.times, self.peak, self.about = name, None, [], 0, {}
        environment = dict(os.environ, OMP_WAIT_POLICY="passive", PYTHONWARNINGS="ignore", JAX_PLATFORMS=options.accelerator)
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", str(HERE / "worker.py"), name, shape.key, str(options.batch), str(threads), str(options.patience),
             options.accelerator],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, cwd=HERE)
        self.about = self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.error = f"it ended with status {self.process.wait()} (memory, perhaps)"
            return {}
        reply = json.loads(line)
        self.error = reply.get("error")
        return reply

    def turn(self, options):
        if self.error:
            return
        self.process.stdin.write(f"{options.steps} {options.seconds}\n")
        self.process.stdin.flush()
        reply = self.answer()
        self.times += reply.get("step_ms", [])
        self.peak = max(self.peak, reply.get("peak_bytes", 0))

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def row(self):
        return {"name": self.name, "form": self.about.get("form", ""), "forms": self.about.get("forms", {}),
                "version": self.about.get("version", self.name), "noise": self.about.get("noise", ""),
                "error": self.error, "step_ms": self.times, "peak_bytes": self.peak}


class Spikegrad:
    """The program itself, started anew for every turn; it compares bits before it measures."""

    def __init__(self, device, shape, options):
        self.device, self.shape, self.options = device, shape, options
        self.error, self.times, self.peak, self.result = None, [], 0, {}

    def turn(self, options):
        if self.error:
            return
        command = [options.spikegrad, "--quiet", "bench", "--json", "--shape", self.shape.name, "--device", self.device,
                   "--repeat", str(options.steps), "--batch", str(options.batch), "--variant", self.shape.variant]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            self.error = done.stderr.strip()[:400]
            return
        self.result = json.loads(done.stdout)["results"][0]
        scale = (options.batch or self.shape.batch) / self.result["samples"]  # the batch is smaller if memory is short
        self.times += [scale * ms for ms in self.result["steps_ms"]]
        self.peak = max(self.peak, self.result["peak_bytes"])

    def close(self):
        pass

    def row(self):
        r = self.result
        return {"name": "spikegrad " + self.device.split(":")[0], "form": f"{r.get('workers')} workers" if r.get("workers") else r.get("device_name", ""),
                "forms": {}, "version": r.get("driver", ""), "noise": "stochastic", "error": self.error,
                "step_ms": self.times, "peak_bytes": self.peak, "note": r.get("note", "") if r.get("samples") != (self.options.batch or self.shape.batch) else "", "details": r}


def measure(shape, devices, options):
    participants = []
    for device in devices:
        participants.append(Spikegrad(device, shape, options))
    for name, threads in PEERS:
        if options.accelerator != "cpu" and (name, threads) == ("spyx", 1):
            continue  # the host's threads do not matter there
        if options.peers and name not in options.peers.split(","):
            continue
        print(f"{shape.key}: {name} looks for its fastest form", file=sys.stderr)
        participants.append(Peer(name, threads, shape, options))
    for number in range(options.rounds):
        for participant in participants:
            participant.turn(options)
        print(f"{shape.key}: round {number + 1} of {options.rounds}", file=sys.stderr)
    rows = []
    for participant in participants:
        participant.close()
        row = participant.row()
        print(f"{shape.key}: {row['name']} {row['error'] or format(statistics.median(row['step_ms']), '.4g') + ' ms'}", file=sys.stderr)
        rows.append(row)
    return rows


def devices_of(spikegrad):
    """The CPU engine, and the newest lavapipe if there is one."""
    listed = json.loads(subprocess.run([spikegrad, "devices", "--json"], capture_output=True, text=True, check=True).stdout)
    found = ["cpu"]
    software = [d for d in listed["devices"] if "llvmpipe" in (d["name"] + d["driver"]).lower()]
    if software:
        newest = max(software, key=lambda d: [int(p) if p.isdigit() else 0 for p in d["driver_info"].replace("-", ".").replace(" ", ".").split(".")])
        found.append(newest["device"])
    return found + [d["device"] for d in listed["devices"] if d["type"] in ("discrete", "integrated")]


def machine():
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            name = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), name)
    except OSError:
        pass
    return {"processor": name, "processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version(),
            "load": os.getloadavg()[0], "date": datetime.date.today().isoformat()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spikegrad", help="the program")
    parser.add_argument("--shapes", default="", help="names, with or without a variant, separated by commas: C,'A T=8' (all)")
    parser.add_argument("--peers", default="", help="names, separated by commas: torch,spyx (all)")
    parser.add_argument("--devices", default="", help="of spikegrad (cpu, the newest lavapipe, and GPUs)")
    parser.add_argument("--accelerator", default="cpu", choices=["cpu", "cuda"], help="where the other libraries compute")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3, help="to time in a turn, at most")
    parser.add_argument("--seconds", type=float, default=20, help="after which a turn starts no further step")
    parser.add_argument("--patience", type=float, default=30, help="seconds: a slower first step is not repeated to find the best form")
    parser.add_argument("--batch", type=int, default=0, help="samples, 0: those of the shape")
    parser.add_argument("--output", default=str(HERE.parent), help="folder for RESULTS.md, results.json, results.svg and .png")
    options = parser.parse_args()
    options.spikegrad = str(Path(options.spikegrad).resolve())
    devices = options.devices.split(",") if options.devices else devices_of(options.spikegrad)
    wanted = [s for s in shapes() if not options.shapes or {s.name, s.key} & set(options.shapes.split(","))]
    if not wanted:
        raise SystemExit(f"--shapes {options.shapes}: there are A to H, and with variants " + ", ".join(s.key for s in shapes() if s.variant))
    not_installed = Path(sys.prefix).parent / "not-installed.txt"
    results = {"machine": machine(), "options": {k: v for k, v in vars(options).items() if k not in ("output", "spikegrad")},
               "not_installed": not_installed.read_text().splitlines() if not_installed.exists() else [], "shapes": {}}
    from report import write

    for shape in wanted:
        results["shapes"][shape.key] = {"batch": options.batch or shape.batch, "rows": measure(shape, devices, options)}
        write(results, Path(options.output))  # after every shape, so that an interrupted run keeps what it has


if __name__ == "__main__":
    main()
