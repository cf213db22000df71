"""How torch differentiates: autograd, with gradients in every memory layout that it meets, and twice."""

from __future__ import annotations

import numpy as np

from halfpixel.adapters.gradients import Gradient, GradientMode


def torch_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The gradient by ``torch.autograd.grad``: https://docs.pytorch.org/docs/2.13/generated/torch.autograd.grad.html."""
    import torch

    x = torch.from_numpy(x).requires_grad_()
    (gradient,) = torch.autograd.grad(resize(x, h, w), x, torch.from_numpy(g))
    return gradient.numpy()  # type: ignore[no-any-return]  # printed


def torch_channels_last_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The same, of an image and of an output whose channels lie next to each other."""
    import torch

    x = torch.from_numpy(x).to(memory_format=torch.channels_last).requires_grad_()
    g = torch.from_numpy(g).to(memory_format=torch.channels_last)
    (gradient,) = torch.autograd.grad(resize(x, h, w), x, g)
    return gradient.numpy()  # type: ignore[no-any-return]  # printed


def torch_mixed_layout_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The same, where only what comes back from the loss has its channels next to each other."""
    import torch

    x = torch.from_numpy(x).requires_grad_()
    g = torch.from_numpy(g).to(memory_format=torch.channels_last)
    (gradient,) = torch.autograd.grad(resize(x, h, w), x, g)
    return gradient.numpy()  # type: ignore[no-any-return]  # printed


def torch_strided_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The same, where both are views: the image of every second column, what comes back of reversed axes."""
    import torch

    x = torch.from_numpy(x).repeat_interleave(2, dim=-1)[..., ::2].requires_grad_()
    g = torch.from_numpy(g).permute(3, 2, 1, 0).contiguous().permute(3, 2, 1, 0)
    (gradient,) = torch.autograd.grad(resize(x, h, w), x, g)
    return gradient.numpy()  # type: ignore[no-any-return]  # printed


def torch_sum_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The gradient of the outputs' sum, as ``y.sum().backward()`` leaves it: one number, expanded with stride 0."""
    import torch

    x = torch.from_numpy(x).requires_grad_()
    resize(x, h, w).sum().backward()
    return x.grad.numpy()  # type: ignore[attr-defined, no-any-return]  # printed


def torch_double_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The gradient, with respect to a gradient at the output, of ``sum(g * gradient at the input)``."""
    import torch

    x = torch.from_numpy(x).requires_grad_()
    y = resize(x, h, w)
    at_output = torch.ones_like(y, requires_grad=True)
    (at_input,) = torch.autograd.grad(y, x, at_output, create_graph=True)
    (gradient,) = torch.autograd.grad(at_input, at_output, torch.from_numpy(g))
    return gradient.numpy()  # type: ignore[no-any-return]  # printed


def torch_bfloat16_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The gradient of a bfloat16 image."""
    import torch

    x = torch.from_numpy(x).to(torch.bfloat16).requires_grad_()
    (gradient,) = torch.autograd.grad(resize(x, h, w), x, torch.from_numpy(g).to(torch.bfloat16))
    return gradient.float().numpy()  # type: ignore[no-any-return]  # printed


def torch_bfloat16_sum_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The gradient of the sum of a bfloat16 image's outputs."""
    import torch

    x = torch.from_numpy(x).to(torch.bfloat16).requires_grad_()
    resize(x, h, w).sum().backward()
    return x.grad.float().numpy()  # type: ignore[attr-defined, no-any-return]  # printed


def torch_float16_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The gradient of a float16 image."""
    import torch

    x = torch.from_numpy(x).to(torch.float16).requires_grad_()
    (gradient,) = torch.autograd.grad(resize(x, h, w), x, torch.from_numpy(g).to(torch.float16))
    return gradient.float().numpy()  # type: ignore[no-any-return]  # printed


def torch_float16_sum_backward(resize, x: np.ndarray, h: int, w: int, g: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]  # printed
    """The gradient of the sum of a float16 image's outputs."""
    import torch

    x = torch.from_numpy(x).to(torch.float16).requires_grad_()
    resize(x, h, w).sum().backward()
    return x.grad.float().numpy()  # type: ignore[attr-defined, no-any-return]  # printed


def list_gradients() -> list[Gradient]:
    """Autograd, and the layouts, dtypes and orders in which it runs other code."""
    others = (
        GradientMode("backward, channels_last", torch_channels_last_backward),
        GradientMode("backward, channels_last gradient of a contiguous image", torch_mixed_layout_backward),
        GradientMode("backward, strided views", torch_strided_backward),
        GradientMode("backward of a sum", torch_sum_backward, of_sum=True),
        GradientMode("backward, float64", torch_backward, dtype="float64"),
        GradientMode("backward, bfloat16", torch_bfloat16_backward, dtype="bfloat16"),
        GradientMode("backward of a sum, bfloat16", torch_bfloat16_sum_backward, dtype="bfloat16", of_sum=True),
        GradientMode("backward, float16", torch_float16_backward, dtype="float16"),
        GradientMode("backward of a sum, float16", torch_float16_sum_backward, dtype="float16", of_sum=True),
        GradientMode("double backward", torch_double_backward, order=2),
    )
    return [Gradient("autograd", torch_backward, others)]
