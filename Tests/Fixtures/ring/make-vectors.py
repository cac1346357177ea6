#!/usr/bin/env python3
"""Writes vectors.tsv from the definition of the hash ring alone: it looks at every point, without the ring's search."""
import fractions
import functools

BITS64 = 2**64 - 1

DEFINITION = """\
# Which servers does a key lead to? Vectors for Sources/Balancing/HashRing.swift, written by make-vectors.py from this definition:
# hash(bytes)   FNV-1a of 64 bits, then MurmurHash3's fmix64.
# place(word)   the upper 40 bits of a 64-bit word: a place on a circle of 2^40.
# level         of a server: the least power of two that is not below its weight (1 to 256).
# points        of a server: the places of the first words that SplitMix64 gives from the state hash(name), 160 * weight / level rounded up.
# distance      (place of the point - place(hash(key))) modulo 2^40.
# order         a key's servers, by their least distance / level; of two alike the one whose name sorts first by bytes.
# Rows: ring NAME | server NAME WEIGHT | key KEY FIRST SECOND ... | hash KEY HEX. Servers and keys belong to the ring above them."""


def fmix(word):
    word = (word ^ (word >> 33)) * 0xFF51AFD7ED558CCD & BITS64
    word = (word ^ (word >> 33)) * 0xC4CEB9FE1A85EC53 & BITS64
    return word ^ (word >> 33)


def hash64(data):
    state = 0xCBF29CE484222325
    for byte in data:
        state = (state ^ byte) * 0x100000001B3 & BITS64
    return fmix(state)


def level(weight):
    return min(2**power for power in range(9) if 2**power >= weight)


@functools.cache
def points(name, weight):
    state, places = hash64(name.encode()), []
    for _ in range(-(-160 * weight // level(weight))):
        state = state + 0x9E3779B97F4A7C15 & BITS64
        word = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & BITS64
        word = (word ^ (word >> 27)) * 0x94D049BB133111EB & BITS64
        places.append((word ^ (word >> 31)) >> 24)
    return places


def order(key, servers):
    place = hash64(key.encode()) >> 24
    nearest = {name: min((point - place) % 2**40 for point in points(name, weight)) for name, weight in servers.items()}
    return sorted(servers, key=lambda name: (fractions.Fraction(nearest[name], level(servers[name])), name.encode()))


RINGS = {
    "one": {"p1": 1},
    "equal": {"p1": 1, "p2": 1, "p3": 1},
    "weights": {"p1": 50, "p2": 50, "p0": 100, "ca": 1, "big": 256, "p10": 129},
    "names": {"p1.grnet.gr": 3, "P1.grnet.gr": 3, "π": 4, "p1": 3, "": 5},
    "many": {f"compiler{number:02}": 1 + number % 4 for number in range(40)},
}
KEYS = [f"web{number:02}.grnet.gr" for number in range(1, 21)] + [f"db{number}.db.grnet.gr" for number in range(1, 11)] + [
    "production", "staging", "194.177.210.168", "2001:648:2ffc::1", "", "κλειδί"]

print(DEFINITION)
for key in KEYS:
    print("hash", key, f"{hash64(key.encode()):016x}", sep="\t")
for ring, servers in RINGS.items():
    print("ring", ring, sep="\t")
    for name, weight in servers.items():
        print("server", name, weight, sep="\t")
    for key in KEYS:
        print("key", key, *order(key, servers)[:4], sep="\t")
