"""PyTorch's other paths for a resize: memory layouts, threads, modes, and every way to trace, export or compile it."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from halfpixel.adapters.native_call import COMPILED, PREPARED, Variant

if TYPE_CHECKING:
    import torch


def every_second(x: torch.Tensor) -> torch.Tensor:
    """The same values as every second row and column of a larger tensor, from its second ones on."""
    larger = x.new_full((*x.shape[:2], 2 * x.shape[2] + 1, 2 * x.shape[3] + 1), 7)
    view = larger[:, :, 1::2, 1::2]
    view.copy_(x)
    return view


def with_threads(resize: Callable, threads: int) -> Callable:  # type: ignore[type-arg]  # printed
    """``resize`` on so many threads. https://docs.pytorch.org/docs/stable/generated/torch.set_num_threads.html."""
    import torch

    def call(x, h, w):  # type: ignore[no-untyped-def]  # printed
        before = torch.get_num_threads()
        torch.set_num_threads(threads)
        try:
            return resize(x, h, w)
        finally:
            torch.set_num_threads(before)

    return call


def within(resize: Callable, manager: Callable) -> Callable:  # type: ignore[type-arg]  # printed
    """``resize`` inside the context that ``manager()`` makes."""

    def call(x, h, w):  # type: ignore[no-untyped-def]  # printed
        with manager():
            return resize(x, h, w)

    return call


def deterministic(resize: Callable) -> Callable:  # type: ignore[type-arg]  # printed
    """https://docs.pytorch.org/docs/stable/generated/torch.use_deterministic_algorithms.html."""
    import torch

    def call(x, h, w):  # type: ignore[no-untyped-def]  # printed
        before = torch.are_deterministic_algorithms_enabled()
        torch.use_deterministic_algorithms(True)
        try:
            return resize(x, h, w)
        finally:
            torch.use_deterministic_algorithms(before)

    return call


def without_onednn(resize: Callable) -> Callable:  # type: ignore[type-arg]  # printed
    """https://docs.pytorch.org/docs/stable/backends.html, ``torch.backends.mkldnn``."""
    import torch

    def call(x, h, w):  # type: ignore[no-untyped-def]  # printed
        # Not torch.backends.mkldnn.flags, which sets what only GPUs have, too, and warns of it.
        before = torch._C._get_mkldnn_enabled()
        torch._C._set_mkldnn_enabled(False)
        try:
            return resize(x, h, w)
        finally:
            torch._C._set_mkldnn_enabled(before)

    return call


def image_by_image(resize: Callable) -> Callable:  # type: ignore[type-arg]  # printed
    """``resize`` of one image, mapped. https://docs.pytorch.org/docs/stable/generated/torch.vmap.html."""
    import torch

    return lambda x, h, w: torch.vmap(lambda image: resize(image[None], h, w)[0])(x)


def another_size(x: torch.Tensor) -> torch.Tensor:
    """Zeros of as many images and channels, each five pixels higher and three wider."""
    return x.new_zeros((*x.shape[:2], x.shape[2] + 5, x.shape[3] + 3))


def traced(resize: Callable) -> Callable:  # type: ignore[type-arg]  # printed
    """``resize`` as traced with images of another size. https://docs.pytorch.org/docs/stable/generated/torch.jit.trace.html."""
    import torch

    return lambda x, h, w: torch.jit.trace(lambda t: resize(t, h, w), another_size(x), check_trace=False)(x)


def exported(resize: Callable) -> Callable:  # type: ignore[type-arg]  # printed
    """``resize`` as a program exported with images of another size, for any.

    https://docs.pytorch.org/docs/stable/user_guide/torch_compiler/export.html.
    """
    import logging

    import torch

    # It reports every dimension of one pixel that it takes for a constant.
    logging.getLogger("torch._export.non_strict_utils").setLevel(logging.ERROR)

    class Resize(torch.nn.Module):  # type: ignore[misc]  # printed
        def __init__(self, h, w):  # type: ignore[no-untyped-def]  # printed
            super().__init__()
            self.size = (h, w)

        def forward(self, x):  # type: ignore[no-untyped-def]  # printed
            return resize(x, *self.size)

    def call(x, h, w):  # type: ignore[no-untyped-def]  # printed
        shapes = {"x": {2: torch.export.Dim.AUTO, 3: torch.export.Dim.AUTO}}
        return torch.export.export(Resize(h, w), (another_size(x),), dynamic_shapes=shapes).module()(x)  # type: ignore[no-untyped-call]  # printed

    return call


def no_cuda() -> str:
    """What this machine lacks to run on a GPU."""
    if importlib.util.find_spec("torch") is None:
        return ""
    import torch

    return "" if torch.cuda.is_available() else "no CUDA device"


def no_compiler() -> str:
    """What this machine lacks for inductor to make native code."""
    return "" if any(map(shutil.which, ("g++", "clang++"))) else "no C++ compiler"


# https://docs.pytorch.org/docs/stable/generated/torch.compile.html: fullgraph refuses what would else be left as it is.
_COMPILE = "torch.compile({{f}}, fullgraph=True{0})"


_TYPES = "from collections.abc import Callable"
"""What the helpers' annotations name, for programs that print them."""


def list_variants() -> list[Variant]:
    """Every path. ``torch.compile`` is by default for these sizes first, and for any from the second on."""
    return [
        Variant("channels_last", to_native="torch.from_numpy(x).contiguous(memory_format=torch.channels_last)"),
        Variant("every second pixel of a larger tensor", "every_second(torch.from_numpy(x))", helpers=(every_second,)),
        Variant("transposed in memory", to_native="torch.from_numpy(x).mT.contiguous().mT"),
        Variant("1 thread", wrapper="with_threads({f}, 1)", helpers=(with_threads,), imports=_TYPES),
        Variant("4 threads", wrapper="with_threads({f}, 4)", helpers=(with_threads,), imports=_TYPES),
        Variant("inference_mode", wrapper="within({f}, torch.inference_mode)", helpers=(within,), imports=_TYPES),
        Variant("requires_grad", to_native="torch.from_numpy(x).requires_grad_()", to_numpy="y.detach().numpy()"),
        Variant("deterministic algorithms", wrapper="deterministic({f})", helpers=(deterministic,), imports=_TYPES),
        Variant(
            "without oneDNN",
            wrapper="without_onednn({f})",
            helpers=(without_onednn,),
            imports=_TYPES,
        ),
        Variant("vmap", wrapper="image_by_image({f})", helpers=(image_by_image,), imports=_TYPES),
        Variant(
            "jit.trace at another size",
            wrapper="traced({f})",
            helpers=(another_size, traced),
            imports=_TYPES,
            cost=PREPARED,
        ),
        Variant(
            "export at another size",
            wrapper="exported({f})",
            helpers=(another_size, exported),
            imports=_TYPES,
            cost=PREPARED,
        ),
        Variant("torch.compile, aot_eager", wrapper=_COMPILE.format(', backend="aot_eager"'), cost=COMPILED),
        Variant("torch.compile", wrapper=_COMPILE.format(""), cost=COMPILED, missing=no_compiler),
        Variant(
            "CUDA",
            to_native="torch.from_numpy(x).cuda()",
            to_numpy="y.cpu().numpy()",
            wrapper='within({f}, lambda: torch.device("cuda"))',
            helpers=(within,),
            imports=_TYPES,
            missing=no_cuda,
        ),
    ]
