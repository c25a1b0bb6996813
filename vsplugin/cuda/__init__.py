"""The kernels on NVIDIA GPUs: the same sources as on the CPU, compiled at run time (docs/cuda.md).

    out = cuda.warp(image, dx, dy)      # numpy, CuPy or torch planes in, the same kind out

Nothing here is imported before it is used: CuPy is the extra ``cuda``.
"""
