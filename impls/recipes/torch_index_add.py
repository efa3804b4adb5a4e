"""PyTorch's row scatter."""

import torch


def group_sum(rows, label, n):
    """Sums of rows (N, F) by label (N,) -> (n, F), arrays in and out."""
    rows, label = torch.as_tensor(rows), torch.as_tensor(label).long()
    return torch.zeros(n, rows.shape[1], dtype=rows.dtype).index_add_(0, label, rows).numpy()
