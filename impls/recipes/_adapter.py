"""How a group sum becomes residual sums: every image has K groups of its own."""

import numpy as np


def residual_sums(x, labels, c):
    """Sums of x - c[label], x (T, L, F), labels (T, L), c (K, F) -> (T, K, F)."""
    (T, _, F), K = x.shape, len(c)
    group = (np.arange(T)[:, None] * K + labels.astype(np.intp)).ravel()
    return np.asarray(group_sum((x - c[labels]).reshape(-1, F), group, T * K)).reshape(T, K, F)
