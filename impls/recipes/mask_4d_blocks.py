"""The broadcast difference times a mask, one image after the other."""

import numpy as np


def residual_sums(x, labels, c):
    """Sums of x - c[label], x (T, L, F), labels (T, L), c (K, F) -> (T, K, F)."""
    out = np.empty((len(x), *c.shape), x.dtype)
    for t, label in enumerate(labels):
        mask = label[:, None] == np.arange(len(c))
        out[t] = ((x[t][:, None] - c) * mask[..., None]).sum(axis=0)
    return out
