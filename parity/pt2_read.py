"""Exported programs of torch (.pt2): the JSON of their graph is read; nothing in them is unpickled.

``torch.export.load`` unpickles members of the archive, the sample inputs among them, and where that fails in its safe
mode it goes on in the one that can run anything (``deserialize_torch_artifact`` in torch/_export/serde/serialize.py of
2.13). :func:`refuse_pickles` says what must not be loaded; ``sample_inputs`` has to be loaded with ``weights_only``
forced, or left out.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from golden import Convention
from parity.as_resize import pooled_axes
from parity.model import BadModel, Model, Port
from parity.origin import innermost
from parity.resizes import ResizedAxis, ResizeNode
from parity.shapes import MAX_ELEMENTS, fixed
from parity.text import shown

MAX_JSON = 256 * 2**20
"""Bytes of a graph's JSON: a node takes some 700, so that this is more than 300,000 of them. Also what keeps an archive
of a few kilobytes from unpacking to gigabytes."""
MAX_NAME = 4_096
"""Characters, as for ONNX."""
# torch/_export/serde/schema.py, ScalarType.
_DTYPES = (
    *("unknown", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"),
    *("complex32", "complex64", "complex128", "bool", "bfloat16"),
)

_TORCH_NEAREST = Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
_EXACT = Convention(kernel="nearest", nearest_mode="round_prefer_ceil")
_LINEAR = Convention(kernel="linear")
_CUBIC = Convention(kernel="cubic", cubic_coeff_a=Fraction(-3, 4))
_AA_LINEAR = Convention(kernel="linear", antialias=True, border="renormalise")
_AA_CUBIC = Convention(kernel="cubic", cubic_coeff_a=Fraction(-1, 2), antialias=True, border="renormalise")
_ADAPTIVE = Convention(kernel="adaptive_average")
# Spatial axes, and what the operator means with align_corners=False. Sources: the claims in adapters/torch.py.
OPERATORS: dict[str, tuple[int, Convention]] = {
    "upsample_nearest1d": (1, _TORCH_NEAREST),
    "upsample_nearest2d": (2, _TORCH_NEAREST),
    "upsample_nearest3d": (3, _TORCH_NEAREST),
    "_upsample_nearest_exact1d": (1, _EXACT),
    "_upsample_nearest_exact2d": (2, _EXACT),
    "_upsample_nearest_exact3d": (3, _EXACT),
    "upsample_linear1d": (1, _LINEAR),
    "upsample_bilinear2d": (2, _LINEAR),
    "upsample_trilinear3d": (3, _LINEAR),
    "upsample_bicubic2d": (2, _CUBIC),
    "_upsample_bilinear2d_aa": (2, _AA_LINEAR),
    "_upsample_bicubic2d_aa": (2, _AA_CUBIC),
    "adaptive_avg_pool1d": (1, _ADAPTIVE),
    "adaptive_avg_pool2d": (2, _ADAPTIVE),
    "_adaptive_avg_pool2d": (2, _ADAPTIVE),
    "adaptive_avg_pool3d": (3, _ADAPTIVE),
}
_POOLS = {f"{kind}_pool{n}d{tail}": n for kind in ("avg", "max") for n in (1, 2, 3) for tail in ("", "_with_indices")}
_GRID = "samples where a grid says that is known only when the model runs"


def read_pt2(path: Path, given: Mapping[str, tuple[int, ...]]) -> Model:
    """The model of a file; raises ``BadModel``."""
    program = _program(path)
    try:
        module = program["graph_module"]
        graph = module["graph"]
        sizes = {name: tuple(map(_size, one["sizes"])) for name, one in graph["tensor_values"].items()}
        dtypes = {name: _dtype(one["dtype"]) for name, one in graph["tensor_values"].items()}
        names = [one["user_input"]["arg"] for one in module["signature"]["input_specs"] if "user_input" in one]
        inputs = tuple(_ports(names, dtypes, sizes))
        outs = [one["user_output"]["arg"] for one in module["signature"]["output_specs"] if "user_output" in one]
        outputs = tuple(_ports(outs, dtypes, sizes))
        nodes = list(graph["nodes"])
        _check(path, nodes, sizes)
        found = [_node(index, node, sizes) for index, node in enumerate(nodes)]
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadModel(f"{path}: not the graph of an exported program: {shown(repr(error))}") from None
    except ValueError as error:
        if isinstance(error, BadModel):
            raise
        raise BadModel(f"{path}: not the graph of an exported program: {shown(error)}") from None
    given = fixed(inputs, given, path)
    inputs = tuple(Port(one.name, one.dtype, given.get(one.name, one.shape)) for one in inputs)
    kept = tuple(one for one in found if one is not None)
    return Model(path, "pt2", inputs, outputs, kept, nodes=len(nodes), shapes=given)


def refuse_pickles(path: Path) -> None:
    """Raises ``BadModel`` where loading the program would unpickle weights, constants or objects."""
    with _archive(path) as archive:
        for name in archive.namelist():
            folder, base = name.rpartition("/")[::2]
            if folder.endswith("/constants") and base.startswith(("custom_obj_", "opaque_obj_")):
                raise BadModel(f"{path}: holds a pickled object, {shown(name)}, which is not opened")
            if base in ("model_weights_config.json", "model_constants_config.json"):
                config = _json(path, archive, name).get("config", {})
                pickled = [key for key, one in config.items() if one.get("use_pickle")]
                if pickled:
                    raise BadModel(f"{path}: holds a pickled tensor, {shown(pickled[0])!r}, which is not opened")


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise BadModel(f"{path}: a damaged archive, or cut short") from None


def _program(path: Path) -> dict:
    with _archive(path) as archive:
        names = archive.namelist()
        graphs = [name for name in names if name.count("/") >= 1 and name.split("/", 1)[1] == "models/model.json"]
        if graphs:
            return _json(path, archive, graphs[0])
        if any(name.endswith("data.pkl") for name in names):
            raise BadModel(
                f"{path}: pickled by torch.save or TorchScript, which is not opened: it could run anything; "
                "export it with torch.export.save, or to ONNX"
            )
        if any(name.endswith("model.weights.h5") for name in names):
            raise BadModel(f"{path}: a Keras archive; export it as a SavedModel")
    raise BadModel(f"{path}: a zip archive that holds no exported program of torch")


def _json(path: Path, archive: zipfile.ZipFile, name: str) -> dict:
    about = archive.getinfo(name)
    if about.file_size > MAX_JSON:
        raise BadModel(f"{path}: {shown(name)} unpacks to {about.file_size} bytes; at most {MAX_JSON} are read")
    try:
        # No more than was announced is ever unpacked.
        with archive.open(about) as file:
            read = json.loads(file.read(MAX_JSON + 1))
    except (ValueError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError):
        raise BadModel(f"{path}: {shown(name)} is damaged, or encrypted") from None
    if not isinstance(read, dict):
        raise BadModel(f"{path}: {shown(name)} holds no object")
    return read


def _size(one: Mapping[str, object]) -> int | str:
    if "as_int" in one:
        return int(one["as_int"])
    return str(one.get("as_expr", {}).get("expr_str", "?"))


def _dtype(number: int) -> str:
    return _DTYPES[number] if 0 <= number < len(_DTYPES) else "unknown"


def _ports(names: Sequence[Mapping], dtypes: Mapping[str, str], sizes: Mapping[str, tuple]) -> list[Port]:
    found = [one["as_tensor"]["name"] for one in names if "as_tensor" in one]
    return [Port(name, dtypes.get(name, "unknown"), sizes.get(name)) for name in found]


def _check(path: Path, nodes: Sequence[Mapping], sizes: Mapping[str, tuple]) -> None:
    for name, shape in sizes.items():
        if len(name) > MAX_NAME:
            raise BadModel(f"{path}: a name of {len(name)} characters; at most {MAX_NAME} are read")
        product = 1
        for length in shape:
            product *= length if isinstance(length, int) else 1
        if product < 0 or product > MAX_ELEMENTS:
            raise BadModel(f"{path}: {shown(name, 40)!r} has an absurd shape {shown(shape, 60)}")
    made: set[str] = set()
    if not nodes:
        raise BadModel(f"{path}: a program without a node")
    for node in nodes:
        for output in node["outputs"]:
            name = output.get("as_tensor", {}).get("name")
            if name is not None and name in made:
                raise BadModel(f"{path}: two tensors are called {shown(name)!r}")
            made.add(name)


def _node(index: int, node: Mapping, sizes: Mapping[str, tuple]) -> ResizeNode | None:
    target = str(node["target"])
    parts = target.split(".")
    name = parts[3] if target.startswith("torch.ops.aten.") and len(parts) > 3 else ""
    arguments = {one["name"]: one["arg"] for one in node["inputs"]}
    tensor = next((arg["as_tensor"]["name"] for arg in arguments.values() if "as_tensor" in arg), "")
    outputs = [one["as_tensor"]["name"] for one in node["outputs"] if "as_tensor" in one]
    if not tensor or not outputs:
        return None
    before, after = sizes.get(tensor, ()), sizes.get(outputs[0], ())
    if len(before) != len(after):
        return None
    plain = {key: value for key, arg in arguments.items() if (value := _plain(arg)) is not None}
    remark = ""
    if name in OPERATORS:
        count, convention = OPERATORS[name]
        if after[-count:] == (1,) * count and "adaptive" in name:
            return None  # the mean of everything
        if plain.get("align_corners"):
            convention = convention.but(coordinate_transformation_mode="align_corners")
        found = [(convention, scale) for scale in _scales(plain, count)]
    elif name in _POOLS and name.endswith("d"):
        count = _POOLS[name]
        found = _pool(plain, count, name.startswith("avg"))
    elif name in ("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"):
        count, found, remark = 0, [], _GRID
    else:
        return None
    if found is None or (not found and not remark):
        return None
    first = len(before) - count
    axes = tuple(
        ResizedAxis(axis, convention, _int(before[axis]), _int(after[axis]), scale)
        for axis, (convention, scale) in enumerate(found, first)
        if before[axis] != after[axis] or not isinstance(before[axis], int)
    )
    return ResizeNode(
        key=f"main/{index}:{name}",
        name=str(node.get("name") or ""),
        op=f"aten::{name}",
        graph="main",
        input=tensor,
        output=outputs[0],
        rank=len(before) or None,
        axes=axes,
        attributes=plain,
        remark=remark or ("" if axes else "keeps every size: it resizes nothing"),
        indices=(index,),
        origin=innermost(str(node.get("metadata", {}).get("stack_trace", ""))),
    )


def _plain(argument: Mapping[str, object]) -> object:
    """A plain value of an argument; ``None`` where it is a tensor, a symbol, or none."""
    for kind in ("as_bool", "as_int", "as_float", "as_string"):
        if kind in argument:
            return argument[kind]
    for kind in ("as_ints", "as_floats"):
        if kind in argument:
            return tuple(argument[kind])
    return None


def _scales(plain: Mapping[str, object], count: int) -> list[Fraction | None]:
    """The scale factors given, which are then used for coordinates; aligned corners use none."""
    given = plain.get("scale_factors")
    if not isinstance(given, tuple) or len(given) != count or plain.get("align_corners"):
        return [None] * count
    return [Fraction(float(value)) if value > 0 else None for value in given]


def _pool(plain: Mapping[str, object], count: int, average: bool) -> list[tuple[Convention | None, Fraction]] | None:
    def each(key: str, default: object) -> tuple[int, ...]:
        value = plain.get(key, default)
        value = value if isinstance(value, tuple) else (value,)
        return (value or kernel) if len(value or kernel) == count else (value or kernel) * count

    kernel: tuple[int, ...] = ()
    kernel = each("kernel_size", ())
    if len(kernel) != count:
        return None
    is_padded, is_dilated = any(each("padding", 0)), any(step != 1 for step in each("dilation", 1))
    return pooled_axes(average, kernel, each("stride", kernel), is_padded, is_dilated, bool(plain.get("ceil_mode")))


def _int(length: object) -> int | None:
    return length if isinstance(length, int) else None
