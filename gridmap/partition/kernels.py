"""What the compiled inner loops share: how they are compiled, and their random numbers.

All energies are integers, so that every platform takes the same decisions. Graphs are compressed rows:
the neighbours of unit ``i`` are ``neighbour[start[i]:start[i + 1]]``, the edges to them ``edge_of`` alike.
Each compiled function also runs uncompiled, for tests and debuggers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at first use, kept on disk where a place to keep it can be written to."""
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:
        return numba.njit(nogil=True, error_model="numpy")(function)


@register_jitable
def draw(state: NDArray[np.uint64]) -> Any:
    """The next number of a xorshift64* stream; ``state`` holds one number and is advanced."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return (x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(32)


@register_jitable
def below(state: NDArray[np.uint64], n: int) -> Any:
    """A number in 0..n-1."""
    return np.int64(draw(state)) % n
