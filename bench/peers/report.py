"""Writes the results of compare.py as a page, JSON and a picture."""

import json
import statistics
import sys
from pathlib import Path

BEGIN = "<!-- peers: written by make bench-peers -->"
END = "<!-- peers: end -->"


def text(results):
    machine, options = results["machine"], results["options"]
    lines = [
        "## Peers on the same machine", "",
        f"{machine['processor']}, {machine['processors']} processors, {machine['system']}, Python {machine['python']}, {machine['date']}; "
        f"load before the first measurement {machine['load']:.2f}.", "",
        f"Whole training step: forward, backward, Adam. Programs take turns, {options['rounds']} rounds of at most {options['steps']} steps each; median, fastest and slowest "
        "step. Each peer runs in the fastest form found (eager with one and two threads, torch.compile or jit, steps as the first axis). "
        "spikegrad is stochastic in all shapes, the peers where the table says so. "
        "Ratio: the peer's time to that of spikegrad's CPU engine. Memory: growth of the resident set from before the network is built; "
        "for Vulkan, buffers on the device.", "",
    ]
    if options["batch"]:
        lines += [f"**A trial with a batch of {options['batch']} samples, not the batch of the shapes.**", ""]
    for missing in results["not_installed"]:
        lines.append(f"* not installed: {missing}")
    for key, shape in results["shapes"].items():
        lines += ["", f"### {key}, batch {shape['batch']}", "",
                  "| | form | noise | step ms (fastest–slowest) | samples/s | ratio | memory MiB |", "|---|---|---|---|---|---|---|"]
        own = next((statistics.median(r["step_ms"]) for r in shape["rows"] if r["name"] == "spikegrad cpu" and r["step_ms"]), None)
        for row in shape["rows"]:
            if not row["step_ms"]:
                lines.append(f"| {row['name']} | not measured: {(row['error'] or '').replace('|', '/')} | | | | | |")
                continue
            median = statistics.median(row["step_ms"])
            ratio = f"{median / own:.2f}" if own else ""
            lines.append(f"| {row['name']} | {row['form']} | {row['noise']} | {median:.4g} ({min(row['step_ms']):.4g}–{max(row['step_ms']):.4g}) "
                         f"| {1000 * shape['batch'] / median:.4g} | {ratio} | {row['peak_bytes'] / 2**20:.0f} |")
        for row in shape["rows"]:
            if row.get("note"):
                lines.append(f"\n{row['name']}: {row['note']}; its time is scaled to the whole batch.")
    versions = sorted({row["version"] for shape in results["shapes"].values() for row in shape["rows"] if row["version"]})
    return "\n".join(lines + ["", "Versions: " + "; ".join(versions) + ".", "", "![Training speed of all programs](results.svg)", ""])


def write(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    page = folder / "RESULTS.md"
    before = page.read_text() if page.exists() else "# Results\n\n" + BEGIN + "\n" + END + "\n"
    if BEGIN not in before:
        before += "\n" + BEGIN + "\n" + END + "\n"
    head, rest = before.split(BEGIN, 1)
    page.write_text(head + BEGIN + "\n" + text(results) + END + rest.split(END, 1)[1])
    picture(results, folder)


def picture(results, folder):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(row["name"] for shape in results["shapes"].values() for row in shape["rows"] if row["step_ms"]))
    # Blues for spikegrad, the colour-blind safe set of Okabe and Ito for the peers.
    palette = {"spikegrad cpu": "#0072B2", "spikegrad vulkan": "#56B4E9", "torch": "#D55E00", "snntorch": "#E69F00",
               "norse": "#CC79A7", "spikingjelly": "#999999", "spyx": "#009E73"}
    keys = list(results["shapes"])
    figure, axes = plt.subplots(figsize=(max(7, 1.1 + 1.15 * len(keys)), 4.2), layout="constrained")
    width = 0.84 / max(1, len(names))
    for i, name in enumerate(names):
        at, rates, low, high = [], [], [], []
        for k, key in enumerate(keys):
            shape = results["shapes"][key]
            best = min((r for r in shape["rows"] if r["name"] == name and r["step_ms"]), key=lambda r: statistics.median(r["step_ms"]), default=None)
            if best is None:
                continue
            rate = [1000 * shape["batch"] / ms for ms in best["step_ms"]]
            middle = 1000 * shape["batch"] / statistics.median(best["step_ms"])
            at.append(k + (i - (len(names) - 1) / 2) * width)
            rates.append(middle)
            low.append(max(0, middle - min(rate)))
            high.append(max(0, max(rate) - middle))
        axes.bar(at, rates, width * 0.92, yerr=[low, high], label=name, color=palette.get(name, "#000000"),
                 error_kw={"elinewidth": 0.8, "ecolor": "#333333"})
    axes.set_yscale("log")
    axes.set_xticks(range(len(keys)), keys)
    axes.set_xlabel("shape")
    axes.set_ylabel("training speed (samples / s)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    figure.legend(loc="outside upper center", ncols=min(len(names), 4), frameon=False)
    figure.savefig(folder / "results.svg", metadata={"Date": None})
    figure.savefig(folder / "results.png", dpi=160)
    plt.close(figure)


if __name__ == "__main__":
    write(json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2]))
