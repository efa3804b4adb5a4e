"""The VLAD sets as asv sees them: params T, L, F, K, impl; the numbers come from the protocol's own sessions."""

from __future__ import annotations

from typing import Any

from benchmarks import sets
from benchmarks.protocol.asv_class import SET_TIMEOUT_S, ReadOut, parameters
from benchmarks.protocol.readout import Table, measured


class _Vlad(ReadOut):
    param_names = ("T", "L", "F", "K", "impl")

    def track_seconds(self, cache: Table, T: int, L: int, F: int, K: int, impl: str) -> float:
        """Seconds per call: geometric mean over sessions of the fastest sample."""
        return self._seconds(cache, T, L, F, K, impl)


class _Quick(_Vlad):
    def setup_cache(self) -> Any:
        """Measure the set Quick."""
        return measured(sets.QUICK)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class QuickOverT(_Quick):
    """The post's shape, more and fewer images."""

    grid = sets.QUICK_OVER_T
    params = parameters(grid)


class QuickOverL(_Quick):
    """The post's shape, more and fewer descriptors an image."""

    grid = sets.QUICK_OVER_L
    params = parameters(grid)


class QuickOverF(_Quick):
    """The post's shape, more and fewer features."""

    grid = sets.QUICK_OVER_F
    params = parameters(grid)


class QuickOverK(_Quick):
    """The post's shape, more and fewer centroids."""

    grid = sets.QUICK_OVER_K
    params = parameters(grid)


class QuickFloat32(_Quick):
    """The post's shape in single precision."""

    grid = sets.QUICK_FLOAT32
    params = parameters(grid)


class QuickEncode(_Quick):
    """The post's shape end to end: assignment, sums, normalisation."""

    grid = sets.QUICK_ENCODE
    params = parameters(grid)


class QuickSmall(_Quick):
    """A small batch, for what the public function adds."""

    grid = sets.QUICK_SMALL
    params = parameters(grid)


class QuickApi(_Quick):
    """A small batch through the public function, as a caller waits for it."""

    grid = sets.QUICK_API
    params = parameters(grid)


class QuickPhotosSift(_Quick):
    """Patches of photographs, many descriptors an image, as SIFT gives."""

    grid = sets.QUICK_PHOTOS_SIFT
    params = parameters(grid)


class QuickPhotosPatch(_Quick):
    """Patches of photographs, few descriptors and many images, as Patch-NetVLAD has."""

    grid = sets.QUICK_PHOTOS_PATCH
    params = parameters(grid)


class QuickPhotosEncode(_Quick):
    """Patches of photographs end to end."""

    grid = sets.QUICK_PHOTOS_ENCODE
    params = parameters(grid)


class _Laptop(_Vlad):
    def setup_cache(self) -> Any:
        """Measure the set Laptop."""
        return measured(sets.LAPTOP)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class LaptopLK(_Laptop):
    """Descriptors against centroids."""

    grid = sets.LAPTOP_L_K
    params = parameters(grid)


class LaptopFK(_Laptop):
    """Features against centroids."""

    grid = sets.LAPTOP_F_K
    params = parameters(grid)


class LaptopTL(_Laptop):
    """Images against descriptors."""

    grid = sets.LAPTOP_T_L
    params = parameters(grid)


class LaptopSkewedL(_Laptop):
    """A line of the plane with Zipf labels."""

    grid = sets.LAPTOP_SKEWED_L
    params = parameters(grid)


class LaptopSkewedK(_Laptop):
    """A line of the plane with Zipf labels."""

    grid = sets.LAPTOP_SKEWED_K
    params = parameters(grid)


class LaptopCoresL(_Laptop):
    """A line of the plane with all cores."""

    grid = sets.LAPTOP_CORES_L
    params = parameters(grid)


class LaptopCoresK(_Laptop):
    """A line of the plane with all cores."""

    grid = sets.LAPTOP_CORES_K
    params = parameters(grid)


class LaptopFloat32L(_Laptop):
    """A line of the plane in single precision."""

    grid = sets.LAPTOP_FLOAT32_L
    params = parameters(grid)


class LaptopFloat32K(_Laptop):
    """A line of the plane in single precision."""

    grid = sets.LAPTOP_FLOAT32_K
    params = parameters(grid)


class LaptopEncodeK(_Laptop):
    """A line of the plane end to end."""

    grid = sets.LAPTOP_ENCODE_K
    params = parameters(grid)


class LaptopBigT(_Laptop):
    """The post's shape, to arrays far beyond the caches."""

    grid = sets.LAPTOP_BIG_T
    params = parameters(grid)


class _Real(_Vlad):
    def setup_cache(self) -> Any:
        """Measure the set Real."""
        return measured(sets.REAL)

    setup_cache.timeout = SET_TIMEOUT_S  # type: ignore[attr-defined]


class RealPost(_Real):
    """The post's shape, with the K it measured and the K it meant."""

    grid = sets.REAL_POST
    params = parameters(grid)


class RealSift(_Real):
    """SIFT on Holidays: Jegou et al. 2010, 2012."""

    grid = sets.REAL_SIFT
    params = parameters(grid)


class RealCnn(_Real):
    """NetVLAD on VGG16, 640 x 480."""

    grid = sets.REAL_CNN
    params = parameters(grid)


class RealDino(_Real):
    """AnyLoc on DINOv2."""

    grid = sets.REAL_DINO
    params = parameters(grid)


class RealPatch(_Real):
    """Patch-NetVLAD: few descriptors, many images."""

    grid = sets.REAL_PATCH
    params = parameters(grid)


class RealVideo(_Real):
    """YouTube-8M NetVLAD."""

    grid = sets.REAL_VIDEO
    params = parameters(grid)


class RealPostEncode(_Real):
    """The post's shape end to end."""

    grid = sets.REAL_POST_ENCODE
    params = parameters(grid)


class RealSiftEncode(_Real):
    """SIFT end to end."""

    grid = sets.REAL_SIFT_ENCODE
    params = parameters(grid)
