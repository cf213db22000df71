"""The command ``halfpixel kit``: make images that travel to a device, and read what it made of them."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from halfpixel import __version__
from halfpixel.golden.options import CONVENTION_OPTIONS, CommandParser, convention_from_options
from halfpixel.probe.kit.answer import check_kit, identify_kit
from halfpixel.probe.kit.images import KitImage, Shape, images_of_sizes, standard_images
from halfpixel.probe.kit.make import CHANNELS, KitForm, make_kit
from halfpixel.probe.kit.manifest import DTYPES, FORMATS, LAYOUTS
from halfpixel.probe.kit.read import read_kit
from halfpixel.probe.measure.sizes import Pair

if TYPE_CHECKING:
    from halfpixel.parity.formats.model import Port

YES, NO, CANNOT_TELL = 0, 1, 2
_LARGEST_SIDE = 1 << 14
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,59}")
_SIZE = re.compile(r"(\d{1,5})(?:x(\d{1,5}))?")


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer the command.

    Returns 0 for a kit that was written, a device that was identified or agrees with the convention asked for; 1 for
    one that does not; 2 for bad input and for a kit of which nothing can be read.
    """
    options = _parser().parse_args(arguments)
    try:
        status: int = options.run(options)
        return status
    except ValueError as error:
        print(f"halfpixel: kit: {error}", file=sys.stderr)
        return CANNOT_TELL


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(prog="halfpixel kit", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="make|read")
    command = commands.add_parser("make", help="write images, sizes and instructions to a new folder")
    command.set_defaults(run=_make)
    command.add_argument("folder", metavar="DIR", type=Path)
    command.add_argument("--dtype", choices=DTYPES, help="of the images; uint8 by default")
    command.add_argument("--layout", choices=LAYOUTS, help="of arrays; NHWC by default")
    command.add_argument("--format", choices=FORMATS, help="png by default; npy of float32 or NCHW, raw for a model")
    command.add_argument("--channels", type=int, choices=CHANNELS, help="3 by default, each with a plane of its own")
    command.add_argument(
        "--sizes",
        metavar="SIZES",
        help="instead of the thirty images: HEIGHTxWIDTH:HEIGHTxWIDTH, or 8:5 for one axis; comma-separated",
    )
    command.add_argument(
        "--model", type=Path, metavar="FILE", help=".onnx or .tflite: the device runs it on each image"
    )
    command = commands.add_parser("read", help="name the convention that the results follow")
    command.set_defaults(run=_read)
    command.add_argument("folder", metavar="DIR", type=Path)
    command.add_argument("--device", default="unnamed", metavar="NAME", help="what the results were made on")
    command.add_argument(
        "--convention", dest="name", metavar="NAME", help="hold them against this name of the catalogue"
    )
    for option, field, about in CONVENTION_OPTIONS:
        command.add_argument(option, dest=field, **about)
    command.add_argument("--report", type=Path, metavar="FILE", help="also write a record for: halfpixel report merge")
    return parser


def _make(options: argparse.Namespace) -> int:
    if options.model is not None:
        form, images = _for_model(options)
    else:
        dtype, layout = options.dtype or "uint8", options.layout or "NHWC"
        default = "png" if (dtype, layout) == ("uint8", "NHWC") and options.channels != 4 else "npy"
        form = KitForm(dtype, layout, options.format or default, options.channels or 3)
        images = standard_images(dtype == "float32") if options.sizes is None else images_of_sizes(*_sizes(options))
    manifest = make_kit(options.folder, images, form, __version__)
    print(f"{options.folder}: {len(manifest.files)} images, {form.dtype} {form.layout}, as {form.format}")
    print(f"next:        do on the device what {options.folder / 'README.txt'} says")
    print(f"then:        halfpixel kit read {options.folder} --device NAME")
    return YES


def _for_model(options: argparse.Namespace) -> tuple[KitForm, list[KitImage]]:
    """The images for a model's one input: it decides their size, dtype and layout."""
    from halfpixel.parity.formats.loader import load_model

    if options.sizes is not None:
        raise ValueError("a model decides the sizes: leave out --sizes")
    model = load_model(options.model)
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"{options.model} has {len(model.inputs)} inputs and {len(model.outputs)} outputs: "
            "a kit is for a model of one image in and one image out"
        )
    taken, made = model.inputs[0], model.outputs[0]
    (size_in, channels, layout), (size_out, made_channels, made_layout) = (
        _image_shape(options.model, words, port) for words, port in (("input", taken), ("output", made))
    )
    is_same = (channels, layout, taken.dtype) == (made_channels, made_layout, made.dtype)
    if not is_same or taken.dtype not in DTYPES:
        raise ValueError(
            f"{options.model} makes {made_channels} channels {made_layout} of {made.dtype} from {channels} {layout} of "
            f"{taken.dtype}: a kit needs the same of both, {' or '.join(DTYPES)}"
        )
    ports = {"input": taken.name, "output": made.name}
    form = KitForm(taken.dtype, layout, options.format or "raw", channels, options.model, ports)
    for name, found in (("dtype", form.dtype), ("layout", form.layout), ("channels", form.channels)):
        if getattr(options, name) not in (None, found):
            raise ValueError(f"--{name} is {getattr(options, name)}, and the model takes {found}")
    return form, images_of_sizes((), [(size_in, size_out)])


def _image_shape(path: Path, words: str, port: Port) -> tuple[Pair, int, str]:
    """(height, width), channels and layout of a model's input or output; ``ValueError`` for what is no one image."""
    shape = port.shape or ()
    text = " x ".join(map(str, shape)) or "no known shape"
    if len(shape) != 4 or not all(isinstance(side, int) for side in shape):
        raise ValueError(f"the {words} of {path} is {text}: a kit needs four fixed sides, such as 1 x 3 x 224 x 224")
    batch, *rest = (int(side) for side in shape)
    layout = next((layout for layout, at in (("NCHW", 0), ("NHWC", 2)) if rest[at] in CHANNELS), None)
    if batch != 1 or layout is None:
        raise ValueError(f"the {words} of {path} is {text}: a kit needs one image of 1, 3 or 4 channels")
    channels = rest.pop(0 if layout == "NCHW" else 2)
    return (rest[0], rest[1]), channels, layout


def _sizes(options: argparse.Namespace) -> tuple[list[Pair], list[Shape]]:
    """``--sizes``: pairs of one axis, and shapes of both."""
    pairs: list[Pair] = []
    shapes: list[Shape] = []
    for part in options.sizes.split(","):
        sides = [_SIZE.fullmatch(side.strip()) for side in part.replace("->", ":").split(":")]
        found = [tuple(int(number) for number in side.groups() if number) for side in sides if side is not None]
        if len(found) != 2 or len(sides) != 2 or len(found[0]) != len(found[1]):
            raise ValueError(f"--sizes must be such as 480x640:224x224 (height x width) or 8:5, not {part.strip()!r}")
        if not all(1 <= side <= _LARGEST_SIDE for size in found for side in size):
            raise ValueError(f"--sizes: sides are from 1 to {_LARGEST_SIDE}, not {part.strip()}")
        if len(found[0]) == 1:
            pairs.append((found[0][0], found[1][0]))
        else:
            shapes.append(((found[0][0], found[0][1]), (found[1][0], found[1][1])))
    return list(dict.fromkeys(pairs)), list(dict.fromkeys(shapes))


def _read(options: argparse.Namespace) -> int:
    if not _NAME.fullmatch(options.device):
        raise ValueError(f"--device must be a word of letters, digits and _ . + -, not {options.device!r}")
    device = f"device:{options.device}"
    asked = options.name is not None or any(getattr(options, field) is not None for _, field, _ in CONVENTION_OPTIONS)
    convention = convention_from_options(options) if asked else None
    if options.report is not None:
        # What a report needs is missed before anything is computed.
        from halfpixel.reports.records.json_lines import write
        from halfpixel.suites.records.devices import device_records
    results = read_kit(options.folder)
    answer = identify_kit(results, device) if convention is None else check_kit(results, device, convention)
    if options.report is not None:
        try:
            write(options.report, device_records(answer, asked))
        except OSError as error:
            raise ValueError(f"cannot write {str(options.report)!r}: {error.strerror}") from None
    print(answer)
    return YES if answer.is_yes else NO
