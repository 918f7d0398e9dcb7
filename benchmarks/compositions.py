"""Compositions in PyTorch on one thread: reads "<case> <runs>" lines, answers with milliseconds a run."""

import torch
from support.timings import answer

torch.set_num_threads(1)
torch.manual_seed(1)
heads = [torch.randn(4, 8, 128, 64) for _ in range(4)]
leaves = [x.clone().requires_grad_() for x in heads[:3]]
signal = torch.view_as_complex(torch.randn(64, 4096, 2))
short = torch.view_as_complex(torch.randn(4096, 64, 2))
decimal = torch.view_as_complex(torch.randn(256, 1000, 2))
prime = torch.view_as_complex(torch.randn(256, 1009, 2))
real = torch.randn(64, 4096)
sound, window = torch.randn(8, 16000), torch.hann_window(400)
later = torch.ones(128, 128).triu(1).bool()


def einsum(subscripts, *shapes):
    operands = [torch.randn(shape) for shape in shapes]
    return lambda: torch.einsum(subscripts, *operands).contiguous()


def attention(q, k, v, mask=None):
    scores = q @ k.transpose(-2, -1) / 8
    if mask is not None:
        scores = scores.masked_fill(mask, -torch.inf)
    return torch.softmax(scores, -1) @ v


known = {
    "einsum-two": einsum("bqhd,bkhd->bhqk", (8, 128, 8, 64), (8, 128, 8, 64)),
    "einsum-three": einsum("bn,anm,bm->ba", (64, 128), (64, 128, 128), (64, 128)),
    "einsum-matrices": einsum("ij,jk->ik", (512, 512), (512, 512)),
    "einsum-batches": einsum("bij,bjk->bik", (256, 32, 32), (256, 32, 32)),
    "einsum-vector": einsum("ij,j->i", (2048, 2048), (2048,)),
    "einsum-outer": einsum("i,j->ij", (1000,), (1000,)),
    "einsum-diagonal": einsum("bii->bi", (64, 128, 128)),
    "einsum-all": einsum("ij,ij->", (1000, 1000), (1000, 1000)),
    "einsum-transposed": einsum("ijk->kji", (64, 128, 128)),
    "attention": lambda: attention(*heads[:3]),
    "attention-causal": lambda: attention(*heads[:3], later),
    "attention-gradient": lambda: torch.autograd.grad(attention(*leaves), leaves, heads[3]),
    "fft-4096": lambda: torch.fft.fft(signal),
    "ifft-4096": lambda: torch.fft.ifft(signal),
    "irfft-8190": lambda: torch.fft.irfft(signal),
    "rfft-4096": lambda: torch.fft.rfft(real),
    "fft-64": lambda: torch.fft.fft(short),
    "fft-1000": lambda: torch.fft.fft(decimal),
    "fft-prime": lambda: torch.fft.fft(prime),
    "stft-400": lambda: torch.stft(sound, 400, 160, window=window, return_complex=True),
}
answer(known)
