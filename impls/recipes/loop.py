"""A Python loop over images and clusters."""

import numpy as np


def residual_sums(x, labels, c):
    """Sums of x - c[label], x (T, L, F), labels (T, L), c (K, F) -> (T, K, F)."""
    out = np.zeros((len(x), *c.shape), x.dtype)
    for t in range(len(x)):
        for k in range(len(c)):
            out[t, k] = (x[t, labels[t] == k] - c[k]).sum(axis=0)
    return out
