"""The broadcast difference of every descriptor to every centroid, times a mask."""

import numpy as np


def residual_sums(x, labels, c):
    """Sums of x - c[label], x (T, L, F), labels (T, L), c (K, F) -> (T, K, F); makes T*L*K*F numbers."""
    mask = labels[:, :, None] == np.arange(len(c))
    return ((x[:, :, None] - c) * mask[..., None]).sum(axis=1)
