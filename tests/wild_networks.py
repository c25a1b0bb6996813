"""Networks made for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def wild_answer(path: Path, constant: float, gain: float, planes: int, scale: int = 1) -> str:
    """A network of ``planes`` inputs that wants the first three moved by ``constant`` and ``gain`` times each.

    It answers ``scale`` times as large, each pixel for scale x scale.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    rows = (gain * np.eye(3, planes, dtype=np.float32)).repeat(scale**2, axis=0)
    weights = [
        numpy_helper.from_array(rows[:, :, None, None], "weight"),
        numpy_helper.from_array(np.full(len(rows), constant, np.float32), "bias"),
    ]
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["input", "weight", "bias"], ["blocks"], kernel_shape=[1, 1]),
            helper.make_node("DepthToSpace", ["blocks"], ["output"], blocksize=scale, mode="CRD"),
        ],
        "net",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, planes, "H", "W"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 3, "OH", "OW"])],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return str(path)
