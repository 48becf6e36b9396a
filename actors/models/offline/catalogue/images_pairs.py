"""Which pictures are the spoilt and the good version of one another."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from actors.models.offline.catalogue.images_files import CLEAN_WORDS, NOISY_WORDS, PLAIN_WORDS, name_words

Pairs = tuple[list[tuple[str, str]], list[str]]
MASK_WORDS = ("mask", "masks")  # of pictures that are no version of another


def pair_pictures(names: Sequence[str]) -> Pairs:
    """(noisy, clean) pairs by their names, and the noisy pictures that have no clean one."""
    told = told_pairs(names)
    return told if told[0] else likely_pairs(names)


def told_pairs(names: Sequence[str]) -> Pairs:
    """Pairs whose names say which one is clean."""

    def role(name: str) -> str:
        return "clean" if set(name_words(name)) & set(CLEAN_WORDS) else "noisy"

    marks = {*CLEAN_WORDS, *NOISY_WORDS}
    clean = {shared_name(n, marks): n for n in names if role(n) == "clean"}
    noisy = {n: shared_name(n, marks) for n in names if role(n) == "noisy"}
    return [(n, clean[key]) for n, key in noisy.items() if key in clean], [
        n for n, key in noisy.items() if key not in clean
    ]


def likely_pairs(names: Sequence[str]) -> Pairs:
    """Pairs whose names differ in one word: the kind that every picture has is the spoilt one.

    Of several such words, those that pair the most pictures.
    """
    words = {n: set(name_words(n)) for n in names}
    kinds = sorted({w for ws in words.values() for w in ws if not w.isdigit()} - set(PLAIN_WORDS))
    best: Pairs = ([], list(names))
    if any(set(MASK_WORDS) & ws for ws in words.values()):
        return best
    for spoilt, good in permutations(kinds, 2):
        sides = {
            kind: {shared_name(n, {kind}): n for n in names if kind in words[n] and other not in words[n]}
            for kind, other in ((spoilt, good), (good, spoilt))
        }
        pairs = [(n, sides[good][key]) for key, n in sides[spoilt].items() if key in sides[good]]
        lonely = [n for key, n in sides[spoilt].items() if key not in sides[good]]
        if lonely and len(pairs) == len(sides[good]) > len(best[0]):
            best = pairs, lonely
    return best


def shared_name(name: str, marks: set[str]) -> tuple[str, ...]:
    """What the names of a pair have in common: their side and their words without the `marks`."""
    side = "test" if "test" in name_words(name) else "train"
    return (side, *(w for w in name_words(name) if w not in {*marks, *PLAIN_WORDS}))
