"""One native resize call behind the common signature: what it does, and what its documentation claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypedDict, Unpack

import numpy as np

from halfpixel.adapters.framework import Framework
from halfpixel.adapters.layout import Layout
from halfpixel.adapters.native_call import Helper, NativeCall, Variant
from halfpixel.golden import Convention

Size = tuple[int, int]
Resize = Callable[[np.ndarray, Size], np.ndarray]


class DocumentedClaim(NamedTuple):
    """A claim, the page or file that states it (or should), and one sentence on what is left open."""

    claim: Convention | None
    source: str
    note: str = ""


class CallFields(TypedDict, total=False):
    """The fields of an :class:`Operation` that describe its call, and have a default."""

    is_default: bool
    accepts: Callable[[int, int], bool]
    same_scale_on_both_axes: bool
    cost: str
    dtype: str
    channels: int
    scales_integers: bool


def any_size(n_in: int, n_out: int) -> bool:
    """The default of :attr:`Operation.accepts`."""
    return True


def enlarges(n_in: int, n_out: int) -> bool:
    """Whether no axis shrinks."""
    return n_out >= n_in


def is_multiple(n_in: int, n_out: int) -> bool:
    """Whether ``n_out`` is a whole number of times ``n_in``."""
    return n_out % n_in == 0


def divides(n_in: int, n_out: int) -> bool:
    """Whether ``n_in`` is a whole number of times ``n_out``."""
    return n_in % n_out == 0


def doubles(n_in: int, n_out: int) -> bool:
    """Whether ``n_out`` is twice ``n_in``."""
    return n_out == 2 * n_in


def is_one_pixel(n_in: int, n_out: int) -> bool:
    """Whether the input has one pixel."""
    return n_in == 1


@dataclass(frozen=True, slots=True)
class AllBut:
    """For :attr:`Operation.accepts`: the sizes that a call is documented for, but those at which it is known to fail.

    The suites measure the others; suite ``edges`` asks those that are left out, in a process of its own.

    fails
        ``fails(n_in, n_out)``: whether the call crashes, hangs, refuses or returns garbage there.
    defects
        Ids of the entries of the framework's catalogue, ``suites/ledger/``, that say how.
    defined
        ``defined(n_in, n_out)``: whether the call is documented for the pair at all.
    """

    fails: Callable[[int, int], bool]
    defects: tuple[str, ...]
    defined: Callable[[int, int], bool] = any_size

    def __call__(self, n_in: int, n_out: int) -> bool:
        """Whether the pair is measured."""
        return self.defined(n_in, n_out) and not self.fails(n_in, n_out)


def argument_source(arguments: Mapping[str, object]) -> str:
    """Arguments as Python source, to follow others: ``, mode='linear', antialias=1``."""
    return "".join(f", {name}={value!r}" for name, value in arguments.items())


def argument_label(arguments: Mapping[str, object]) -> str:
    """Arguments as names of operations have them: ``mode=linear, roi=0.125:0.75``."""
    return ", ".join(
        f"{name}={':'.join(map(str, value)) if isinstance(value, tuple) else value}"
        for name, value in arguments.items()
    )


@dataclass(frozen=True, slots=True)
class Operation:
    """One resize call of one framework with its parameters fixed, under the common signature.

    run
        ``run(images, size)``: float32 ``(N, H, W, C)`` and ``(h, w)`` to ``(N, h, w, C)``.
    claim
        The convention its documentation states, or ``None`` when the documentation states none.
    source
        The page that states it (or the page that should).
    note
        What the documentation leaves open, in one sentence, when that matters.
    is_default
        Whether this is what a caller gets who gives nothing but a size.
    accepts
        ``accepts(n_in, n_out)``: whether the call is defined for this pair of sizes along one axis. An
        :class:`AllBut` where it is documented for more, and fails there.
    same_scale_on_both_axes
        Whether both axes must be resized by the same rule at once (an image pyramid cannot leave one axis alone).
    call
        The native call, for reproductions; ``None`` for a plain Python callable.
    cost
        What makes it too slow for thousands of sizes, so that few are swept: ``PREPARED`` where every new shape costs
        milliseconds or more, ``SLOW`` where every output pixel costs as interpreted code does; else empty.
    dtype
        The one dtype of images that it takes, where that is not float32.
    channels
        How many channels its images have, where it takes no single planes (colours, colours with alpha); else 1.
    scales_integers
        Whether its page says that images of integers become floats first, divided by the highest value of the dtype:
        0 to 1, or -1 to 1 where they are signed, the lowest value being -1, too.
    """

    framework: str
    name: str
    run: Resize
    claim: Convention | None = None
    source: str = ""
    note: str = ""
    is_default: bool = False
    accepts: Callable[[int, int], bool] = any_size
    same_scale_on_both_axes: bool = False
    call: NativeCall | None = field(default=None, repr=False)
    cost: str = ""
    dtype: str = "float32"
    channels: int = 1
    scales_integers: bool = False

    @property
    def id(self) -> str:
        """How the operation is named in test ids, records and the ledger: ``framework name``."""
        return f"{self.framework} {self.name}"

    @property
    def left_out(self) -> tuple[str, ...]:
        """Ids of the defects for which sizes that the call is documented for are not measured."""
        return self.accepts.defects if isinstance(self.accepts, AllBut) else ()

    def is_documented_for(self, n_in: int, n_out: int) -> bool:
        """Whether the call is documented for this pair of sizes along one axis, also where it fails."""
        defined = self.accepts.defined if isinstance(self.accepts, AllBut) else self.accepts
        return defined(n_in, n_out)

    @property
    def native_call(self) -> NativeCall:
        """:attr:`call`; raises ``ValueError`` for a plain callable."""
        if self.call is None:
            raise ValueError(f"{self.id} is a plain callable: it has no source")
        return self.call

    def documented(self, *further_notes: str) -> DocumentedClaim:
        """Its claim and source, and its note before ``further_notes``."""
        return DocumentedClaim(self.claim, self.source, " ".join(filter(None, (self.note, *further_notes))))

    def with_variant(self, variant: Variant) -> Operation:
        """The same operation by another path; ``ValueError`` for a plain callable, which has no source to change."""
        call = self.native_call.with_variant(variant)
        return replace(self, name=f"{self.name} [{variant.name}]", run=call, call=call)

    def __str__(self) -> str:
        return self.id


def native(
    framework: Framework,
    name: str,
    expression: str,
    layout: str,
    claim: Convention | None = None,
    source: str = "",
    note: str = "",
    *,
    helpers: Sequence[Helper] = (),
    **fields: Unpack[CallFields],
) -> Operation:
    """An :class:`Operation` from a Python expression in ``x``, ``h`` and ``w``."""
    call = NativeCall(framework, expression, Layout(layout), tuple(helpers))
    return Operation(framework.name, name, call, claim, source, note, call=call, **fields)


@dataclass(frozen=True, slots=True)
class OperationFactory:
    """:func:`native` for calls that share a framework and a layout."""

    framework: Framework
    layout: str

    def __call__(
        self,
        name: str,
        expression: str,
        claim: Convention | None,
        source: str,
        note: str = "",
        helpers: Sequence[Helper] = (),
        **fields: Unpack[CallFields],
    ) -> Operation:
        """The operation of one expression."""
        return native(self.framework, name, expression, self.layout, claim, source, note, helpers=helpers, **fields)


@dataclass(frozen=True, slots=True)
class PlaneByPlane:
    """A function of one plane under the common signature; as picklable as the function is."""

    function: Resize

    def __call__(self, images: np.ndarray, size: Size) -> np.ndarray:
        """Resize ``(N, H, W, C)`` to ``(N, h, w, C)``."""
        return Layout.HW.apply(self.function, images, (size,), size)


def from_callable(
    function: Resize, name: str = "", claim: Convention | None = None, **fields: Unpack[CallFields]
) -> Operation:
    """An :class:`Operation` from any ``f(image: float32 (H, W), size: (h, w)) -> (h, w)``."""
    name = name or getattr(function, "__qualname__", repr(function))
    return Operation("callable", name, PlaneByPlane(function), claim, **fields)
