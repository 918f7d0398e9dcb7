"""Writes packages/autograd/test/golden/{fourier,signals}.json. Run: python3 tools/golden/fourier.py (PyTorch 1.13 or later, librosa 0.11 for the filters)"""

import torch
from librosa.filters import mel

from functions import Cases

cases = Cases(19)
add, normal = cases.add, cases.normal
real = torch.view_as_real
complex_ = lambda x: torch.complex(x[..., 0], x[..., 1])

for n in (1, 2, 3, 4, 5, 8, 12, 31, 32, 33, 37, 64, 67, 74, 75, 100, 134):
    for name, f in {"fft": torch.fft.fft, "ifft": torch.fft.ifft}.items():
        add(name, lambda x: real(f(complex_(x))), [normal(n, 2)])
    add("rfft", lambda x: real(torch.fft.rfft(x)), [normal(n)])
    add("irfft", lambda x: torch.fft.irfft(complex_(x), n), [normal(n // 2 + 1, 2)], ["$0", {"n": n}])
for shape, axis, n, norm in [((2, 3, 4), -1, None, "ortho"), ((2, 3, 4), 0, 5, "forward"), ((3, 6), 0, 2, "backward"), ((2, 6), 1, 9, "ortho"), ((0, 4), -1, None, "backward")]:
    options = {"axis": axis, "norm": norm, **({} if n is None else {"n": n})}
    for name, f in {"fft": torch.fft.fft, "ifft": torch.fft.ifft}.items():
        add(name, lambda x: real(f(complex_(x), n, axis, norm)), [normal(*shape, 2)], ["$0", options], gradient=0 not in shape)
    add("rfft", lambda x: real(torch.fft.rfft(x, n, axis, norm)), [normal(*shape)], ["$0", options], gradient=0 not in shape)
    add("irfft", lambda x: torch.fft.irfft(complex_(x), n, axis, norm), [normal(*shape, 2)], ["$0", options], gradient=0 not in shape)
for shape, axes, n, norm in [((3, 4), None, None, "backward"), ((2, 3, 5), None, [4, 4], "ortho"), ((2, 3, 4), [0, -1], None, "forward"), ((3, 2, 4), [2, 0], [5, 2], "backward"), ((2, 36, 3), [1, 2], None, "ortho"), ((0, 2, 4), None, None, "backward")]:
    options = {"norm": norm, **({} if n is None else {"n": n}), **({} if axes is None else {"axes": axes})}
    gradient = 0 not in shape
    for two, dim in [("2", axes or (-2, -1)), *([] if axes is None and gradient is False else [("n", axes)])]:
        f = {name: getattr(torch.fft, name + two) for name in ("fft", "ifft", "rfft", "irfft")}
        add("fft" + two, lambda x: real(f["fft"](complex_(x), n, dim, norm)), [normal(*shape, 2)], ["$0", options], gradient)
        add("ifft" + two, lambda x: real(f["ifft"](complex_(x), n, dim, norm)), [normal(*shape, 2)], ["$0", options], gradient)
        add("rfft" + two, lambda x: real(f["rfft"](x, n, dim, norm)), [normal(*shape)], ["$0", options], gradient)
        add("irfft" + two, lambda x: f["irfft"](complex_(x), n, dim, norm), [normal(*shape, 2)], ["$0", options], gradient)
cases.write("fourier")

cases = Cases(23)
add, normal = cases.add, cases.normal
for length in (0, 1, 2, 5, 16):
    for periodic in (True, False):
        windows = {"hannWindow": torch.hann_window, "hammingWindow": torch.hamming_window, "blackmanWindow": torch.blackman_window, "bartlettWindow": torch.bartlett_window}
        for name, f in windows.items():
            add(name, lambda: f(length, periodic, dtype=torch.float64), [], [length, {"periodic": periodic}])
        for beta in (0.0, 3.5, 12.0, 200.0):
            add("kaiserWindow", lambda: torch.kaiser_window(length, periodic, beta, dtype=torch.float64), [], [length, {"periodic": periodic, "beta": beta}])
add("hammingWindow", lambda: torch.hamming_window(7, True, 0.5, 0.3, dtype=torch.float64), [], [7, {"alpha": 0.5, "beta": 0.3}])

framed = [
    ((20,), 8, {}, False),
    ((2, 21), 8, {"hopLength": 3, "windowLength": 5}, True),
    ((2, 21), 7, {"hopLength": 2, "paddingMode": "constant", "normalized": True}, True),
    ((3, 16), 6, {"hopLength": 4, "center": False, "onesided": False}, True),
    ((19,), 9, {"hopLength": 4, "windowLength": 6, "paddingMode": "replicate", "onesided": False}, True),
    ((1, 24), 10, {"hopLength": 5, "paddingMode": "circular"}, True),
]
for shape, n, options, weighted in framed:
    length = options.get("windowLength", n)
    window = [torch.hann_window(length, dtype=torch.float64) + 0.25] if weighted else []
    named = {**options, **({"window": "$1"} if weighted else {})}
    common = dict(hop_length=options.get("hopLength"), win_length=length, center=options.get("center", True), normalized=options.get("normalized", False), onesided=options.get("onesided", True))
    forward = lambda x, w=None: torch.stft(x, n, window=w, pad_mode=options.get("paddingMode", "reflect"), return_complex=True, **common)
    add("stft", lambda x, w=None: real(forward(x, w)), [normal(*shape), *window], ["$0", n, named])
    frames = real(forward(normal(*shape), *window))
    changed = torch.round((frames + 0.5 * normal(*frames.shape)) * 64) / 64
    named = {key: value for key, value in named.items() if key != "paddingMode"}
    for extra in ({}, {"length": shape[-1] - 1}, *([] if length < n else [{"length": shape[-1] + 4}])):
        back = lambda x, w=None: torch.istft(complex_(x), n, window=w, length=extra.get("length"), **common)
        add("istft", back, [changed, *window], ["$0", n, {**named, **extra}])

for mels, n, rate, options in [(4, 64, 16000, {}), (12, 400, 16000, {"low": 80, "high": 7600}), (10, 256, 22050, {"low": 300})]:
    for scale in ("htk", "slaney"):
        for norm in ("none", "slaney"):
            bank = mel(sr=rate, n_fft=n, n_mels=mels, fmin=options.get("low", 0), fmax=options.get("high"), htk=scale == "htk", norm=None if norm == "none" else norm, dtype="float64")
            add("melFilterBank", lambda: torch.tensor(bank), [], [mels, n // 2 + 1, rate, {**options, "scale": scale, "norm": norm}])
cases.write("signals")
