"""The part of TensorFlow's SavedModel messages that is read here, so that reading one needs no TensorFlow.

Field numbers are those of https://github.com/tensorflow/tensorflow/tree/v2.21.0/tensorflow/core (protobuf/saved_model,
protobuf/meta_graph, framework/graph, function, node_def, attr_value, tensor, tensor_shape, op_def).
"""

from __future__ import annotations

import functools

_PACKAGE = "halfpixel"
# Message, then field: (number, type, is repeated). A type in capitals is protobuf's, others are messages here.
_MESSAGES: dict[str, dict[str, tuple[int, str, bool]]] = {
    "SavedModel": {"version": (1, "INT64", False), "meta_graphs": (2, "MetaGraph", True)},
    "MetaGraph": {"graph": (2, "Graph", False), "signatures": (5, "SignatureEntry", True)},
    "SignatureEntry": {"key": (1, "STRING", False), "value": (2, "Signature", False)},
    "Signature": {"inputs": (1, "TensorInfoEntry", True), "outputs": (2, "TensorInfoEntry", True)},
    "TensorInfoEntry": {"key": (1, "STRING", False), "value": (2, "TensorInfo", False)},
    "TensorInfo": {"name": (1, "STRING", False), "dtype": (2, "INT32", False), "shape": (3, "Shape", False)},
    "Shape": {"dim": (2, "Dim", True), "unknown_rank": (3, "BOOL", False)},
    "Dim": {"size": (1, "INT64", False)},
    "Graph": {"node": (1, "Node", True), "library": (2, "Library", False)},
    "Library": {"function": (1, "Function", True)},
    "Function": {"signature": (1, "Op", False), "node": (3, "Node", True)},
    "Op": {"name": (1, "STRING", False)},
    "Node": {
        "name": (1, "STRING", False),
        "op": (2, "STRING", False),
        "input": (3, "STRING", True),
        "attr": (5, "AttrEntry", True),
    },
    "AttrEntry": {"key": (1, "STRING", False), "value": (2, "Attr", False)},
    "Attr": {
        "list": (1, "List", False),
        "s": (2, "BYTES", False),
        "i": (3, "INT64", False),
        "b": (5, "BOOL", False),
        "type": (6, "INT32", False),
        "tensor": (8, "Tensor", False),
    },
    "List": {"i": (3, "INT64", True), "shape": (7, "Shape", True)},
    "Tensor": {
        "dtype": (1, "INT32", False),
        "shape": (2, "Shape", False),
        "content": (4, "BYTES", False),
        "int_val": (7, "INT32", True),
    },
}


@functools.cache
def saved_model_class() -> type:
    """The message class of a whole ``saved_model.pb``; raises ``google.protobuf.message.DecodeError`` when parsing."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    kinds = descriptor_pb2.FieldDescriptorProto
    # proto2, so that text which is not UTF-8 is read and not refused by the parser.
    file = descriptor_pb2.FileDescriptorProto(name="halfpixel_saved_model.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, (number, kind, repeated) in fields.items():
            label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            added = message.field.add(name=field, number=number, label=label)
            if kind in _MESSAGES:
                added.type, added.type_name = kinds.TYPE_MESSAGE, f".{_PACKAGE}.{kind}"
            else:
                added.type = getattr(kinds, f"TYPE_{kind}")
                added.options.packed = repeated and kind != "STRING"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.SavedModel"))
