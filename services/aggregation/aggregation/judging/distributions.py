"""Distributions: the tails that the tests need, of Student's t and of the beta-binomial.

A tail is a probability. Of whole numbers it is the mid-p: the number itself counts half, so that both tails
add up to one and a rule keeps its error rate also with few homes.
"""

from functools import lru_cache
from math import copysign, exp, inf, lgamma, log, log1p, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_LEAST = 1e-300
_PRECISE = 1e-12
_STEPS = 300
_NO_SPREAD = 1e-7
"""Homes that vary together by less are taken as independent: gamma functions would lose all digits."""
_LIMIT = 37.0
"""So many standard deviations are as many as floats can tell."""


def normal_quantile(probability: float) -> float:
    """Return the normal deviate below which lies so much; bounded where floats end."""
    if probability <= _LEAST:
        return -_LIMIT
    return _LIMIT if probability >= 1.0 else _NORMAL.inv_cdf(probability)


def normal_tail(deviate: float) -> float:
    """Return the probability of more than that."""
    return _NORMAL.cdf(-deviate)


def t_tail(deviate: float, freedom: float) -> float:
    """Return the probability that Student's t with so many degrees of freedom is more than that."""
    if freedom == inf:
        return normal_tail(deviate)
    half = _t_outside(deviate, freedom)
    return half if deviate > 0 else 1.0 - half


def t_tails(deviate: float, freedom: float) -> tuple[float, float]:
    """Return the probabilities that Student's t is at most that, and more, each as `t_tail` does."""
    if freedom == inf:
        return normal_tail(-deviate), normal_tail(deviate)
    half = _t_outside(deviate, freedom)
    return half if deviate < 0 else 1.0 - half, half if deviate > 0 else 1.0 - half


@lru_cache(maxsize=4096)
def t_quantile(probability: float, freedom: float) -> float:
    """Return what Student's t is above with that (small) probability, by bisection."""
    if probability > 0.5:  # noqa: PLR2004 - the middle
        return -t_quantile(1.0 - probability, freedom)
    low, high = 0.0, 1.0
    while t_tail(high, freedom) > probability:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if t_tail(middle, freedom) > probability else (low, middle)
    return (low + high) / 2


def beta_binomial_tails(count: int, homes: int, share: float, spread: float) -> tuple[float, float]:
    """Return the mid-p of at most and of at least that many of the homes.

    `spread` is the correlation of two homes of a week: 0 is the binomial distribution.
    """
    if not 0.0 < share < 1.0:
        return _of_certain(count, homes if share >= 1.0 else 0)
    here = exp(_log_chance(count, homes, share, spread))
    if count > homes * share:
        above = here / 2 + _beyond(homes - count, homes, 1.0 - share, spread, here)
        return 1.0 - min(above, 1.0), min(above, 1.0)
    below = here / 2 + _beyond(count, homes, share, spread, here)
    return min(below, 1.0), 1.0 - min(below, 1.0)


def _of_certain(count: int, sure: int) -> tuple[float, float]:
    """Return the tails where there is only one possible number."""
    if count == sure:
        return 0.5, 0.5
    return (0.0, 1.0) if count < sure else (1.0, 0.0)


def _log_chance(count: int, homes: int, share: float, spread: float) -> float:
    """Return the logarithm of the probability of exactly that many."""
    ways = lgamma(homes + 1) - lgamma(count + 1) - lgamma(homes - count + 1)
    if spread < _NO_SPREAD:
        return ways + count * log(share) + (homes - count) * log1p(-share)
    size = 1.0 / spread - 1.0
    yes, no = share * size, (1.0 - share) * size
    return ways + _log_beta(count + yes, homes - count + no) - _log_beta(yes, no)


def _beyond(count: int, homes: int, share: float, spread: float, here: float) -> float:
    """Return the probability of less than that many, downwards from the probability of that many."""
    tie = 0.0 if spread < _NO_SPREAD else spread / (1.0 - spread)
    total, chance = 0.0, here
    for number in range(count - 1, -1, -1):
        left = homes - number
        chance *= (number + 1) / left * ((left - 1) * tie + 1.0 - share) / (number * tie + share)
        total += chance
        if chance < total * _PRECISE:
            break
    return total


def _t_outside(deviate: float, freedom: float) -> float:
    """Return the probability that Student's t is farther off than that, on one side."""
    return 0.5 * _beta_share(freedom / (freedom + deviate * deviate), freedom / 2, 0.5)


def _log_beta(a: float, b: float) -> float:
    """Return the logarithm of the beta function."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _beta_share(x: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function."""
    if x <= 0.0 or x >= 1.0:
        return max(0.0, copysign(1.0, x - 0.5))
    front = exp(a * log(x) + b * log1p(-x) - _log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1.0 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Return the continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1.0 / _apart(1.0 - (a + b) * x / (a + 1))
    total = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        step = 1.0
        for term in (even, odd):
            d = 1.0 / _apart(1.0 + term * d)
            c = _apart(1.0 + term / c)
            step = c * d
            total *= step
        if abs(step - 1.0) < _PRECISE:
            break
    return total


def _apart(value: float) -> float:
    """Return a number that can be divided by."""
    return value if abs(value) > _LEAST else _LEAST


def power_deviate(count: float, mean: float, variance: float) -> float:
    """Return a count as a normal deviate: 2/3 powers take the skewness of counts away."""
    spread = (2.0 / 3.0) * mean ** (-1.0 / 3.0) * sqrt(variance)
    deviate: float = (count ** (2.0 / 3.0) - mean ** (2.0 / 3.0)) / spread
    return deviate
