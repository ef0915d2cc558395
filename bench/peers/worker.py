"""Measures one library on one shape, step by step as it is told.

Started by compare.py with a library, a shape and a number of threads (0: the best).
It makes the network, tries its forms (eager and compiled, one and two threads) and
keeps the fastest; then every line that it reads says how many steps to time, at most
for how many seconds, and is answered by one line of JSON.
"""

import ctypes
import gc
import json
import os
import sys
import time
import warnings

warnings.filterwarnings("ignore")


def memory(key):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(key):
                return int(line.split()[1]) * 1024
    return 0


def give_back():
    """Has the C library give free memory back, so that what follows is seen to grow."""
    gc.collect()
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except OSError:
        pass  # another C library


def timed(trainer):
    begin = time.perf_counter()
    loss = trainer.step()
    if loss != loss:
        raise ArithmeticError("the loss is not a number")
    return time.perf_counter() - begin


def best_form(make, forms, patience):
    """Tries the forms, the compiled one with the better number of threads; returns the
    fastest form, its name and what was found, by name."""
    found, best = {}, None
    while forms:
        form = forms[0]
        forms = forms[1:]
        if form["threads"] == 0:
            form["threads"] = best[1]["threads"] if best else 1
        name = f"{'compiled' if form['compile'] else 'eager'}, {form['threads']} thread{'s' if form['threads'] > 1 else ''}"
        begin = time.perf_counter()
        try:
            trainer = make(form)
            first = timed(trainer)  # compiles, warms up
            seconds = first if first > patience and not form["compile"] else timed(trainer)
            found[name] = 1000 * seconds
            if best is None or seconds < best[0]:
                best = (seconds, form, name)
        except Exception as error:  # a form that does not work is named, the others are measured
            found[name] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"[:200]
        trainer = None
        gc.collect()
        print(f"{name}: {found[name]} ({time.perf_counter() - begin:.0f} s)", file=sys.stderr)
    if best is None:
        raise RuntimeError("; ".join(f"{name}: {error}" for name, error in found.items()))
    return best[1], best[2], found


def main():
    peer, key, batch, threads, patience, accelerator = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), sys.argv[6]
    if threads == 1 and peer == "spyx" and accelerator == "cpu":
        os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})
    from shapes import find

    shape = find(key, batch)
    if peer == "spyx":
        import jax_models as models

        make, version = lambda form: models.Trainer(shape, form), models.versions()
        forms = [{"threads": threads, "compile": True}]
    else:
        import torch_models as models

        make, version = lambda form: models.Trainer(peer, shape, form, accelerator), models.versions(peer)
        forms = models.forms(accelerator)
    form, name, found = best_form(make, forms, patience)
    give_back()
    before = memory("VmRSS:")
    trainer = make(form)
    timed(trainer)
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
    noise = "stochastic" if shape.stochastic and peer != "norse" else "deterministic"
    print(json.dumps({"form": name, "forms": found, "version": version, "noise": noise}), flush=True)
    for line in sys.stdin:
        steps, seconds = line.split()
        end, times = time.perf_counter() + float(seconds), []
        while len(times) < int(steps) and (not times or time.perf_counter() < end):
            times.append(1000 * timed(trainer))
        print(json.dumps({"step_ms": times, "peak_bytes": models.device_memory(accelerator) or max(0, memory("VmHWM:") - before)}), flush=True)


try:
    main()
except Exception as error:
    print(json.dumps({"error": f"{type(error).__name__}: {error}"[:400]}), flush=True)
    raise SystemExit(1)
