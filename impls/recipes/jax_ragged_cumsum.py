"""Sort, cumulative sum, differences at the ends of clusters, for each image, compiled."""

import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)  # without it float64 becomes float32


@jax.jit
def residual_sums(x, labels, c):
    """Sums of x - c[label], x (T, L, F), labels (T, L), c (K, F) -> (T, K, F)."""

    def one(image, label):
        order = label.argsort()
        ends = jnp.searchsorted(label[order], jnp.arange(len(c)), side="right")
        running = jnp.cumsum((image - c[label])[order], axis=0)
        return jnp.diff(jnp.pad(running, ((1, 0), (0, 0)))[ends], axis=0, prepend=0.0)

    return jax.vmap(one)(x, labels)
