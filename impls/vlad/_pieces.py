"""A float32 as three bfloat16 numbers, so that matrix units multiply it by 0 or 1 without rounding."""

from __future__ import annotations

from typing import Any, Tuple

import jax
import jax.numpy as jnp

UPPER_HALF = 0xFFFF0000  # sign, exponent and 7 bits of the fraction: what a bfloat16 keeps


def bfloat16_pieces(values: Any) -> Tuple[Any, Any, Any]:
    """Return three bfloat16 arrays whose sum is `values`, float32, exactly: 24 bits are 8 + 8 + 8.

    Bits are cut off rather than rounded through a conversion to bfloat16 and back, which XLA may leave out as
    excess precision, and the rest with it. Below 2**-110 the last piece underflows.
    """
    pieces = []
    for _ in range(3):
        bits = jax.lax.bitcast_convert_type(values, jnp.uint32) & jnp.uint32(UPPER_HALF)
        top = jax.lax.bitcast_convert_type(bits, jnp.float32)
        pieces.append(top.astype(jnp.bfloat16))
        values = values - top
    return pieces[0], pieces[1], pieces[2]
