"""Networks made for tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np


def wild_answer(path: Path, constant: float, gain: float, planes: int) -> str:
    """A network of ``planes`` inputs that wants the first three moved by ``constant`` and ``gain`` times each."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = [
        numpy_helper.from_array((gain * np.eye(3, planes, dtype=np.float32))[:, :, None, None], "weight"),
        numpy_helper.from_array(np.full(3, constant, np.float32), "bias"),
    ]
    graph = helper.make_graph(
        [helper.make_node("Conv", ["input", "weight", "bias"], ["output"], kernel_shape=[1, 1])],
        "net",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, planes, "H", "W"])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 3, "H", "W"])],
        weights,
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return str(path)
