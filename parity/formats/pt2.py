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
from typing import Any

from halfpixel.golden import Convention
from halfpixel.golden.catalogue import named_convention
from halfpixel.parity.formats.model import (
    KEEPS_SIZE,
    AxisRule,
    BadModel,
    FlowNode,
    Model,
    Port,
    ResizeNode,
    Shape,
    check_name,
    check_shape,
    fix_shapes,
    resized_axes,
    source_line,
)
from halfpixel.parity.formats.pattern_matching import pooled_axes
from halfpixel.parity.printable_text import printable

MAX_JSON = 256 * 2**20
"""Bytes of a graph's JSON: a node takes some 700, so that this is more than 300,000 of them. Also what keeps an archive
of a few kilobytes from unpacking to gigabytes."""
Json = Mapping[str, Any]
"""An object of the graph's JSON; a missing key or a wrong type is found by reading it."""
# torch/_export/serde/schema.py, ScalarType.
_DTYPES = (
    *("unknown", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"),
    *("complex32", "complex64", "complex128", "bool", "bfloat16"),
)

# Operators by the number of spatial axes, and the name in the catalogue of what they mean with align_corners=False.
_FAMILIES = {
    "upsample_nearest{}d": ((1, 2, 3), "torch-nearest"),
    "_upsample_nearest_exact{}d": ((1, 2, 3), "torch-nearest-exact"),
    "upsample_linear{}d": ((1,), "torch-bilinear"),
    "upsample_bilinear{}d": ((2,), "torch-bilinear"),
    "upsample_trilinear{}d": ((3,), "torch-bilinear"),
    "upsample_bicubic{}d": ((2,), "torch-bicubic"),
    "_upsample_bilinear{}d_aa": ((2,), "torch-bilinear-antialias"),
    "_upsample_bicubic{}d_aa": ((2,), "torch-bicubic-antialias"),
    "adaptive_avg_pool{}d": ((1, 2, 3), "torch-area"),
    "_adaptive_avg_pool{}d": ((2,), "torch-area"),
}
OPERATORS: Mapping[str, tuple[int, Convention]] = {
    family.format(count): (count, named_convention(name).convention)
    for family, (counts, name) in _FAMILIES.items()
    for count in counts
}
_POOLS = {f"{kind}_pool{n}d": n for kind in ("avg", "max") for n in (1, 2, 3)}
_GRID_REMARK = "its sampling grid is known only when the model runs"


def read_pt2(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> Model:
    """The model of a file; raises ``BadModel``."""
    program = _program(path)
    try:
        module = program["graph_module"]
        graph, signature = module["graph"], module["signature"]
        sizes = {name: tuple(map(_size, value["sizes"])) for name, value in graph["tensor_values"].items()}
        dtypes = {name: _dtype(value["dtype"]) for name, value in graph["tensor_values"].items()}
        inputs = _ports(signature["input_specs"], "user_input", dtypes, sizes)
        outputs = _ports(signature["output_specs"], "user_output", dtypes, sizes)
        nodes = list(graph["nodes"])
        _check(path, nodes, sizes)
        resizes = tuple(filter(None, (_resize(index, node, sizes) for index, node in enumerate(nodes))))
        flow = tuple(map(_flow_node, nodes))
    except BadModel:
        raise
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise BadModel(f"{path}: not the graph of an exported program: {printable(repr(error))}") from None
    except ValueError as error:
        raise BadModel(f"{path}: not the graph of an exported program: {printable(error)}") from None
    inputs, shapes = fix_shapes(inputs, shapes, path)
    return Model(path, "pt2", inputs, outputs, resizes, nodes=len(nodes), shapes=shapes, flow=flow)


def refuse_pickles(path: Path) -> None:
    """Raises ``BadModel`` where loading the program would unpickle weights, constants or objects."""
    with _archive(path) as archive:
        for name in archive.namelist():
            folder, base = name.rpartition("/")[::2]
            if folder.endswith("/constants") and base.startswith(("custom_obj_", "opaque_obj_")):
                raise BadModel(f"{path}: holds a pickled object, {printable(name)}, which is not opened")
            if base in ("model_weights_config.json", "model_constants_config.json"):
                config = _json(path, archive, name).get("config", {})
                pickled = [key for key, entry in config.items() if entry.get("use_pickle")]
                if pickled:
                    raise BadModel(f"{path}: holds a pickled tensor, {printable(pickled[0])!r}, which is not opened")


def _archive(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise BadModel(f"{path}: a damaged archive, or cut short") from None


def _program(path: Path) -> Json:
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


def _json(path: Path, archive: zipfile.ZipFile, name: str) -> Json:
    member = archive.getinfo(name)
    if member.file_size > MAX_JSON:
        raise BadModel(f"{path}: {printable(name)} unpacks to {member.file_size} bytes; at most {MAX_JSON} are read")
    try:
        # No more than the announced size is ever unpacked.
        with archive.open(member) as file:
            content = json.loads(file.read(MAX_JSON + 1))
    except (ValueError, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError):
        raise BadModel(f"{path}: {printable(name)} is damaged, or encrypted") from None
    if not isinstance(content, dict):
        raise BadModel(f"{path}: {printable(name)} holds no object")
    return content


def _size(length: Json) -> int | str:
    if "as_int" in length:
        return int(length["as_int"])
    return str(length.get("as_expr", {}).get("expr_str", "?"))


def _dtype(number: int) -> str:
    return _DTYPES[number] if 0 <= number < len(_DTYPES) else "unknown"


def _ports(specs: Sequence[Json], kind: str, dtypes: Mapping[str, str], sizes: Mapping[str, Shape]) -> tuple[Port, ...]:
    """The tensors among the inputs or outputs of one kind."""
    arguments = [spec[kind]["arg"] for spec in specs if kind in spec]
    names = [argument["as_tensor"]["name"] for argument in arguments if "as_tensor" in argument]
    return tuple(Port(name, dtypes.get(name, "unknown"), sizes.get(name)) for name in names)


def _check(path: Path, nodes: Sequence[Json], sizes: Mapping[str, Shape]) -> None:
    for name, shape in sizes.items():
        check_name(name, path)
        check_shape(name, shape, path)
    if not nodes:
        raise BadModel(f"{path}: a program without a node")
    made: set[str] = set()
    for node in nodes:
        for output in node["outputs"]:
            name = output.get("as_tensor", {}).get("name")
            if name is not None and name in made:
                raise BadModel(f"{path}: two tensors are called {printable(name)!r}")
            made.add(name)


_ONNX_OPERATORS = {
    **{f"conv{count}d": "conv" for count in (1, 2, 3)},
    **{
        f"{kind}pool{count}d": f"{name}pool"
        for kind, name in (("max", "max"), ("avg", "average"))
        for count in (1, 2, 3)
    },
    "convolution": "conv",
    "cat": "concat",
    "batchnorm": "batchnormalization",
}
"""By torch's names, without underscores, those of the first node that exporters make of them, in lower case."""


def _flow_node(node: Json) -> FlowNode:
    parts = str(node["target"]).split(".")
    name = (parts[3] if len(parts) > 3 else parts[-1]).replace("_", "").lower()
    tensors = [part for item in node["inputs"] for part in _tensors(item["arg"])]
    made = [part for output in node["outputs"] for part in _tensors(output)]
    return FlowNode(_ONNX_OPERATORS.get(name, name), tuple(tensors), tuple(made))


def _tensors(argument: Json) -> list[str]:
    """The tensors in an argument or result of a node, in order."""
    alone = [argument["as_tensor"]["name"]] if "as_tensor" in argument else []
    return alone + [part["name"] for part in argument.get("as_tensors", [])]


def _resize(index: int, node: Json, sizes: Mapping[str, Shape]) -> ResizeNode | None:
    """A node of the graph as a resize; ``None`` where it is none."""
    target = str(node["target"])
    parts = target.split(".")
    name = parts[3] if target.startswith("torch.ops.aten.") and len(parts) > 3 else ""
    arguments = {item["name"]: item["arg"] for item in node["inputs"]}
    tensor = next((argument["as_tensor"]["name"] for argument in arguments.values() if "as_tensor" in argument), "")
    outputs = [output["as_tensor"]["name"] for output in node["outputs"] if "as_tensor" in output]
    if not tensor or not outputs:
        return None
    before, after = sizes.get(tensor, ()), sizes.get(outputs[0], ())
    if len(before) != len(after):
        return None
    attributes = {key: value for key, argument in arguments.items() if (value := _plain_value(argument)) is not None}
    rules: Sequence[AxisRule] | None
    remark = ""
    if name in OPERATORS:
        count, convention = OPERATORS[name]
        if after[-count:] == (1,) * count and "adaptive" in name:
            return None  # the mean of everything
        if attributes.get("align_corners"):
            convention = convention.but(coordinate_transformation_mode="align_corners")
        rules = [(convention, scale) for scale in _scales(attributes, count)]
    elif name in _POOLS:
        rules = _pool(attributes, _POOLS[name], name.startswith("avg"))
    elif name in ("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"):
        rules, remark = [], _GRID_REMARK
    else:
        return None
    if rules is None:
        return None
    axes = resized_axes(rules, len(before) - len(rules), before, after)
    return ResizeNode(
        key=f"main/{index}:{name}",
        name=str(node.get("name") or ""),
        op=f"aten::{name}",
        graph="main",
        input=tensor,
        output=outputs[0],
        rank=len(before) or None,
        axes=axes,
        attributes=attributes,
        remark=remark or ("" if axes else KEEPS_SIZE),
        indices=(index,),
        origin=source_line(str(node.get("metadata", {}).get("stack_trace", ""))),
    )


def _plain_value(argument: Json) -> object:
    """A plain value of an argument; ``None`` where it is a tensor, a symbol, or none."""
    for kind in ("as_bool", "as_int", "as_float", "as_string"):
        if kind in argument:
            return argument[kind]
    for kind in ("as_ints", "as_floats"):
        if kind in argument:
            return tuple(argument[kind])
    return None


def _scales(attributes: Json, count: int) -> list[Fraction | None]:
    """The scale factors of the call, which coordinates then use; aligned corners use none."""
    factors = attributes.get("scale_factors")
    if not isinstance(factors, tuple) or len(factors) != count or attributes.get("align_corners"):
        return [None] * count
    return [Fraction(float(value)) if value > 0 else None for value in factors]


def _pool(attributes: Json, count: int, average: bool) -> list[AxisRule] | None:
    def by_axis(key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = attributes.get(key, default)
        values = (value if isinstance(value, tuple) else (value,)) or default
        return values if len(values) == count else values * count

    kernel = by_axis("kernel_size", ())
    if len(kernel) != count:
        return None
    is_padded, is_dilated = any(by_axis("padding", (0,))), any(step != 1 for step in by_axis("dilation", (1,)))
    rounds_up = bool(attributes.get("ceil_mode"))
    return pooled_axes(average, kernel, by_axis("stride", kernel), is_padded, is_dilated, rounds_up)
