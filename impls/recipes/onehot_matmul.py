"""For each image a one-hot matrix (K, L) times its residuals (L, F)."""

import numpy as np


def residual_sums(x, labels, c):
    """Sums of x - c[label], x (T, L, F), labels (T, L), c (K, F) -> (T, K, F)."""
    out = np.empty((len(x), *c.shape), x.dtype)
    for t, label in enumerate(labels):
        onehot = (np.arange(len(c))[:, None] == label).astype(x.dtype)
        out[t] = onehot @ (x[t] - c[label])
    return out
