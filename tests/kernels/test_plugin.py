"""core.vsplugin against the numpy face: formats, planes, ranges, properties, errors."""

import itertools
import logging

import numpy as np
import pytest
import vapoursynth as vs
from kernel_planes import clip_of, planes_of, random_plane, random_planes

from vsplugin import kernels

core = vs.core
FORMATS = [vs.GRAY8, vs.GRAY16, vs.GRAYH, vs.GRAYS, vs.YUV420P8, vs.YUV422P10, vs.YUV444P12, vs.YUV411P8]
FORMATS += [vs.YUV420P16, vs.YUV444PH, vs.YUV444PS, vs.RGB24, vs.RGB48, vs.RGBH, vs.RGBS]
WIDTH, HEIGHT = 44, 26
CPU_MODES = list(itertools.product(kernels.cpu_levels(), ["bilinear", "catmullrom"]))


@pytest.fixture(scope="module")
def plugin():
    return kernels.plugin(core)


@pytest.fixture
def rng():
    return np.random.default_rng(11)


def name_of(format_id):
    return vs.core.get_video_format(format_id).name


def bits_of(clip):
    return min(clip.format.bits_per_sample, 16)


def residual_like(rng, shapes):
    return [rng.normal(0, 0.05, shape).astype(np.float32) for shape in shapes]


def random_flow(rng, frames=1, width=WIDTH, height=HEIGHT):
    def planes():
        dx, dy = rng.normal(0, 3, (2, height, width)).astype(np.float32)
        return [dx, dy, rng.uniform(0, 1, (height, width)).astype(np.float32)]

    return [planes() for _ in range(frames)]


def test_loading_twice_is_harmless(plugin, caplog):
    caplog.set_level(logging.INFO)
    kernels.load()
    assert kernels.plugin() is not None and not caplog.records
    flow = {"Warp", "WarpBlend", "FlowConfidence", "FlowResize", "FlowMatch"}
    others = {"Merge", "GuideChroma", "LightHistogram", "TileSR", "BackProject", "ReductionResidual", "Grain"}
    assert {f.name for f in plugin.functions()} == flow | others
    assert kernels.cpu_level() in ("scalar", "avx2", "avx512")


@pytest.mark.parametrize("format_id", FORMATS, ids=name_of)
def test_warp_every_format(plugin, rng, format_id):
    frames = [random_planes(rng, format_id, WIDTH, HEIGHT) for _ in range(2)]
    clip = clip_of(frames, format_id, _Matrix=5, Custom=b"kept")
    flows = random_flow(rng, 2)
    warped = plugin.Warp(clip, clip_of(flows, vs.RGBS))
    assert warped.format.id == format_id and warped.num_frames == 2
    for n in (1, 0):
        for p, plane in enumerate(planes_of(warped, n)):
            subsampling = (clip.format.subsampling_w, clip.format.subsampling_h) if p else (0, 0)
            expected = kernels.warp(frames[n][p], *flows[n], bits=bits_of(clip), subsampling=subsampling)
            np.testing.assert_array_equal(plane, expected)
    assert warped.get_frame(1).props["_Matrix"] == 5 and warped.get_frame(1).props["Custom"] == b"kept"


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (129, 67)])
@pytest.mark.parametrize("cpu,mode", CPU_MODES)
def test_warp_odd_sizes(plugin, rng, size, cpu, mode):
    plane = random_plane(rng, *size, "uint8", 8)
    flow = random_flow(rng, 1, *size)[0]
    warped = plugin.Warp(clip_of([[plane]], vs.GRAY8), clip_of([flow], vs.RGBS), mode=mode, cpu=cpu)
    np.testing.assert_array_equal(planes_of(warped)[0], kernels.warp(plane, *flow, mode=mode))


@pytest.mark.parametrize("format_id", [vs.GRAY8, vs.GRAYS, vs.YUV420P10, vs.YUV444PH], ids=name_of)
@pytest.mark.parametrize("cpu,mode", CPU_MODES)
def test_warp_from_an_enlarged_clip_is_every_nth_sample_of_warping_it(plugin, rng, format_id, cpu, mode):
    scale, width, height = 3, 70, 26  # of the result; wider than a chunk of 64
    planes = random_planes(rng, format_id, scale * width, scale * height)
    flow = random_flow(rng, 1, width, height)[0]
    clip = clip_of([planes], format_id)
    warped = plugin.Warp(clip, clip_of([flow], vs.RGBS), mode=mode, cpu=cpu, scale=scale)
    assert (warped.width, warped.height) == (width, height)
    for p, plane in enumerate(planes_of(warped)):
        across, down = (clip.format.subsampling_w, clip.format.subsampling_h) if p else (0, 0)
        # The flow of each sample of the result, in samples of its plane, at the clip's sample that it is made from.
        blocks = [part.reshape(height >> down, 1 << down, width >> across, 1 << across) for part in flow]
        dx, dy, confidence = (np.clip(b, 0, 1).mean((1, 3)) if k == 2 else b.mean((1, 3)) for k, b in enumerate(blocks))
        fine = [np.kron(part, np.ones((scale, scale))).astype(np.float32) for part in
                (dx * scale / (1 << across), dy * scale / (1 << down), confidence)]  # fmt: skip
        expected = kernels.warp(planes[p], *fine, mode=mode, bits=bits_of(clip))[::scale, ::scale]
        unit = 2e-3 if clip.format.sample_type == vs.FLOAT else 1  # means of blocks are summed in another order here
        np.testing.assert_allclose(plane.astype(float), expected.astype(float), atol=unit if p else 0)


@pytest.mark.parametrize("format_id", FORMATS, ids=name_of)
def test_merge_zero_residual_returns_the_base(plugin, rng, format_id):
    planes = random_planes(rng, format_id, WIDTH, HEIGHT)
    base = clip_of([planes], format_id, Custom=7)
    gray = core.std.BlankClip(width=WIDTH, height=HEIGHT, format=vs.GRAYS, length=1)
    fmt = base.format
    residuals = [gray]
    if fmt.num_planes == 3:
        floats = core.query_video_format(fmt.color_family, vs.FLOAT, 32, fmt.subsampling_w, fmt.subsampling_h)
        residuals.append(gray.resize.Point(format=floats.id, matrix_s="709" if fmt.color_family == vs.YUV else None))
    for residual in residuals:
        merged = plugin.Merge(base, residual)
        for got, expected in zip(planes_of(merged), planes, strict=True):
            np.testing.assert_array_equal(got, expected)
        assert merged.get_frame(0).props["Custom"] == 7


@pytest.mark.parametrize("props", [{}, {"_Range": 0}, {"_Range": 1}])
@pytest.mark.parametrize("out_id", [vs.YUV420P8, vs.YUV420P10, vs.YUV420PS])
@pytest.mark.parametrize("in_id", [vs.YUV420P8, vs.YUV420P16, vs.YUV420PS])
def test_merge_all_planes_ranges_and_formats(plugin, rng, in_id, out_id, props):
    planes = random_planes(rng, in_id, WIDTH, HEIGHT)
    residual = residual_like(rng, [plane.shape for plane in planes])
    base, change = clip_of([planes], in_id, **props), clip_of([residual], vs.YUV420PS)
    merged = plugin.Merge(base, change, strength=0.5, format=out_id)
    assert merged.format.id == out_id
    for p, got in enumerate(planes_of(merged)):
        expected = kernels.merge_plane(
            planes[p],
            residual[p],
            strength=0.5,
            full_range=props.get("_Range", 0) == 1,
            chroma=p > 0,
            bits=bits_of(base),
            dtype=got.dtype,
            out_bits=bits_of(merged),
        )
        np.testing.assert_array_equal(got, expected)


def test_merge_gray_residual_planes_and_rgb(plugin, rng):
    planes = random_planes(rng, vs.YUV420P8, WIDTH, HEIGHT)
    change = residual_like(rng, [(HEIGHT, WIDTH)])
    merged = planes_of(plugin.Merge(clip_of([planes], vs.YUV420P8), clip_of([change], vs.GRAYS)))
    np.testing.assert_array_equal(merged[0], kernels.merge_plane(planes[0], change[0]))
    np.testing.assert_array_equal(merged[1], planes[1])
    rgb = random_planes(rng, vs.RGB24, WIDTH, HEIGHT)
    merged = planes_of(plugin.Merge(clip_of([rgb], vs.RGB24), clip_of([change], vs.GRAYS), planes=[0, 2]))
    for p in range(3):
        expected = rgb[p] if p == 1 else kernels.merge_plane(rgb[p], change[0], full_range=True)
        np.testing.assert_array_equal(merged[p], expected)


def test_merge_limits_by_source_of_another_format_and_range(plugin, rng):
    source = random_planes(rng, vs.YUV420P10, WIDTH, HEIGHT)
    base = random_planes(rng, vs.YUV420P8, 2 * WIDTH, 2 * HEIGHT)
    change = residual_like(rng, [plane.shape for plane in base])
    merged = plugin.Merge(
        clip_of([base], vs.YUV420P8),
        clip_of([change], vs.YUV420PS),
        source=clip_of([source], vs.YUV420P10),
        overshoot=0.2,
    )
    for p, got in enumerate(planes_of(merged)):
        options = {"source": source[p], "overshoot": 0.2, "chroma": p > 0, "source_bits": 10}
        np.testing.assert_array_equal(got, kernels.merge_plane(base[p], change[p], **options))
    full = plugin.Merge(
        clip_of([[np.full((2, 2), 128, np.uint8)]], vs.GRAY8, _Range=0),
        clip_of([[np.full((2, 2), 0.5, np.float32)]], vs.GRAYS),
        source=clip_of([[np.full((1, 1), 255, np.uint8)]], vs.GRAY8, _Range=1),
        overshoot=0.0,
    )
    assert planes_of(full)[0].tolist() == [[235, 235]] * 2  # full-range white is limited-range white


@pytest.mark.parametrize("format_id", [vs.YUV420P8, vs.YUV422P10, vs.YUV444P16, vs.YUV420PH, vs.YUV444PS], ids=name_of)
def test_guide_chroma(plugin, rng, format_id):
    planes = random_planes(rng, format_id, WIDTH, HEIGHT)
    fmt = core.get_video_format(format_id)
    clip = clip_of([planes], format_id, _ChromaLocation=2, _Range=1, Custom=b"kept")
    gray = core.query_video_format(vs.GRAY, fmt.sample_type, fmt.bits_per_sample).id
    luma = clip_of([[rng.integers(0, 2, (HEIGHT * 3, WIDTH * 3)).astype(planes[0].dtype)]], gray, _Range=0, Other=1)
    options = {}
    if not fmt.subsampling_w:
        options["detail"] = rng.normal(0, 0.1, (HEIGHT * 3, WIDTH * 3)).astype(np.float32)
    clips = {name: clip_of([[plane]], vs.GRAYS) for name, plane in options.items()}
    guided = plugin.GuideChroma(clip, luma, **clips, strength=0.8)
    expected = kernels.guide_chroma(
        planes[0], tuple(planes[1:]), 3, **options, strength=0.8, location=2, full_range=True, bits=fmt.bits_per_sample
    )
    got = planes_of(guided)
    np.testing.assert_array_equal(got[0], planes_of(luma)[0])
    for plane, wanted in zip(got[1:], expected, strict=True):
        np.testing.assert_array_equal(plane, wanted)
    assert dict(guided.get_frame(0).props) == dict(clip.get_frame(0).props)


def test_guide_chroma_names_a_wrong_siting(plugin):
    clip = blank(vs.YUV420P8).std.SetFrameProps(_ChromaLocation=6)
    with pytest.raises(vs.Error, match="GuideChroma: _ChromaLocation must be 0 to 5; got 6"):
        plugin.GuideChroma(clip, blank(vs.GRAY8)).get_frame(0)


def test_read_only_frames_go_in_without_a_copy(rng):
    clip = clip_of([random_planes(rng, vs.GRAYS, WIDTH, HEIGHT)], vs.GRAYS)
    with clip.get_frame(0) as frame:
        plane = np.asarray(frame[0])
        assert not plane.flags.writeable
        np.testing.assert_array_equal(kernels.merge_plane(plane, np.zeros_like(plane)), plane)


def blank(format_id, width=WIDTH, height=HEIGHT, length=3):
    return core.std.BlankClip(width=width, height=height, format=format_id, length=length)


def variable():
    return core.std.Splice([blank(vs.GRAY8), blank(vs.GRAYS)], mismatch=True)


ERRORS = [
    ("Warp", lambda: [blank(vs.GRAY8), blank(vs.YUV420P8)], {}, "Warp: flow must be RGBS; got YUV420P8"),
    (
        "Warp",
        lambda: [blank(vs.GRAY8), blank(vs.RGBS, 40)],
        {},
        "Warp: flow must be as large as clip (44x26); got 40x26",
    ),
    (
        "Warp",
        lambda: [blank(vs.GRAY8), blank(vs.RGBS, 22)],
        {"scale": 2},
        "Warp: clip must be as large as flow times scale (44x52); got 44x26",
    ),
    ("Warp", lambda: [blank(vs.GRAY8), blank(vs.RGBS)], {"scale": 0}, "Warp: scale must be 1 to 8; got 0"),
    (
        "Warp",
        lambda: [blank(vs.GRAY8), blank(vs.RGBS, length=2)],
        {},
        "Warp: flow must have as many frames as clip (3); got 2",
    ),
    (
        "Warp",
        lambda: [variable(), blank(vs.RGBS)],
        {},
        "Warp: clip must have one format and size for all frames; got a variable clip",
    ),
    (
        "Warp",
        lambda: [blank(vs.GRAY32), blank(vs.RGBS)],
        {},
        "Warp: clip must have 8 to 16 bit integer, half or float samples; got 32 bit integer",
    ),
    (
        "Warp",
        lambda: [blank(vs.GRAY8), blank(vs.RGBS)],
        {"mode": "nearest"},
        "Warp: mode must be catmullrom or bilinear; got nearest",
    ),
    ("Warp", lambda: [blank(vs.GRAY8), blank(vs.RGBS)], {"cpu": "mmx"}, "Warp: cpu must be one of auto, scalar"),
    (
        "Merge",
        lambda: [blank(vs.YUV420P8), blank(vs.GRAY8)],
        {},
        "Merge: residual must be GRAYS, or float32 with the planes of base (YUV420P8); got Gray8",
    ),
    (
        "Merge",
        lambda: [blank(vs.GRAY8), blank(vs.GRAYS)],
        {"format": vs.YUV420P8},
        "Merge: format must have the colour family and subsampling of base (Gray8); got YUV420P8",
    ),
    ("Merge", lambda: [blank(vs.GRAY8), blank(vs.GRAYS)], {"planes": [1]}, "Merge: planes must be 0 to 0; got 1"),
    (
        "Merge",
        lambda: [blank(vs.GRAY8), blank(vs.GRAYS)],
        {"overshoot": 0.1},
        "Merge: overshoot needs source, the clip before it was enlarged",
    ),
    (
        "Merge",
        lambda: [blank(vs.GRAY8), blank(vs.GRAYS), 1.0, blank(vs.GRAY8, 30)],
        {"overshoot": 0.1},
        "Merge: base (44x26) must be a whole multiple of source; got 30x26",
    ),
    ("GuideChroma", lambda: [blank(vs.GRAY8), blank(vs.GRAY8)], {}, "GuideChroma: clip must be YUV; got Gray8"),
    (
        "GuideChroma",
        lambda: [blank(vs.YUV420P8), blank(vs.GRAYS)],
        {},
        "GuideChroma: luma must be GRAY with the samples of clip (YUV420P8); got GrayS",
    ),
    (
        "GuideChroma",
        lambda: [blank(vs.YUV420P8), blank(vs.GRAY8, width=30)],
        {},
        "GuideChroma: luma must be 1 to 16 times as large as clip",
    ),
    (
        "GuideChroma",
        lambda: [blank(vs.YUV420P8), blank(vs.GRAY8), blank(vs.GRAYS)],
        {},
        "GuideChroma: detail is for chroma as large as luma; clip is YUV420P8",
    ),
    (
        "GuideChroma",
        lambda: [blank(vs.YUV444P8), blank(vs.GRAY8), blank(vs.GRAYH)],
        {},
        "GuideChroma: detail must be GrayS; got GrayH",
    ),
]


@pytest.mark.parametrize("function,clips,options,text", ERRORS, ids=[text for *_, text in ERRORS])
def test_errors_say_what_is_allowed(plugin, function, clips, options, text):
    with pytest.raises(vs.Error) as error:
        getattr(plugin, function)(*clips(), **options)
    assert str(error.value).startswith(text) and "\n" not in str(error.value)


def test_frames_do_not_depend_on_the_order_of_requests(plugin, rng):
    frames = [random_planes(rng, vs.GRAY8, WIDTH, HEIGHT) for _ in range(8)]
    warped = plugin.Warp(clip_of(frames, vs.GRAY8), clip_of(random_flow(rng, 8), vs.RGBS))
    forward = [planes_of(warped, n)[0] for n in range(8)]
    for n in (5, 0, 7, 3):
        np.testing.assert_array_equal(planes_of(warped, n)[0], forward[n])
