#!/usr/bin/env python3
"""Runs spikegrad for a long time and adds a row with the results to tests/SOAK.md.

    soak.py PROGRAM SECONDS SEED

A quarter of the time each: random networks on every device, runs that are killed at random
moments and resumed, the fuzz targets, and runs in one process whose memory is watched. Failures
are printed and lead to status 1; the row is added all the same.
"""
import json
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

CONFIG = """seed = 11
[data]
name = "randman"
steps = 30
[data.randman]
channels = 12
classes = 4
samples_per_class = 60
[[network.layer]]
neurons = 24
[training]
epochs = 3
batch = 8
checkpoint = 1
"""
HEADING = """# Soak

Rows of `make soak`: random networks compared bit for bit on every device, runs killed and resumed, inputs of the fuzz
targets, and the growth of memory over runs in one process. All are of the commit named or of it with changes (+).

| date | commit | seed | minutes | networks | values compared | devices | different | kills | lost | fuzz inputs | crashes | runs in one process | growth |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def run(*arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, **options)


def networks(program, until, seed, faults):
    """Random networks until the time is up."""
    total = {"networks": 0, "values": 0, "different": 0, "devices": set()}
    while True:
        done = run(program, "--quiet", "check", "--random", "10", "--seed", str(seed), "--json")
        seed += 1
        try:
            result = json.loads(done.stdout)
        except json.JSONDecodeError:
            faults.append(f"check --random 10 --seed {seed - 1}: {done.stderr.strip()}")
            result = {"devices": []}
        total["networks"] += 10 - result.get("skipped", 0)
        for device in result["devices"]:
            total["values"] += device["values"]
            total["different"] += device["different"]
            total["devices"].add(device["device"])  # a name contains the number of workers
            if device["different"] or device["error"]:
                faults.append(f"seed {seed - 1}, {device['device']}: {device.get('error')} {device.get('smallest', '')}")
        if time.monotonic() > until:
            return total


def kills(program, until, draw, faults):
    """Runs that are killed until they finish by themselves; each must end with the same weights."""
    total = {"kills": 0, "lost": 0}
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/run.toml", "w").write(CONFIG)
        train = [program, "--quiet", "train", "--device", "cpu", "--json"]
        begun = time.monotonic()
        whole = json.loads(run(*train, f"{folder}/run.toml", "--out", f"{folder}/whole").stdout)
        length = time.monotonic() - begun
        number = 0
        while time.monotonic() < until:
            number += 1
            out = f"{folder}/run{number}"
            while True:
                if os.path.exists(f"{out}/summary.json"):  # killed between its last file and its end
                    if json.load(open(f"{out}/summary.json"))["weights_sha256"] != whole["weights_sha256"]:
                        total["lost"] += 1
                        faults.append("a killed run ends in other weights")
                    break
                new = not os.path.exists(f"{out}/config.toml")
                where = [f"{folder}/run.toml", "--out", out] if new else ["--resume", out]
                worker = subprocess.Popen([*train, *where, "--workers", str(draw.randint(1, 3))], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                try:
                    stdout, stderr = worker.communicate(timeout=draw.uniform(0, length))
                except subprocess.TimeoutExpired:
                    worker.send_signal(signal.SIGKILL)
                    worker.communicate()
                    total["kills"] += 1
                    continue
                if worker.returncode != 0:
                    total["lost"] += 1
                    faults.append(f"a killed run does not go on: {stderr.strip()}")
                elif json.loads(stdout)["weights_sha256"] != whole["weights_sha256"]:
                    total["lost"] += 1
                    faults.append("a killed run ends in other weights")
                break
    return total


def fuzz(seconds, faults):
    """Every fuzz target for its share of the time."""
    total = {"inputs": 0, "crashes": 0}
    targets = []
    for found in run("grep", "-rn", "--include=*_test.go", "^func Fuzz", "host").stdout.splitlines():
        path, _, line = found.split(":", 2)
        targets.append((os.path.dirname(path), re.match(r"func (Fuzz\w+)", line).group(1)))
    for package, target in sorted(targets):
        share = max(5, int(seconds / len(targets)))
        done = run("go", "test", "-vet=off", "-run", "^$", "-fuzz", f"^{target}$", "-fuzztime", f"{share}s", "-fuzzminimizetime", "5x", f"./{package}")
        counts = re.findall(r"execs: (\d+)", done.stdout)
        total["inputs"] += int(counts[-1]) if counts else 0
        if done.returncode != 0:
            total["crashes"] += 1
            faults.append(f"{package} {target}: {done.stdout[-2000:]}{done.stderr[-500:]}")
    return total


def memory(seconds, faults):
    """Runs in one process."""
    done = run("go", "test", "./host/train", "-vet=off", "-count", "1", "-v", "-timeout", "0", "-run", "^TestMemoryOverRuns$", "-args", "-memory-time", f"{int(seconds)}s")
    found = re.search(r"(\d+) runs, growth (-?[\d.]+) KiB a run", done.stdout)
    if done.returncode != 0 or not found:
        faults.append(f"memory over runs: {done.stdout[-2000:]}{done.stderr[-500:]}")
    return (int(found.group(1)), found.group(2)) if found else (0, "unknown")


def main():
    program, seconds, seed = os.path.abspath(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    begun, faults, draw = time.monotonic(), [], random.Random(seed)
    compared = networks(program, begun + seconds / 4, seed, faults)
    killed = kills(program, time.monotonic() + seconds / 4, draw, faults)
    fuzzed = fuzz(seconds / 4, faults)
    runs, growth = memory(seconds / 4, faults)
    commit = run("git", "rev-parse", "--short", "HEAD").stdout.strip() + ("+" if run("git", "status", "--porcelain", "--untracked-files=no").stdout.strip() else "")
    row = [time.strftime("%Y-%m-%d"), commit, seed, f"{(time.monotonic() - begun) / 60:.0f}", compared["networks"], f"{compared['values']:,}",
           len(compared["devices"]), compared["different"], killed["kills"], killed["lost"], f"{fuzzed['inputs']:,}", fuzzed["crashes"], runs, f"{growth} KiB a run"]
    path = "tests/SOAK.md"
    if not os.path.exists(path):
        open(path, "w").write(HEADING)
    lines = open(path).read().splitlines()
    last = max(i for i, line in enumerate(lines) if line.startswith("|"))  # remarks may follow the table
    lines.insert(last + 1, "| " + " | ".join(str(cell) for cell in row) + " |")
    open(path, "w").write("\n".join(lines) + "\n")
    for name, value in zip(HEADING.strip().splitlines()[-2].strip("| ").split(" | "), row):
        print(f"{name:22}{value}")
    for fault in faults:
        print("FAULT:", fault)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
