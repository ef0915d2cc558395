"""Reads the event files of check-tensorboard.sh with both of TensorBoard's readers, and compares
them with the metrics of the runs: check_tensorboard.py FOLDER"""

import json
import struct
import sys
from pathlib import Path

from tensorboard.backend.event_processing import event_accumulator, plugin_event_accumulator

EVERYTHING = {kind: 0 for kind in ("scalars", "images", "histograms", "compressedHistograms", "tensors")}


def same(what, got, want):
    if got != want:
        sys.exit(f"{what}: {got}, want {want}")


def float32(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def read(folder, run):
    events = event_accumulator.EventAccumulator(str(folder / "events" / run), size_guidance=EVERYTHING)
    events.Reload()
    epochs = [json.loads(line) for line in (folder / run / "metrics.jsonl").read_text().splitlines()]
    steps = [epoch["updates"] for epoch in epochs]
    for tag, key in {"loss/train": "train_loss", "accuracy/validation": "validation_accuracy", "epoch": "epoch"}.items():
        got = [(s.step, s.value) for s in events.Scalars(tag)]
        same(f"{run}: {tag}", got, [(epoch["updates"], float32(epoch[key])) for epoch in epochs])
    same(f"{run}: updates", [s.step for s in events.Scalars("loss/update")], list(range(1, steps[-1] + 1)))
    for image in events.Images("raster"):
        same(f"{run}: a PNG", image.encoded_image_string[:8], b"\x89PNG\r\n\x1a\n")
        # Width and height are in the first chunk of a PNG.
        same(f"{run}: its size", (image.width, image.height), struct.unpack(">II", image.encoded_image_string[16:24]))
    same(f"{run}: rasters", [image.step for image in events.Images("raster")], steps)
    for tag in events.Tags()["histograms"]:
        same(f"{run}: {tag}", [h.step for h in events.Histograms(tag)], steps)
        for h in (h.histogram_value for h in events.Histograms(tag)):
            same(f"{run}: values in the buckets of {tag}", sum(h.bucket), h.num)
    # What feeds TensorBoard's pages, with everything as tensors.
    tensors = plugin_event_accumulator.EventAccumulator(str(folder / "events" / run), tensor_size_guidance={"tensors": 0})
    tensors.Reload()
    plugins = {tensors.SummaryMetadata(tag).plugin_data.plugin_name for tag in tensors.Tags()["tensors"]}
    same(f"{run}: plugins", plugins, {"scalars", "images", "histograms", "text"})
    return events


folder = Path(sys.argv[1])
whole, parts = read(folder, "whole"), read(folder, "parts")
same("tags", set(parts.Tags()["scalars"]), set(whole.Tags()["scalars"]))
for tag in ("loss/update", "spikes_per_neuron/update", "learning_rate"):
    same(f"{tag} of both", [(s.step, s.value) for s in parts.Scalars(tag)], [(s.step, s.value) for s in whole.Scalars(tag)])
print(f"TensorBoard reads {len(whole.Tags()['scalars'])} scalars, {len(whole.Tags()['histograms'])} histograms and the rasters of both runs")
