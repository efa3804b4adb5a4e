"""One-hot matrices times residuals, one batched product."""

import torch


def residual_sums(x, labels, c):
    """Sums of x - c[label], x (T, L, F), labels (T, L), c (K, F) -> (T, K, F), arrays in and out."""
    x, labels, c = torch.as_tensor(x), torch.as_tensor(labels).long(), torch.as_tensor(c)
    onehot = (torch.arange(len(c))[:, None] == labels[:, None, :]).to(x.dtype)
    return torch.bmm(onehot, x - c[labels]).numpy()
