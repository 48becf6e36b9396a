"""Fixed-width text: where the columns lie, cutting lines and padding them back."""

from __future__ import annotations

from collections.abc import Sequence

Spans = tuple[tuple[int, int], ...]


def column_spans(lines: Sequence[str]) -> Spans:
    """The character ranges of the columns: parted by positions that are blank in every line.

    A range reaches from the end of the column before it, so that right-aligned values may grow.
    """
    width = max((len(line) for line in lines), default=0)
    used = bytearray(width)
    for line in lines:
        for place, character in enumerate(line):
            if character != " ":
                used[place] = 1
    ends = [i + 1 for i in range(width) if used[i] and (i + 1 == width or not used[i + 1])]
    return tuple(zip([0, *ends[:-1]], ends, strict=True))


def cut_lines(lines: Sequence[str], spans: Spans) -> list[list[str]]:
    """The stripped fields of each line."""
    return [[line[start:end].strip() for start, end in spans] for line in lines]


def pad_lines(rows: Sequence[Sequence[str]], spans: Spans) -> list[str]:
    """The inverse of `cut_lines`; fields lean to the right end of their column.

    Raises ValueError when a field does not fit in front of its neighbour.
    """
    lines = []
    for row in rows:
        for field, (start, end) in zip(row, spans, strict=True):
            if len(field) > end - start - (start > 0):
                raise ValueError(f"{field!r} does not fit into characters {start} to {end}")
        lines.append("".join(f.rjust(end - start) for f, (start, end) in zip(row, spans, strict=True)))
    return lines


def keep_spans(spans: Spans, kept: Sequence[bool]) -> Spans:
    """The ranges when only some columns are kept, each as wide as before."""
    ends: list[int] = []
    for (start, end), keep in zip(spans, kept, strict=True):
        if keep:
            ends.append((ends[-1] if ends else 0) + end - start)
    return tuple(zip([0, *ends[:-1]], ends, strict=True))
