# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare ext/prebuilt_shims/hash_*.c with hashlib. A program: a shared object on its command line, JSON on stdout."""

from __future__ import annotations

import ctypes
import hashlib
import json
import sys
from collections.abc import Callable

LIBRARY = ctypes.CDLL(sys.argv[1])
SIZES = (0, 1, 3, 55, 56, 63, 64, 65, 71, 72, 111, 112, 127, 128, 129, 135, 136, 137, 143, 144, 167, 168, 1000, 5000)
MD = {"md5": ("MD5", ""), "sha1": ("SHA1", "")} | {f"sha{n}": ("SHA2", f"_{n}") for n in (224, 256, 384, 512)}
SHA3 = {"sha3_256": 8, "sha3_224": 9, "sha3_384": 10, "sha3_512": 11, "shake_128": 12, "shake_256": 13}


class Params(ctypes.Structure):
    """HACL*'s parameters of BLAKE2."""

    _fields_ = [(name, ctypes.c_uint8) for name in ("digest_length", "key_length", "fanout", "depth")]
    _fields_ += [("leaf_length", ctypes.c_uint32), ("node_offset", ctypes.c_uint64)]
    _fields_ += [("node_depth", ctypes.c_uint8), ("inner_length", ctypes.c_uint8)]
    _fields_ += [("salt", ctypes.c_char_p), ("personal", ctypes.c_char_p)]


def function(name: str, result: object = ctypes.c_uint8) -> Callable[..., object]:
    found = LIBRARY[f"_Py_LibHacl_Hacl_Hash_{name}"]
    found.restype = result
    return found


def fed(state: object, update: Callable[..., object], data: bytes) -> ctypes.c_void_p:
    """Feed data in two parts."""
    pointer = ctypes.c_void_p(state)  # type: ignore[arg-type]
    cut = len(data) // 3
    for part in (data[:cut], data[cut:]):
        update(pointer, part, ctypes.c_uint32(len(part)))
    return pointer


def md(name: str, data: bytes, size: int) -> bytes:
    family, variant = MD[name]
    shared = {"_224": "_256", "_384": "_512"}.get(variant, variant)
    state = fed(function(f"{family}_malloc{variant}", ctypes.c_void_p)(), function(f"{family}_update{shared}"), data)
    output = ctypes.create_string_buffer(size)
    function(f"{family}_digest{shared}")(state, output)
    return output.raw


def sha3(name: str, data: bytes, size: int) -> bytes:
    state = fed(function("SHA3_malloc", ctypes.c_void_p)(SHA3[name]), function("SHA3_update"), data)
    output = ctypes.create_string_buffer(size)
    if name.startswith("shake"):
        function("SHA3_squeeze")(state, output, size)
    else:
        function("SHA3_digest")(state, output)
    return output.raw


def blake2(name: str, data: bytes, given: dict[str, int], key: bytes, size: int) -> bytes:
    kind = {"blake2b": "Blake2b_Simd256", "blake2s": "Blake2s"}[name]
    params = Params(size, len(key), 1, 1, salt=b"s" * 16, personal=b"p" * 16)
    for field, value in given.items():
        setattr(params, field, value)
    create = function(f"{kind}_malloc_with_params_and_key", ctypes.c_void_p)
    state = fed(create(ctypes.byref(params), ctypes.c_bool(bool(given)), key), function(f"{kind}_update"), data)
    output = ctypes.create_string_buffer(size)
    function(f"{kind}_digest")(state, output)
    return output.raw


def compare() -> dict[str, object]:
    wrong, compared = [], 0
    more = {"fanout": 3, "depth": 7, "leaf_length": 99, "node_offset": 2**40 + 5, "node_depth": 2, "inner_length": 13}
    names = {"leaf_length": "leaf_size", "inner_length": "inner_size"}
    for size in SIZES:
        data = bytes((n * 7 + size) % 256 for n in range(size))
        rows = [(name, md(name, data, n), hashlib.new(name, data).digest())
                for name in MD for n in [hashlib.new(name).digest_size]]  # fmt: skip
        for name in SHA3:
            other = hashlib.new(name, data)
            length = 300 if name.startswith("shake") else other.digest_size
            expected = other.digest(300) if name.startswith("shake") else other.digest()  # type: ignore[call-arg]
            rows.append((name, sha3(name, data, length), expected))
        for name, salt in (("blake2b", 16), ("blake2s", 8)):
            for given, key, length in (({}, b"", 20), ({}, b"k" * 17, 32), (more, b"", 32)):
                words = {names.get(field, field): value for field, value in given.items()}
                expected = getattr(hashlib, name)(
                    data,
                    digest_size=length,
                    key=key,
                    salt=b"s" * salt,
                    person=b"p" * salt,
                    last_node=bool(given),
                    **words,
                ).digest()
                rows.append((name, blake2(name, data, given, key, length), expected))
        compared += len(rows)
        wrong += [f"{name} of {size} bytes" for name, ours, theirs in rows if ours != theirs]
    return {"wrong": wrong, "compared": compared}


if __name__ == "__main__":
    json.dump(compare(), sys.stdout)
