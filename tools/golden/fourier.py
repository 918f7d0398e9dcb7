"""Writes packages/autograd/test/golden/fourier.json. Run: python3 tools/golden/fourier.py (PyTorch 1.13 or later)"""

import torch

from functions import Cases

cases = Cases(19)
add, normal = cases.add, cases.normal
real = torch.view_as_real
complex_ = lambda x: torch.complex(x[..., 0], x[..., 1])

for n in (1, 2, 3, 4, 5, 8, 12, 31, 32, 33, 37, 64, 74, 100):
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
cases.write("fourier")
