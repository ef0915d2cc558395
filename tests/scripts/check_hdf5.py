#!/usr/bin/env python3
"""Writes HDF5 files with h5py, to compare spikegrad's reader with it.

    check_hdf5.py FOLDER FILES   random files, and expected.json beside them
    check_hdf5.py --fixtures FOLDER   the small files of host/hdf5/testdata
    check_hdf5.py --nir FILE   host/nir/testdata/metadata.nir

Every dataset is either expected with its shape and values as h5py reads them back (SHA-256 of
their text, so that nothing is rounded), or must be refused with a reason that contains the given
words. The test TestFilesOfH5py of host/hdf5 compares.
"""
import ctypes
import hashlib
import json
import math
import os
import sys

import h5py
import numpy as np

LIBVERS = ["earliest", "v108", "v110", "v112", "v114", "latest"]
UNREADABLE = ["scaleoffset", "nbit", "szip", "compound", "array", "opaque", "reference", "bits", "double", "complex", "external", "virtual", "third"]
NAMES = ["plain", "Schicht_ä", "層", "имя", "with space", "x" * 200, "Ω"]


def text_of(value):
    """The text of an element, the same as the Go program's."""
    if isinstance(value, (bytes, np.bytes_)):
        return "t" + bytes(value).hex()
    if isinstance(value, str):
        return "t" + value.encode("utf-8", "surrogateescape").hex()
    if isinstance(value, (bool, np.bool_)):
        return "i%d" % int(value)
    if isinstance(value, (int, np.integer)):
        return "i%d" % int(value)
    value = float(value)
    return "fnan" if math.isnan(value) else "f" + np.array(value, ">f8").tobytes().hex()


def digest(dataset):
    """Shape and values of a dataset as h5py reads them back."""
    array, rows = dataset[()], h5py.check_vlen_dtype(dataset.dtype)
    if isinstance(array, h5py.Empty):
        return {"shape": None, "digest": hashlib.sha256(b"").hexdigest()}
    elements = [array] if rows and dataset.shape == () else np.asarray(array).ravel()
    hash = hashlib.sha256()
    for element in elements:
        if isinstance(element, np.ndarray):
            element = element.view(rows)  # h5py loses the byte order
            hash.update(("[" + ",".join(text_of(e) for e in element) + "]\n").encode())
        else:
            hash.update((text_of(element) + "\n").encode())
    return {"shape": list(dataset.shape), "digest": hash.hexdigest()}


class Writer:
    """Writes one random file and records its expected content."""

    def __init__(self, path, seed):
        self.random = np.random.default_rng(seed)
        self.path, self.expected, self.noted, self.masks = path, {}, [], []
        self.choose = lambda options: options[self.random.integers(len(options))]
        self.chance = lambda p: self.random.random() < p

    def write(self):
        low = self.choose(LIBVERS)
        high = self.choose([low, "latest"]) if low != "earliest" else "latest"
        options = {"libver": (low, high), "track_order": bool(self.chance(0.3))}
        if self.chance(0.2):
            options["userblock_size"] = int(self.choose([512, 1024, 4096]))
        with h5py.File(self.path, "w", **options) as file:
            self.order = options["track_order"]
            groups = [file]
            for _ in range(self.random.integers(0, 4)):
                parent = self.choose(groups)
                groups.append(parent.create_group(self.name(parent), track_order=bool(self.chance(0.3))))
            if self.chance(0.1):
                self.crowd(self.choose(groups))
            for _ in range(self.random.integers(2, 7)):
                self.dataset(self.choose(groups))
            self.links(file, groups)
        if "userblock_size" in options:
            with open(self.path, "r+b") as raw:
                raw.write(self.random.bytes(100))
        return self.finish()

    def finish(self):
        """Reads back what is expected."""
        # The library remembers outdated chunk masks until it is closed.
        with h5py.File(self.path, "r") as file:
            for path in self.noted:
                self.expected[path] = digest(file[path])
            for path, values in self.masks:
                if not np.array_equal(file[path][()], values):
                    raise SystemExit("%s, %s: h5py reads other values" % (self.path, path))
        return self.expected

    def name(self, group):
        base = self.choose(NAMES)
        return base if base not in group else "%s %d" % (base, len(group))

    def crowd(self, group):
        """Enough members for trees with several levels and heaps with several blocks."""
        for i in range(int(self.choose([9, 30, 700]))):
            name = "member %d %s" % (i, self.choose(NAMES))
            if i % 50:
                group[name] = h5py.SoftLink("/nowhere")
                self.refuse(group, name, "not exist")
            else:
                group[name] = np.int16(i)
                self.note(group, name)

    def path_of(self, group, name):
        return group.name.rstrip("/") + "/" + name

    def note(self, group, name):
        self.noted.append(self.path_of(group, name))

    def refuse(self, group, name, words):
        self.expected[self.path_of(group, name)] = {"refused": words}

    def values(self, shape):
        """Random values of a random type."""
        size = int(np.prod(shape, dtype=np.int64))
        order = self.choose("<>")
        kind = self.choose(["i", "u", "f", "f", "bool", "enum", "fixed", "utf8", "variable", "rows"])
        few = self.chance(0.5)  # so that there is something to pack
        if kind in "iu":
            width = int(self.choose([1, 2, 4, 8]))
            info = np.iinfo("%s%d" % (kind, width))
            low, high = (0, 5) if few else (info.min, min(info.max, 2**63 - 1))
            return self.random.integers(low, high, size, dtype="i8", endpoint=True).astype("%s%s%d" % (order, kind, width)).reshape(shape), None
        if kind == "f":
            values = self.random.integers(0, 4, size) / 8 if few else self.random.normal(0, 100, size)
            values = values.astype("%sf%d" % (order, self.choose([2, 4, 8])))
            if size and self.chance(0.3):
                values[self.random.integers(size)] = self.choose([np.nan, np.inf, -np.inf, -0.0])
            return values.reshape(shape), None
        if kind == "bool":
            return (self.random.random(size) < 0.5).reshape(shape), None
        if kind == "enum":
            type = h5py.enum_dtype({"one": 1, "two": 2, "far": 100}, basetype=order + "i2")
            return self.random.choice([1, 2, 100], size).astype(type).reshape(shape), type
        words = ["", "a", "spike", "fünf", "層", "much longer than the others " * 3]
        if kind == "fixed":
            values = np.array([self.choose(["", "a", "spike", "a b ", "longer text"]) for _ in range(size)], dtype="S%d" % self.choose([11, 12, 40]))
            return values.reshape(shape), None
        if kind == "utf8":
            type = h5py.string_dtype("utf-8", 120)
            return np.array([self.choose(words).encode() for _ in range(size)], dtype=type).reshape(shape), type
        if kind == "variable":
            values = np.empty(size, dtype=object)
            values[:] = [self.choose(words) for _ in range(size)]
            return values.reshape(shape), h5py.string_dtype(self.choose(["utf-8", "utf-8"]))
        base = np.dtype(order + self.choose(["f2", "f4", "f8", "u1", "u2", "i4", "i8"]))
        values = np.empty(size, dtype=object)
        for i in range(size):
            values[i] = self.random.integers(0, 100, self.choose([0, 1, 3, 30])).astype(base)
        return values.reshape(shape), h5py.vlen_dtype(base)

    def dataset(self, group):
        name = self.name(group)
        odd = self.random.random()
        if odd < 0.04:
            group[name] = h5py.Empty(self.choose(["f4", "i2", "S3"]))
            return self.note(group, name)
        if odd < 0.12:
            return self.unreadable(group, name)
        if odd < 0.2:
            return self.masked(group, name)
        if odd < 0.25:
            return self.compact(group, name)
        if odd < 0.3:
            return self.edges(group, name)
        rank = int(self.choose([0, 1, 1, 1, 2, 2, 3]))
        shape = tuple(int(n) for n in self.random.integers(0 if self.chance(0.1) else 1, 24 if rank < 3 else 9, rank))
        if rank == 1 and self.chance(0.2):
            shape = (int(self.random.integers(100, 3000)),)
        values, type = self.values(shape)
        options = {}
        if rank and 0 not in shape and self.chance(0.75):
            options = self.storage(shape, type if type is not None else values.dtype)
        dataset = group.create_dataset(name, shape, dtype=type if type is not None else values.dtype, **options)
        if dataset.chunks and self.chance(0.3):
            self.partly(dataset, values)
        elif shape == () or values.size:
            if values.dtype == object and shape != ():
                for place in np.ndindex(shape):
                    dataset[place] = values[place]
            else:
                dataset[()] = values[()] if values.dtype != object else values.item()
        if dataset.chunks and dataset.maxshape != shape and self.chance(0.5):
            larger = tuple(n if m is not None and m <= n else min(n + 5, m or n + 5) for n, m in zip(shape, dataset.maxshape))
            dataset.resize(larger if self.chance(0.6) else tuple(max(1, n - 3) if m is None or m > n else n for n, m in zip(shape, dataset.maxshape)))
        self.note(group, name)

    def storage(self, shape, type):
        options = {"chunks": tuple(int(self.random.integers(1, n + 3)) for n in shape)}
        if self.chance(0.3):
            options["chunks"] = tuple(max(1, n // 3) for n in shape)
        largest = []
        for n in shape:
            largest.append(self.choose([None, n, n + 7, 10 * n]) if self.chance(0.6) else n)
        if any(m != n for m, n in zip(largest, shape)):
            options["maxshape"] = tuple(largest)
        options["chunks"] = tuple(min(c, m) if m is not None else c for c, m in zip(options["chunks"], largest))
        if self.chance(0.7):
            packing = self.choose(["gzip", "gzip", "lzf", "lzf", None])
            if packing:
                options["compression"] = packing
            if packing == "gzip":
                options["compression_opts"] = int(self.random.integers(0, 10))
            options["shuffle"] = bool(self.chance(0.5))
            plain = np.dtype(type).kind != "O"
            options["fletcher32"] = bool(plain and self.chance(0.4))
        if np.dtype(type).kind in "iuf" and h5py.check_enum_dtype(np.dtype(type)) is None and self.chance(0.4):
            options["fillvalue"] = 7
        return options

    def partly(self, dataset, values):
        """Leaves chunks out."""
        for start in range(0, dataset.shape[0], dataset.chunks[0]):
            if self.chance(0.5):
                rows = range(start, min(start + dataset.chunks[0], dataset.shape[0]))
                for row in rows:
                    if values.dtype == object:
                        for place in np.ndindex(values.shape[1:]):
                            dataset[(row,) + place] = values[(row,) + place]
                    else:
                        dataset[row] = values[row]

    def unreadable(self, group, name, kind=None):
        """Datasets that must be refused, with a word that the reason must contain."""
        kind = kind or self.choose(UNREADABLE)
        values = self.random.integers(0, 100, 64)
        if kind == "scaleoffset":
            group.create_dataset(name, data=values.astype("i4"), chunks=(16,), scaleoffset=0)
        elif kind == "szip":
            if not h5py.h5z.filter_avail(h5py.h5z.FILTER_SZIP) or not h5py.h5z.get_filter_info(h5py.h5z.FILTER_SZIP) & 1:
                return
            group.create_dataset(name, data=np.sort(values).astype("i4"), chunks=(64,), compression="szip")
        elif kind in ("nbit", "third"):
            create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            create.set_chunk((16,))
            if kind == "nbit":
                create.set_filter(h5py.h5z.FILTER_NBIT, 0, ())
            else:
                create.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
            type = h5py.h5t.STD_I32LE.copy()
            if kind == "nbit":
                type.set_precision(17)
            space = h5py.h5s.create_simple((64,))
            dataset = h5py.Dataset(h5py.h5d.create(group.id, name.encode(), type, space, create))
            if kind == "nbit":
                dataset[...] = values
                return self.refuse(group, name, "17 bits")
            # As packed by a plugin.
            for start in range(0, 64, 16):
                dataset.id.write_direct_chunk((start,), b"\x28\xb5\x2f\xfd" + self.random.bytes(20), 0)
            return self.refuse(group, name, "zstd")
        elif kind == "compound":
            group[name] = np.zeros(3, dtype=[("a", "f4"), ("b", "i2")])
        elif kind == "array":
            group.create_dataset(name, (3,), dtype=np.dtype(("f4", (2,))))
        elif kind == "opaque":
            group[name] = np.zeros(3, dtype="V5")
        elif kind == "reference":
            group.create_dataset(name, data=group.ref, dtype=h5py.ref_dtype)
        elif kind == "bits":
            h5py.h5d.create(group.id, name.encode(), h5py.h5t.STD_B16LE, h5py.h5s.create_simple((4,)))
            kind = "bit field"
        elif kind == "double":
            group[name] = np.zeros(3, dtype=np.longdouble)
            kind = "floats of 16 bytes"
        elif kind == "complex":
            group[name] = np.zeros(3, dtype="c8")
            kind = "compound"
        elif kind == "external":
            group.create_dataset(name, (4,), dtype="i4", external=[("elsewhere.raw", 0, 16)])
        elif kind == "virtual":
            layout = h5py.VirtualLayout((4,), dtype="i4")
            layout[:] = h5py.VirtualSource("elsewhere.h5", "x", (4,))
            try:
                group.create_virtual_dataset(name, layout)
            except (ValueError, RuntimeError):  # not in files for old libraries
                return
        self.refuse(group, name, kind)

    def masked(self, group, name):
        """Chunks, some of which were not packed with all filters."""
        packing = self.choose([{"compression": "gzip", "shuffle": True}, {"compression": "lzf", "shuffle": True}, {"compression": "gzip"}, {"shuffle": True, "fletcher32": True}])
        values = self.random.integers(0, 9, (40, 3)).astype(self.choose(["<i4", ">f8", "<u2"]))
        dataset = group.create_dataset(name, data=values, chunks=(10, 3), maxshape=self.choose([(None, 3), (40, 3), (None, None)]), **packing)
        filters = dataset.id.get_create_plist().get_nfilters()
        for start in range(0, 40, 10):
            if self.chance(0.6):
                dataset.id.write_direct_chunk((start, 0), values[start:start + 10].tobytes(), (1 << filters) - 1)
            elif filters > 1 and "compression" in packing and self.chance(0.7):
                part = values[start:start + 10]
                shuffled = np.frombuffer(part.tobytes(), "u1").reshape(-1, part.itemsize).T.tobytes()
                dataset.id.write_direct_chunk((start, 0), shuffled, 2)
        self.note(group, name)
        self.masks.append((self.path_of(group, name), values))

    def compact(self, group, name):
        create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        create.set_layout(h5py.h5d.COMPACT)
        values = self.random.normal(0, 1, 50).astype(">f4")
        type = h5py.h5t.py_create(values.dtype)
        if self.chance(0.5):
            type.commit(group.id, (name + " type").encode())
            self.refuse(group, name + " type", "committed")
        dataset = h5py.Dataset(h5py.h5d.create(group.id, name.encode(), type, h5py.h5s.create_simple((50,)), create))
        dataset[...] = values
        self.note(group, name)

    def edges(self, group, name):
        """Chunks beyond the edge that are not packed: an option that h5py does not support."""
        create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        create.set_chunk((4, 7))
        create.set_deflate(6)
        if library.H5Pset_chunk_opts(ctypes.c_int64(create.id), ctypes.c_uint(2)) < 0:
            raise SystemExit("H5Pset_chunk_opts failed")
        largest = self.choose([(10, 20), (h5py.h5s.UNLIMITED, 20), (h5py.h5s.UNLIMITED,) * 2])
        space = h5py.h5s.create_simple((10, 20), largest)
        try:
            dataset = h5py.Dataset(h5py.h5d.create(group.id, name.encode(), h5py.h5t.IEEE_F32LE, space, create))
        except ValueError:  # not in files for old libraries
            return
        dataset[...] = self.random.integers(0, 4, (10, 20))
        self.note(group, name)

    def links(self, file, groups):
        if self.noted and self.chance(0.5):
            target = self.choose(self.noted)
            group = self.choose(groups)
            name = "soft " + self.choose(NAMES)
            group[name] = h5py.SoftLink(target)
            self.note(group, name)
            group["of a link " + name] = h5py.SoftLink(name)
            self.note(group, "of a link " + name)
            if "hard" not in group:
                group["hard"] = file[target]
                self.note(group, "hard")
        if self.chance(0.2) and "external link" not in file:
            file["external link"] = h5py.ExternalLink("elsewhere.h5", "/x")
            self.refuse(file, "external link", "external link")
            file["circle"] = h5py.SoftLink("/circle")
            self.refuse(file, "circle", "circles")


def loaded_library():
    """The HDF5 library that h5py has loaded."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "/libhdf5-" in line or "/libhdf5.so" in line}
    return ctypes.CDLL(paths.pop())


def fixtures(folder):
    """Small files, each with a few structures and at most 300 numbers per dataset."""
    expected = {}

    def file(name, **options):
        writer = Writer(os.path.join(folder, name + ".h5"), 1)
        return writer, h5py.File(writer.path, "w", **options)

    def done(writer, file):
        file.close()
        expected[os.path.basename(writer.path)] = writer.finish()

    def keep(writer, group, name, values, **options):
        group.create_dataset(name, data=values, **options)
        writer.note(group, name)

    numbers = np.arange(300, dtype="<i4") % 7
    repeated = np.concatenate([np.zeros(290, "<i4"), np.arange(10, dtype="<i4")])
    for name, options in (("old_names", {"libver": "earliest"}), ("new_names", {"libver": "latest", "track_order": True})):
        writer, out = file(name, **options)
        keep(writer, out, "Schicht_ä", numbers[:3])
        for i in range(260):
            out["link %d" % i] = h5py.SoftLink("/Schicht_ä" if i % 2 else "/nowhere")
            writer.note(out, "link %d" % i) if i % 2 else writer.refuse(out, "link %d" % i, "not exist")
        done(writer, out)
    for name, options in (("links_old", {"libver": "earliest", "userblock_size": 512}), ("links_new", {"libver": "latest"})):
        writer, out = file(name, **options)
        group = out.create_group("层").create_group("inner")
        keep(writer, group, "x", numbers[:5])
        group["soft"] = h5py.SoftLink("x")
        group["over there"] = h5py.SoftLink("/层/inner/soft")
        group["circle"] = h5py.SoftLink("circle")
        out["hard"] = group["x"]
        out["external"] = h5py.ExternalLink("elsewhere.h5", "/x")
        for place, link in ((group, "soft"), (group, "over there"), (out, "hard")):
            writer.note(place, link)
        writer.refuse(group, "circle", "circles")
        writer.refuse(out, "external", 'to /x in file "elsewhere.h5"')
        done(writer, out)
    for name, libver in (("chunks_old", "earliest"), ("chunks_new", "latest")):
        writer, out = file(name, libver=libver)
        square = numbers[:280].reshape(20, 14)
        keep(writer, out, "one", square, chunks=(20, 14))
        keep(writer, out, "one packed", square, chunks=(20, 14), compression="gzip")
        keep(writer, out, "fixed", square, chunks=(6, 4), maxshape=(40, 30))
        keep(writer, out, "fixed packed", square, chunks=(6, 4), compression="gzip", shuffle=True, fletcher32=True)
        keep(writer, out, "grows", square, chunks=(6, 4), maxshape=(20, None))
        keep(writer, out, "grows packed", square, chunks=(3, 2), maxshape=(None, 14), compression="lzf")
        keep(writer, out, "grows twice", square, chunks=(6, 4), maxshape=(None, None))
        keep(writer, out, "grows twice packed", square, chunks=(3, 2), maxshape=(None, None), compression="gzip", fletcher32=True)
        for sparse, largest in (("sparse", (3000,)), ("sparse and growing", (None,))):
            dataset = out.create_dataset(sparse, (3000,), "u1", chunks=(2,), maxshape=largest, fillvalue=9)
            dataset[1001], dataset[2998] = 1, 2
            writer.note(out, sparse)
        # So far out that the chunk array has pages.
        dataset = out.create_dataset("far", (140000,), "u1", chunks=(1,), maxshape=(None,))
        for i in (0, 5, 30, 100, 1000, 131999, 132500, 139999):
            dataset[i] = 1 + i % 250
        writer.note(out, "far")
        create = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        create.set_chunk((6, 4))
        create.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        dataset = h5py.Dataset(h5py.h5d.create(out.id, b"early", h5py.h5t.STD_I32BE, h5py.h5s.create_simple((20, 14)), create))
        dataset[...] = square
        writer.note(out, "early")
        if libver == "latest":
            writer.edges(out, "edges")
        done(writer, out)
    writer, out = file("filters")
    for name, values in (("numbers", numbers), ("long matches", repeated), ("noise", np.random.default_rng(1).integers(0, 256, 300, dtype="u1"))):
        for packing in ({"compression": "gzip"}, {"compression": "lzf"}, {"compression": "lzf", "shuffle": True, "fletcher32": True}, {"shuffle": True}, {"fletcher32": True}):
            keep(writer, out, name + " " + " ".join("%s" % v if v is not True else k for k, v in packing.items()), values, chunks=(300,), **packing)
    done(writer, out)
    writer, out = file("masks")
    for i in range(8):
        writer.masked(out, "masked %d" % i)
    done(writer, out)
    writer, out = file("types")
    for type in ("i1", "u1", "<i2", ">i2", "<u4", ">u4", "<i8", ">u8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
        keep(writer, out, type, np.array([-3 if "i" in type or "f" in type else 3, 100, 0, 1], dtype=type))
        rows = out.create_dataset("rows " + type, (3,), h5py.vlen_dtype(np.dtype(type)), chunks=(2,), compression="lzf")
        rows[0], rows[2] = np.arange(3).astype(type), np.arange(5).astype(type)
        writer.note(out, "rows " + type)
    keep(writer, out, "bool", np.array([True, False]))
    keep(writer, out, "scalar", np.float32(1.5))
    keep(writer, out, "text", "fünf")
    keep(writer, out, "texts", ["eins", "zwei", "", "fünf"])
    keep(writer, out, "fixed texts", np.array([b"ab ", b"", b"abcde"]))
    keep(writer, out, "no rows", np.zeros((0, 3)))
    out["null"] = h5py.Empty("f4")
    writer.note(out, "null")
    spaces = h5py.h5t.C_S1.copy()
    spaces.set_size(6)
    spaces.set_strpad(h5py.h5t.STR_SPACEPAD)
    dataset = h5py.h5d.create(out.id, b"spaces", spaces, h5py.h5s.create_simple((2,)))
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"ab", b"a b"], dtype="S6"))
    writer.note(out, "spaces")
    writer.compact(out, "compact")
    done(writer, out)
    writer, out = file("refused", libver="v110")
    for kind in UNREADABLE:
        writer.unreadable(out, kind, kind)
    done(writer, out)
    writer, out = file("labels_lzf")
    keep(writer, out, "labels", np.random.default_rng(0).integers(0, 4, 1000).astype("u2"), compression="lzf")
    done(writer, out)
    return expected


def metadata(path):
    """A NIR graph with metadata of another program, names beyond ASCII, and lzf."""
    weights = {"up": np.arange(6, dtype="f4").reshape(2, 3) / 8, "weigh": np.ones((2, 2), dtype="f4")}
    common = {"tau_mem": 0.02, "tau_syn": 0.01, "r": 1.0, "v_leak": 0.0, "w_in": 10.0}
    with h5py.File(path, "w", libver="latest") as file:
        file["version"], file["node/type"] = "1.0.8", "NIRGraph"
        file["node/edges"] = np.array([["in", "up"], ["up", "Schicht_ä"], ["Schicht_ä", "weigh"], ["weigh", "sum"], ["sum", "out"]], dtype=h5py.string_dtype())
        data = file.create_group("node/metadata")
        data["flag"], data["none"], data["null"], data["config"] = True, np.zeros((0, 4)), h5py.Empty("f4"), "beta: 0.9"
        data["record"] = np.zeros(2, dtype=[("a", "f4")])
        data["elsewhere"] = h5py.ExternalLink("elsewhere.h5", "/x")
        data["itself"] = h5py.SoftLink("/node/metadata/itself")
        nodes = file.create_group("node/nodes")
        for name, kind, members in (("in", "Input", {"shape": [3]}), ("out", "Output", {"shape": [2]}), ("up", "Linear", {}), ("weigh", "Linear", {}),
                                    ("Schicht_ä", "CubaLIF", {"v_threshold": 1.0, "v_reset": 0.0, **common}), ("sum", "CubaLI", common)):
            node = nodes.create_group(name)
            node["type"] = kind
            for key, value in members.items():
                node[key] = value if key == "shape" else np.full(2, value)
            if name in weights:
                node.create_dataset("weight", data=weights[name], compression="lzf")


def save(folder, expected):
    with open(os.path.join(folder, "expected.json"), "w") as out:
        json.dump(expected, out, indent=1, ensure_ascii=False, sort_keys=True)
        out.write("\n")


if __name__ == "__main__":
    library = loaded_library()
    if sys.argv[1] == "--fixtures":
        folder = sys.argv[2]
        save(folder, fixtures(folder))
    elif sys.argv[1] == "--nir":
        metadata(sys.argv[2])
    else:
        folder = sys.argv[1]
        save(folder, {"%04d.h5" % seed: Writer(os.path.join(folder, "%04d.h5" % seed), seed).write() for seed in range(int(sys.argv[2]))})
