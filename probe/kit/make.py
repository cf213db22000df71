"""Write a kit: images, a manifest, a list for a shell's loop, and ten lines that say what to do on the device."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from halfpixel.golden.vocabulary import GREY_LEVELS
from halfpixel.probe.image_pairs.image_files import write_image
from halfpixel.probe.kit.images import KitImage
from halfpixel.probe.kit.manifest import FORMATS, MANIFEST, KitFile, Manifest

CHANNELS = (1, 3, 4)


@dataclass(frozen=True, slots=True)
class KitForm:
    """How the images of a kit are written.

    ``model`` is the file that runs on the device, with ``ports``: the names of its input and its output.
    """

    dtype: str = "uint8"
    layout: str = "NHWC"
    format: str = "png"
    channels: int = 3
    model: Path | None = None
    ports: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.format == "png" and (self.dtype, self.layout) != ("uint8", "NHWC"):
            raise ValueError(
                f"png holds uint8 NHWC, not {self.dtype} {self.layout}: take --format npy, raw or bin+json"
            )
        if self.format == "png" and self.channels not in (1, 3):
            raise ValueError("a kit of png has 1 or 3 channels: alpha would weigh the colours")


def make_kit(folder: Path, images: Sequence[KitImage], form: KitForm, version: str) -> Manifest:
    """Write the kit to a new or empty folder, and return its manifest; ``version`` is that of halfpixel.

    Raises ``ValueError`` in one line for a folder that holds something, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is not empty: a kit is written to a new folder")
    if not images:
        raise ValueError("a kit needs at least one image")
    try:
        for name in ("in", "out"):
            (folder / name).mkdir(parents=True)
        try:
            files = tuple(_write(folder, number, image, form) for number, image in enumerate(images, start=1))
        except ValueError:  # Pillow is not installed: the same folder must do for the next try
            for name in ("in", "out"):
                shutil.rmtree(folder / name)
            raise
        model = {}
        if form.model is not None:
            model = {"file": f"model{form.model.suffix}", **form.ports}
            (folder / model["file"]).write_bytes(form.model.read_bytes())
        how = _instructions(form, len(files), model)
        manifest = Manifest(form.dtype, form.layout, form.format, files, version, how, model)
        (folder / "README.txt").write_text("\n".join(how) + "\n", encoding="utf-8")
        listed = "".join(" ".join(map(str, _listed(file, form))) + "\n" for file in files)
        (folder / "list.txt").write_text(listed, encoding="utf-8")
        (folder / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
    except OSError as error:
        raise ValueError(f"cannot write {str(error.filename or folder)!r}: {error.strerror}") from None
    return manifest


def _listed(file: KitFile, form: KitForm) -> tuple[str | int, ...]:
    """A line of list.txt: the size to make of an image; of raw bytes, which do not tell it, the image's own size."""
    asked = (file.name, file.size[1], file.size[0])
    return (*asked, file.shape[1], file.shape[0]) if _is_headless(form) else asked


def _is_headless(form: KitForm) -> bool:
    return form.format in ("raw", "bin+json")


def values_of(image: KitImage, dtype: str, channels: int) -> np.ndarray:
    """The values of an image, ``(H, W, channels)``: levels of uint8, or float32 whose 0 to 1 are the levels' 0 to 255.

    Floats but for those of the wider range stay from 1/4 to 3/4.
    """
    levels = image.levels(channels, stays_inside=dtype == "float32")
    # The multiplication that `LevelCaller` makes: it finds the image by its bytes.
    return levels.astype(np.uint8) if dtype == "uint8" else (levels * (1 / GREY_LEVELS)).astype(np.float32)


def _write(folder: Path, number: int, image: KitImage, form: KitForm) -> KitFile:
    height, width = image.size_out
    name, suffix = f"{number:02d}-{image.kind}-to-{width}x{height}", FORMATS[form.format]
    values = values_of(image, form.dtype, form.channels)
    path = folder / "in" / f"{name}.{suffix}"
    if form.format == "png":
        write_image(path, values[..., 0] if form.channels == 1 else values)
    else:
        batch = np.ascontiguousarray(values[None] if form.layout == "NHWC" else values.transpose(2, 0, 1)[None])
        if form.format == "npy":
            np.save(path, batch)
        else:
            path.write_bytes(batch.astype(batch.dtype.newbyteorder("<")).tobytes())
        if form.format == "bin+json":
            about = {"shape": batch.shape, "dtype": form.dtype, "layout": form.layout, "size": image.size_out}
            path.with_suffix(".json").write_text(json.dumps(about) + "\n", encoding="utf-8")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    shape = (*image.size_in, form.channels)
    return KitFile(name, image.kind, f"in/{name}.{suffix}", f"out/{name}.{suffix}", shape, image.size_out, digest)


def _instructions(form: KitForm, count: int, model: dict[str, str]) -> tuple[str, ...]:
    """Ten lines for whoever holds the device."""
    suffix = FORMATS[form.format]
    columns = "NAME WIDTH HEIGHT IMAGE-WIDTH IMAGE-HEIGHT" if _is_headless(form) else "NAME WIDTH HEIGHT"
    shape = "(1, height, width, channels)" if form.layout == "NHWC" else "(1, channels, height, width)"
    what = {
        "png": f"PNG of 8 bits, {'grey' if form.channels == 1 else 'RGB'}",
        "npy": f"numpy's .npy of {form.dtype}, shape {shape}",
        "raw": f"the bytes of {form.dtype}, little-endian, shape {shape}, no header",
        "bin+json": f"the bytes of {form.dtype}, little-endian, shape {shape}; .json beside an image says its own",
    }[form.format]
    step = "Resize each image to its size with the one call, filter or setting that you ask about."
    if model:
        step = f"Run {model['file']} on each image, its input {model['input']!r}; its output is {model['output']!r}."
    return (
        f"{count} images to resize on a device, to learn how it resizes. Nothing needs to be installed there.",
        f"1. Take this folder to the device. list.txt has a line an image: {columns}.",
        f"2. The image is in/NAME.{suffix}; WIDTH and HEIGHT are the size to make of it, as NAME ends with it.",
        f"3. {step}",
        f"4. Write what it makes to out/NAME.{suffix}: {what}.",
        "5. Change nothing else: no crop, no padding, no rotation, no change of colours, no normalisation.",
        "6. Lose nothing: no JPEG, WebP or screenshot on the way, no colour profile, no other bit depth.",
        "7. Leave out what the device refuses; what is missing is named, and the rest is used.",
        "8. Bring the folder back: manifest.json, in/ and out/.",
        "9. Where halfpixel is installed: halfpixel kit read FOLDER --device NAME-OF-THE-DEVICE",
    )
