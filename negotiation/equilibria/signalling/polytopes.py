"""Polytopes by their vertices in whole numbers, cut by one half-space after the other.

The double description method (Motzkin, Raiffa, Thompson & Thrall 1953; Fukuda & Prodon 1996): a cut
keeps the vertices on its good side and adds one on every edge that it crosses. Two vertices share
an edge when no third one satisfies with equality all that both do. A vertex is a pair ``(tight,
ray)``: ``ray[0]`` is the common denominator, ``ray[1:]`` are the coordinates times it, and the bits
of `tight` say which coordinates are zero and which cuts hold with equality. Nothing is rounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from operator import mul

__all__ = [
    "Polytope",
    "cut",
    "extremes",
    "is_inside",
    "mean_point",
    "product_of_simplices",
    "support",
    "times_simplex",
    "whole_numbers",
]

Vertex = tuple[int, tuple[int, ...]]
Form = Sequence[int]
"""Coefficients of a linear form, that of the denominator first."""


@dataclass(frozen=True)
class Polytope:
    """A polytope of non-negative coordinates.

    Attributes
    ----------
    vertices
        ``(tight, ray)`` each; none at all means empty.
    cuts
        How many bits of `tight` are taken.
    """

    vertices: tuple[Vertex, ...]
    cuts: int


def product_of_simplices(size: int, blocks: Iterable[Sequence[tuple[int, int]]]) -> Polytope:
    """Return the product of scaled simplices, zero in all other coordinates.

    Parameters
    ----------
    size
        Number of coordinates.
    blocks
        For each simplex its vertices, ``(coordinate, value)`` each, with whole values.
    """
    start: Polytope = Polytope(((_all(size), (1,) + (0,) * size),), size)
    for block in blocks:
        start = times_simplex(start, block)
    return start


def times_simplex(polytope: Polytope, block: Sequence[tuple[int, int]]) -> Polytope:
    """Return the product of a polytope with a simplex in coordinates that were zero so far."""
    made = []
    for tight, ray in polytope.vertices:
        for coordinate, value in block:
            longer = list(ray)
            longer[coordinate + 1] = value * ray[0]
            made.append((tight & ~(1 << coordinate), tuple(longer)))
    return Polytope(tuple(made), polytope.cuts)


def cut(polytope: Polytope, form: Form, *, equal: bool = False) -> Polytope:
    """Return the part of a polytope where a linear form is not negative, or is zero.

    Parameters
    ----------
    polytope
        Given by its vertices.
    form
        Whole coefficients, that of the denominator first.
    equal
        Keep only where the form is zero.
    """
    bit = 1 << polytope.cuts
    good: list[tuple[int, Vertex]] = []
    bad: list[tuple[int, Vertex]] = []
    kept: list[Vertex] = []
    for vertex in polytope.vertices:
        value = sum(map(mul, form, vertex[1]))
        if value > 0:
            good.append((value, vertex))
        elif value < 0:
            bad.append((-value, vertex))
        else:
            kept.append((vertex[0] | bit, vertex[1]))
    if good and bad:
        kept += _crossings(polytope.vertices, good, bad, bit)
    if not equal:
        kept += [vertex for _, vertex in good]
    return Polytope(tuple(kept), polytope.cuts + 1)


def _crossings(
    vertices: tuple[Vertex, ...],
    good: list[tuple[int, Vertex]],
    bad: list[tuple[int, Vertex]],
    bit: int,
) -> list[Vertex]:
    """Return the points of all edges between two sides of a cut."""
    masks = [tight for tight, _ in vertices]
    made = []
    for up, (tight, ray) in good:
        for down, (other, end) in bad:
            shared = tight & other
            if len(masks) > 2 and sum(shared & ~mask == 0 for mask in masks) > 2:
                continue
            point = [down * x + up * y for x, y in zip(ray, end, strict=True)]
            common = gcd(*point)
            made.append((shared | bit, tuple(x // common for x in point)))
    return made


def support(polytope: Polytope, coordinates: int) -> int:
    """Return which of the first coordinates are above zero somewhere, as bits."""
    everywhere = _all(coordinates)
    for tight, _ in polytope.vertices:
        everywhere &= tight
    return _all(coordinates) & ~everywhere


def extremes(polytope: Polytope, form: Form) -> tuple[Fraction, Fraction]:
    """Return the least and the largest value of a linear form on a polytope that is not empty."""
    values = [Fraction(sum(map(mul, form, ray)), ray[0]) for _, ray in polytope.vertices]
    return min(values), max(values)


def mean_point(polytope: Polytope) -> tuple[Fraction, ...]:
    """Return the mean of the vertices: above zero wherever any point of the polytope is."""
    n = len(polytope.vertices)
    rows = [[Fraction(x, ray[0]) for x in ray[1:]] for _, ray in polytope.vertices]
    return tuple(sum(column, Fraction(0)) / n for column in zip(*rows, strict=True))


def is_inside(polytope: Polytope, forms: Iterable[tuple[Form, bool]]) -> bool:
    """Return whether all of a polytope satisfies forms ``>= 0``, or ``= 0`` where so marked."""
    for form, equal in forms:
        for _, ray in polytope.vertices:
            value = sum(map(mul, form, ray))
            if value < 0 or (equal and value):
                return False
    return True


def whole_numbers(values: Sequence[Fraction]) -> tuple[int, ...]:
    """Return the values times their least common denominator."""
    scale = lcm(*(value.denominator for value in values))
    return tuple(value.numerator * (scale // value.denominator) for value in values)


def _all(size: int) -> int:
    return (1 << size) - 1
