"""Random draws that the standard library has not. Everything comes from one seeded generator."""

from collections.abc import Mapping
from math import exp, sqrt
from random import Random

_SMALL_MEAN = 30.0


def generator(seed: int, *names: object) -> Random:
    """Return a generator of its own for a part of the simulation: the same on every machine."""
    return Random(" ".join(map(str, (seed, *names))))  # noqa: S311 - nothing here is a secret


def choose[T](chance: Random, shares: Mapping[T, float]) -> T:
    """Draw a key with its share as the weight."""
    return chance.choices(list(shares), list(shares.values()))[0]


def poisson(chance: Random, mean: float) -> int:
    """Draw how often something happens that happens so often on average."""
    if mean > _SMALL_MEAN:
        return max(0, round(chance.gauss(mean, sqrt(mean))))
    floor = exp(-mean)
    count, product = 0, chance.random()
    while product > floor:
        count += 1
        product *= chance.random()
    return count


def geometric(chance: Random, mean: float) -> int:
    """Draw a length of at least 1 that has this mean."""
    return 1 + int(chance.expovariate(1.0) * max(0.0, mean - 0.5))
