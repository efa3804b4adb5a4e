"""Data-parallel over images: every device holds a share of the images and all centroids, and none talks to another.

Buckets belong to one image each, so the sums of an image need nothing from any other: the same compiled code runs on
each device's share. A batch that is too large for one device fits on several.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Callable, Dict, NamedTuple, Tuple

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from .._jax import int32, precision_of

IMAGES = "images"


class Share(NamedTuple):
    """An array whose first axis, images, is spread over the devices.

    Attributes
    ----------
    array : jax array, (padded, ...)
        Padded with images of zeros to a multiple of the number of devices.
    images : int
        How many there really are.
    """

    array: Any
    images: int


@lru_cache(maxsize=1)
def mesh() -> Mesh:
    """Return all devices of this process in a row."""
    return Mesh(np.array(jax.local_devices()), (IMAGES,))


def put(*arrays: Any) -> Tuple[Any, ...]:
    """Return host arrays on all devices, once they are there: all but the last by images, the last on each whole."""
    *by_image, centers = arrays
    with precision_of(centers):
        shares = [_share(array) for array in by_image]
        everywhere = jax.device_put(centers, NamedSharding(mesh(), PartitionSpec()))
    return tuple(jax.block_until_ready([*shares, everywhere]))


def _share(array: np.ndarray) -> Share:
    images = len(array)
    array = int32(array) if array.dtype.kind in "iu" else array
    missing = -images % mesh().size
    if missing:
        array = np.concatenate([array, np.zeros((missing, *array.shape[1:]), array.dtype)])
    return Share(jax.device_put(array, NamedSharding(mesh(), PartitionSpec(IMAGES))), images)


def over_devices(compute: Callable[..., Any], *placed: Any, static: Tuple[Any, ...] = ()) -> Any:
    """Return ``compute(*arrays, *static)`` with each device working on its own images.

    Parameters
    ----------
    compute : callable
        Traceable by JAX; takes arrays by images, then centers, and gives one row an image.
    *placed : Share, and at last a jax array
        What `put` returned.
    static : tuple
        Further arguments that are no arrays.

    Returns
    -------
    jax array
        Still spread over the devices, one row an image, without the padding.
    """
    *shares, centers = placed
    with precision_of(centers):
        result = _spread(compute, len(shares), static)(*(share.array for share in shares), centers)
        images = shares[0].images
        return result if len(result) == images else result[:images]


@lru_cache(maxsize=64)
def _spread(compute: Callable[..., Any], by_image: int, static: Tuple[Any, ...]) -> Callable[..., Any]:
    def own_images(*arrays: Any) -> Any:
        return compute(*arrays, *static)

    spread = PartitionSpec(IMAGES)
    specs: Dict[str, Any] = {"in_specs": (*[spread] * by_image, PartitionSpec()), "out_specs": spread}
    if hasattr(jax, "shard_map"):
        return jax.jit(jax.shard_map(own_images, mesh=mesh(), check_vma=False, **specs))
    from jax.experimental.shard_map import shard_map  # before 0.6

    return jax.jit(shard_map(own_images, mesh=mesh(), check_rep=False, **specs))
