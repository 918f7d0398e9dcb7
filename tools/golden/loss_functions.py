"""Writes packages/losses/test/golden/functions.json and extremes.json: losses and their gradients with respect to every argument that has one, by PyTorch where it has the loss, else by the
formula of its paper, in float64. Run: python3 tools/golden/loss_functions.py (PyTorch 1.13 or later)
"""

import itertools
import math
from pathlib import Path

import torch
from torch.nn import functional as F

import functions
from functions import Cases

functions.folder = Path(__file__).parents[2] / "packages/losses/test/golden"
cases = Cases(37)
normal, integers = cases.normal, cases.integers
REDUCTIONS = ["mean", "sum", "none"]
tensor = lambda *values: torch.tensor(values, dtype=torch.float64)


def add(name, f, inputs, gradient=True, tensors=(), constant=(), **options):
    """`f(*inputs)` is `name(...inputs, options)`. The last inputs are the options named in `tensors`; inputs at the places in `constant` are told apart by no gradient."""
    count = len(inputs) - len(tensors)
    places = {option: f"${count + i}" for i, option in enumerate(tensors)}
    frozen = {i: inputs[i].double() for i in constant}
    call = lambda *given: f(*(frozen.get(i, x) for i, x in enumerate(given)))
    cases.add(name, call, inputs, [*(f"${i}" for i in range(count)), {**options, **places}], gradient)
    if constant and "gradients" in cases.cases[-1]:
        for i in constant:
            cases.cases[-1]["gradients"][i] = None


def each(name, f, inputs, all=False, **options):
    """With every reduction; of a loss that has had them, without one alone, unless `all` are asked for."""
    isFirst = not any(case["f"] == name for case in cases.cases)
    for reduction in REDUCTIONS if isFirst or all else ["none"]:
        add(name, lambda *x: f(*x, reduction=reduction), inputs, reduction=reduction, **options)


def reduced(losses, reduction):
    return losses if reduction == "none" else losses.sum() if reduction == "sum" else losses.mean()


# Numbers against numbers. Differences at the kinks are among them.
x, y = normal(3, 4), normal(3, 4)
x[0] = y[0] + tensor(0.5, -0.5, 0.0, 1.0)
each("meanSquaredError", F.mse_loss, [x, y])
each("meanAbsoluteError", F.l1_loss, [x, y])
for delta in (1.0, 0.5):
    each("huberLoss", lambda a, b, reduction: F.huber_loss(a, b, reduction, delta), [x, y], delta=delta)
# Of β = 0 PyTorch's gradient at 0 is ±1, the same for both tensors; that of the absolute error, which it is, is 0.
each("smoothL1Loss", F.l1_loss, [x, y], beta=0)
for beta in (0.5, 2.5):
    each("smoothL1Loss", lambda a, b, reduction: F.smooth_l1_loss(a, b, reduction=reduction, beta=beta), [x, y], beta=beta)

# Classes.
for shape in ((4, 3), (2, 3, 2), (2, 3, 2, 2)):
    logProbabilities = normal(*shape).log_softmax(1).float().double()
    labels = integers(0, 3, shape[0], *shape[2:])
    weight = normal(3).abs() + 0.25
    each("nllLoss", lambda a, b, reduction: F.nll_loss(a, b.long(), reduction=reduction), [logProbabilities, labels])
    each("nllLoss", lambda a, b, w, reduction: F.nll_loss(a, b.long(), w, ignore_index=1, reduction=reduction), [logProbabilities, labels, weight], tensors=["weight"], constant=[2], all=True, ignoreIndex=1)
logits, label = normal(4), torch.tensor(2, dtype=torch.int32)
weight = normal(4).abs() + 0.25
for reduction in REDUCTIONS:
    add("nllLoss", lambda a, b: F.nll_loss(a, b.long(), reduction=reduction), [logits, label], reduction=reduction)
    add("crossEntropy", lambda a, b, w: F.cross_entropy(a, b.long(), w, reduction=reduction, label_smoothing=0.25), [logits, label, weight], tensors=["weight"], constant=[2], reduction=reduction, labelSmoothing=0.25)
    add("crossEntropy", lambda a, b: F.cross_entropy(a, b, reduction=reduction), [logits, (normal(4).softmax(0) * 64).round() / 64], reduction=reduction)
    # Of soft targets, too, there is a gradient.
    soft = (normal(2, 3, 2).softmax(1) * 64).round() / 64
    add("crossEntropy", lambda a, b, w: F.cross_entropy(a, b, w, reduction=reduction, label_smoothing=0.25), [normal(2, 3, 2), soft, normal(3).abs()], tensors=["weight"], constant=[2], reduction=reduction, labelSmoothing=0.25)

probabilities = tensor(0.125, 0.5, 0.75, 1.0, 0.0, 1.0, 0.0, 1e-6).float().double()
targets = tensor(0.0, 0.25, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0)
# At 0 and 1 PyTorch's gradient with respect to targets is infinite, that of the value, which is cut off, is not.
each("binaryCrossEntropy", lambda a, b, reduction: F.binary_cross_entropy(a, b, reduction=reduction), [probabilities, targets], constant=[1])
each("binaryCrossEntropy", lambda a, b, reduction: F.binary_cross_entropy(a, b, reduction=reduction), [probabilities[:3], targets[:3]])
each("binaryCrossEntropy", lambda a, b, w, reduction: F.binary_cross_entropy(a, b, w, reduction=reduction), [probabilities.reshape(2, 4), targets.reshape(2, 4), normal(4).abs()], tensors=["weight"], constant=[1, 2], all=True)
logits, targets = normal(3, 2), tensor(0.0, 1.0, 0.25, 0.5, 1.0, 0.0).reshape(3, 2)
each("binaryCrossEntropyWithLogits", lambda a, b, reduction: F.binary_cross_entropy_with_logits(a, b, reduction=reduction), [logits, targets])

# Distributions.
logProbabilities, targets = normal(3, 4).log_softmax(1).float().double(), (normal(3, 4).softmax(1) * 64).round() / 64
targets[0, 1] = 0
for reduction in [*REDUCTIONS, "batchMean"]:
    python = reduction.lower()
    add("klDiv", lambda a, b: F.kl_div(a, b, reduction=python), [logProbabilities, targets], constant=[1], reduction=reduction)
    add("klDiv", lambda a, b: F.kl_div(a, b, reduction=python), [logProbabilities[1:], targets[1:].clamp_min(1 / 64)], reduction=reduction)
    add("klDiv", lambda a, b: F.kl_div(a, b, reduction=python, log_target=True), [logProbabilities, normal(3, 4)], reduction=reduction, logTarget=True)
counts = tensor(0.0, 1.0, 2.0, 5.0, 3.0, 0.0).reshape(2, 3)
for log, full in itertools.product([True, False], [True, False]):
    # With respect to counts of 0 PyTorch's gradient is NaN where the full likelihood is asked for.
    rates = normal(2, 3) if log else normal(2, 3).abs() + 0.25
    each("poissonNllLoss", lambda a, b, reduction: F.poisson_nll_loss(a, b, log, full, reduction=reduction), [rates, counts], constant=[1], logInput=log, full=full)
add("poissonNllLoss", lambda a, b: F.poisson_nll_loss(a, b, full=True), [normal(4), tensor(1.5, 2.0, 3.0, 7.0)], full=True)
add("poissonNllLoss", lambda a, b: F.poisson_nll_loss(a, b, False, eps=0.5), [tensor(0.0, 1.0), tensor(1.0, 2.0)], logInput=False, eps=0.5)
x, y = normal(2, 3), normal(2, 3)
for shape, full in itertools.product([(2, 3), (2, 1), (2,)], [True, False]):
    each("gaussianNllLoss", lambda a, b, v, reduction: F.gaussian_nll_loss(a, b, v, full=full, reduction=reduction), [x, y, normal(*shape).abs() + 0.125], full=full)
each("gaussianNllLoss", lambda a, b, v, reduction: F.gaussian_nll_loss(a, b, v, eps=0.5, reduction=reduction), [x, y, tensor(0.0, 0.25, 0.5, 0.75, 1.0, 2.0).reshape(2, 3)], eps=0.5)

# Margins. Scores that are just far enough, or equal, are among them.
x, signs = normal(6), tensor(1.0, -1.0, -1.0, 1.0, -1.0, 0.0)
x[1:3] = tensor(1.0, 2.0)
for margin in (1.0, 2.0):
    each("hingeEmbeddingLoss", lambda a, b, reduction: F.hinge_embedding_loss(a, b, margin, reduction=reduction), [x, signs], constant=[1], margin=margin)
first, second, signs = tensor(1.0, 1.0, 0.5, 2.0, -1.0), tensor(1.0, 1.0, 1.5, 0.25, -2.5), tensor(1.0, -1.0, 1.0, 1.0, -1.0)
for margin in (0.0, 1.0):
    each("marginRankingLoss", lambda a, b, c, reduction: F.margin_ranking_loss(a, b, c, margin, reduction=reduction), [first, second, signs], margin=margin)
each("softMarginLoss", lambda a, b, reduction: F.soft_margin_loss(a, b, reduction=reduction), [normal(2, 3), tensor(1.0, -1.0, 1.0, 1.0, -1.0, -1.0).reshape(2, 3)], constant=[1])
scores, labels, weight = normal(4, 3), integers(0, 3, 4), normal(3).abs() + 0.25
scores[0] = tensor(1.0, 2.0, 0.0)
labels[0] = 0
for p, margin in itertools.product([1, 2], [1.0, 0.5]):
    each("multiMarginLoss", lambda a, b, reduction: F.multi_margin_loss(a, b.long(), p, margin, reduction=reduction), [scores, labels], p=p, margin=margin)
each("multiMarginLoss", lambda a, b, w, reduction: F.multi_margin_loss(a, b.long(), 2, 1.0, w, reduction=reduction), [scores, labels, weight], tensors=["weight"], constant=[2], all=True, p=2)
each("multiMarginLoss", lambda a, b, reduction: F.multi_margin_loss(a, b.long(), reduction=reduction), [scores[1], labels[1]])
labels = torch.tensor([[3, 0, -1, 1], [-1, 0, 1, 2], [2, 2, 1, -1], [0, 1, 2, 3]], dtype=torch.int32)
scores = normal(4, 4)
each("multilabelMarginLoss", lambda a, b, reduction: F.multilabel_margin_loss(a, b.long(), reduction=reduction), [scores, labels])
each("multilabelMarginLoss", lambda a, b, reduction: F.multilabel_margin_loss(a, b.long(), reduction=reduction), [scores[0], labels[0]])
logits, targets = normal(3, 4), tensor(*(1.0, 0.0, 0.0, 1.0) * 3).reshape(3, 4)
each("multilabelSoftMarginLoss", lambda a, b, reduction: F.multilabel_soft_margin_loss(a, b, reduction=reduction), [logits, targets])
each("multilabelSoftMarginLoss", lambda a, b, w, reduction: F.multilabel_soft_margin_loss(a, b, w, reduction=reduction), [logits, targets, normal(4).abs()], tensors=["weight"], constant=[2])

# Embeddings.
anchor, positive, negative = normal(4, 3), normal(4, 3), normal(4, 3)
for p, swap in itertools.product([1, 2, 3], [False, True]):
    each("tripletMarginLoss", lambda a, b, c, reduction: F.triplet_margin_loss(a, b, c, 1.5, p, swap=swap, reduction=reduction), [anchor, positive, negative], p=p, swap=swap, margin=1.5)
add("tripletMarginLoss", lambda a, b, c: F.triplet_margin_loss(a, b, c), [anchor[0], positive[0], negative[0]])
add("tripletMarginLoss", lambda a, b, c: F.triplet_margin_loss(a, b, c, eps=0.25), [anchor, anchor, anchor], eps=0.25)
for swap in (False, True):
    each("tripletMarginWithDistanceLoss", lambda a, b, c, reduction: F.triplet_margin_with_distance_loss(a, b, c, swap=swap, reduction=reduction), [anchor, positive, negative], swap=swap)
for margin in (0.0, 0.5):
    each("cosineEmbeddingLoss", lambda a, b, c, reduction: F.cosine_embedding_loss(a, b, c, margin, reduction=reduction), [anchor, positive, tensor(1.0, -1.0, -1.0, 1.0)], constant=[2], margin=margin)
add("cosineEmbeddingLoss", lambda a, b, c: F.cosine_embedding_loss(a, b, c), [anchor[0], positive[0], torch.tensor(-1.0)], constant=[2])
add("cosineEmbeddingLoss", lambda a, b, c: F.cosine_embedding_loss(a, b, c, reduction="none"), [torch.zeros(2, 3), positive[:2] / 64, tensor(1.0, -1.0)], constant=[0, 2], reduction="none")


# Papers. Lin et al. 2017, equation 5.
def sigmoid_focal(x, y, alpha, gamma, reduction):
    p, q = torch.sigmoid(x), torch.sigmoid(-x)
    return reduced(-alpha * y * q**gamma * F.logsigmoid(x) - (1 - alpha) * (1 - y) * p**gamma * F.logsigmoid(-x), reduction)


def focal(x, labels, gamma, reduction, weight=None, ignore=-100):
    counts = labels != ignore
    safe = labels.long() * counts
    log = x.log_softmax(1).gather(1, safe.unsqueeze(1)).squeeze(1)
    losses = -((1 - log.exp()) ** gamma) * log * (1 if weight is None else weight[safe]) * counts
    return losses.sum() / counts.sum() if reduction == "mean" else reduced(losses, reduction)


logits, targets = normal(3, 3) * 2, tensor(0.0, 1.0, 1.0, 0.0, 1.0, 0.25, 0.0, 0.0, 0.5).reshape(3, 3)
for alpha, gamma in ((0.25, 2), (0.5, 0), (0.75, 0.5), (1.0, 3)):
    each("sigmoidFocalLoss", lambda a, b, reduction: sigmoid_focal(a, b, alpha, gamma, reduction), [logits, targets], alpha=alpha, gamma=gamma)
logits, labels = normal(3, 4, 2) * 2, integers(0, 4, 3, 2)
for gamma in (0, 0.5, 2):
    each("focalLoss", lambda a, b, reduction: focal(a, b, gamma, reduction), [logits, labels], gamma=gamma)
each("focalLoss", lambda a, b, w, reduction: focal(a, b, 2, reduction, w, 1), [logits, labels, normal(4).abs()], tensors=["weight"], all=True, ignoreIndex=1)


# Milletari et al. 2016, section 3; Salehi et al. 2017, equation 3.
def dice(p, y, axes, smooth, squared, reduction):
    sums = (p**2 + y**2 if squared else p + y).sum(axes)
    return reduced(1 - (2 * (p * y).sum(axes) + smooth) / (sums + smooth), reduction)


def tversky(p, y, axes, smooth, alpha, beta, reduction):
    both = (p * y).sum(axes)
    return reduced(1 - (both + smooth) / (both + alpha * (p * (1 - y)).sum(axes) + beta * ((1 - p) * y).sum(axes) + smooth), reduction)


p, y = torch.sigmoid(normal(2, 2, 2, 3)).float().double(), (normal(2, 2, 2, 3) > 0).double()
y[1, 1] = 0
for squared, smooth in ((False, 1e-5), (True, 1e-5), (False, 1.0)):
    each("diceLoss", lambda a, b, reduction: dice(a, b, (2, 3), smooth, squared, reduction), [p, y], squared=squared, smooth=smooth)
each("diceLoss", lambda a, b, reduction: dice(a, b, (0, 2, 3), 1.0, False, reduction), [p, y], axes=[0, 2, 3], smooth=1.0)
for alpha, beta in ((0.3, 0.7), (0.5, 0.5), (1.0, 0.0)):
    each("tverskyLoss", lambda a, b, reduction: tversky(a, b, (2, 3), 1e-5, alpha, beta, reduction), [p, y], alpha=alpha, beta=beta)


# van den Oord et al. 2018, equation 4, of cosines; Chen et al. 2020, equation 1.
def info_nce(q, k, temperature, reduction, negatives=None):
    q, k = F.normalize(q), F.normalize(k)
    if negatives is None:
        exponentials = (q @ k.T / temperature).exp()
        return reduced(-(exponentials.diagonal() / exponentials.sum(1)).log(), reduction)
    own = ((q * k).sum(1) / temperature).exp()
    return reduced(-(own / (own + (q @ F.normalize(negatives).T / temperature).exp().sum(1))).log(), reduction)


def nt_xent(a, b, temperature, reduction):
    z = torch.cat([a, b])
    count = len(a)
    similarity = lambda i, j: z[i] @ z[j] / (z[i].norm() * z[j].norm())
    term = lambda i, j: -(similarity(i, j) / temperature) + sum((similarity(i, k) / temperature).exp() for k in range(2 * count) if k != i).log()
    return reduced(torch.stack([(term(i, i + count) + term(i + count, i)) / 2 for i in range(count)]), reduction)


a, b = normal(3, 4), normal(3, 4)
for temperature in (0.1, 1.0):
    each("infoNceLoss", lambda q, k, reduction: info_nce(q, k, temperature, reduction), [a, b], temperature=temperature)
    each("ntXentLoss", lambda q, k, reduction: nt_xent(q, k, temperature, reduction), [a, b], temperature=temperature)
each("infoNceLoss", lambda q, k, n, reduction: info_nce(q, k, 0.5, reduction, n), [a, b, normal(5, 4)], tensors=["negatives"], temperature=0.5)


# Kingma & Welling 2014, appendix B, by the closed form of torch.distributions; Gulrajani et al. 2017, equation 3.
def gaussian_kl(mean, log_variance):
    independent = torch.distributions.Normal(mean, (log_variance / 2).exp())
    return torch.distributions.kl_divergence(independent, torch.distributions.Normal(0.0, 1.0)).flatten(1).sum(1)


mean, log_variance, reconstruction = normal(3, 2, 2), normal(3, 2, 2), normal(3, 4).abs()
each("gaussianKlDivergence", lambda m, v, reduction: reduced(gaussian_kl(m, v), reduction), [mean, log_variance])
for beta in (1.0, 4.0):
    each("evidenceLowerBoundLoss", lambda r, m, v, reduction: reduced(r.flatten(1).sum(1) + beta * gaussian_kl(m, v), reduction), [reconstruction, mean, log_variance], beta=beta)
each("wassersteinCriticLoss", lambda r, f, reduction: reduced(f - r, reduction), [normal(4), normal(4)])
each("wassersteinGeneratorLoss", lambda f, reduction: reduced(-f, reduction), [normal(4)])
for coefficient, norm in ((10.0, 1.0), (0.5, 0.0)):
    each("gradientPenalty", lambda g, reduction: reduced(coefficient * (g.flatten(1).norm(dim=1) - norm) ** 2, reduction), [normal(3, 2, 2)], coefficient=coefficient, norm=norm)


# Connectionist temporal classification: repetitions, targets without labels, inputs of other lengths, targets that do not fit.
def ctc(log, targets, inputs, lengths, written=None, **options):
    python = {{"zeroInfinity": "zero_infinity"}.get(key, key): value for key, value in options.items()}
    f = lambda x, y: F.ctc_loss(x, y.long(), *map(torch.tensor, (inputs, lengths)), **python)
    cases.add("ctcLoss", f, [log, targets], ["$0", "$1", *(written or (inputs, lengths)), options])


log = normal(7, 4, 4).log_softmax(2).float().double()
targets = torch.tensor([[1, 2, 3], [2, 2, 1], [3, -1, 9], [0, 0, 0]], dtype=torch.int32)
for reduction in REDUCTIONS:
    ctc(log, targets, [7, 6, 4, 5], [3, 3, 1, 0], reduction=reduction)
ctc(log, torch.tensor([1, 2, 3, 2, 2, 1, 3], dtype=torch.int32), [7, 6, 4, 5], [3, 3, 1, 0], reduction="none")
ctc(log, torch.tensor([[1, 0, 3], [0, 0, 1], [3, 3, 0], [0, 3, 1]], dtype=torch.int32), [7, 7, 5, 6], [2, 3, 2, 3], reduction="none", blank=2)
for reduction in ("mean", "none"):
    ctc(log, targets, [7, 3, 1, 5], [3, 3, 1, 0], reduction=reduction, zeroInfinity=True)
ctc(log, targets, [7, 3, 1, 5], [3, 3, 1, 0], reduction="none")
ctc(log[:, 0], targets[0], [7], [3], written=[7, 3])
ctc(log[:, 0], targets[0, :2], [6], [2], written=[6, 2], reduction="none")
# What is far from likely keeps its digits.
ctc((normal(6, 2, 3) * 4000).log_softmax(2).float().double(), torch.tensor([[1, 2], [2, 2]], dtype=torch.int32), [6, 6], [2, 2], reduction="none")
cases.write("functions")

# Far out: values and gradients are finite and right.
cases = Cases(41)
far = tensor(1e4, -1e4, 1e4, -1e4, 0.0, 3.0).reshape(2, 3)
other = tensor(1e4, 1e4, -1e4, 0.0, 1e4, -2.0).reshape(2, 3)
third = tensor(-1e4, 1e4, 0.0, 1.0, 1e4, 1e4).reshape(2, 3)
zeros_and_ones = tensor(1.0, 0.0, 0.0, 1.0, 0.0, 1.0).reshape(2, 3)
signs = zeros_and_ones * 2 - 1
labels = torch.tensor([1, 0], dtype=torch.int32)
none = {"reduction": "none"}
add("meanSquaredError", F.mse_loss, [far, other])
add("meanAbsoluteError", F.l1_loss, [far, other])
add("huberLoss", F.huber_loss, [far, other])
add("smoothL1Loss", F.smooth_l1_loss, [far, other])
add("gaussianNllLoss", lambda a, b, v: F.gaussian_nll_loss(a, b, v, reduction="none"), [far, other, tensor(1e-6, 1e4, 1.0, 1e-4, 0.0, 1.0).reshape(2, 3)], **none)
add("poissonNllLoss", lambda a, b: F.poisson_nll_loss(a, b, reduction="none"), [-far.abs(), other.abs()], **none)
add("poissonNllLoss", lambda a, b: F.poisson_nll_loss(a, b, False, True, reduction="none"), [far.abs(), other.abs()], constant=[1], logInput=False, full=True, **none)
add("crossEntropy", lambda a, b: F.cross_entropy(a, b.long(), label_smoothing=0.25), [far, labels], labelSmoothing=0.25)
add("nllLoss", lambda a, b: F.nll_loss(a, b.long()), [-far.abs(), labels])
for targets in (zeros_and_ones, 1 - zeros_and_ones):
    add("binaryCrossEntropyWithLogits", lambda a, b: F.binary_cross_entropy_with_logits(a, b, reduction="none"), [far, targets], **none)
    add("multilabelSoftMarginLoss", F.multilabel_soft_margin_loss, [far, targets])
    add("softMarginLoss", lambda a, b: F.softplus(-a * b), [far, targets * 2 - 1], constant=[1], **none)
    # Of powers below 1 PyTorch's gradient at 0 is infinite.
    for gamma in (0, 1, 2):
        add("sigmoidFocalLoss", lambda a, b: sigmoid_focal(a, b, 0.25, gamma, "none"), [far, targets], constant=[1], gamma=gamma, **none)
for gamma in (0, 2):
    add("focalLoss", lambda a, b: focal(a, b, gamma, "none"), [far, labels], gamma=gamma, **none)
add("klDiv", lambda a, b: F.kl_div(a, b, log_target=True, reduction="none"), [-far.abs(), -other.abs()], logTarget=True, **none)
add("klDiv", lambda a, b: F.kl_div(a, b, reduction="none"), [-far.abs(), zeros_and_ones], constant=[1], **none)
add("gaussianKlDivergence", lambda m, v: reduced(gaussian_kl(m, v), "none"), [far, -zeros_and_ones * 100], **none)
add("evidenceLowerBoundLoss", lambda r, m, v: r.sum(1) + 2 * gaussian_kl(m, v), [far, other, -zeros_and_ones * 100], beta=2, **none)
add("hingeEmbeddingLoss", lambda a, b: F.hinge_embedding_loss(a, b, reduction="none"), [far, signs], constant=[1], **none)
add("marginRankingLoss", lambda a, b, c: F.margin_ranking_loss(a, b, c, reduction="none"), [far, other, signs], constant=[2], **none)
add("multiMarginLoss", lambda a, b: F.multi_margin_loss(a, b.long(), 2), [far, labels], p=2)
add("multilabelMarginLoss", lambda a, b: F.multilabel_margin_loss(a, b.long()), [far, torch.tensor([[1, -1, 0], [2, 0, -1]], dtype=torch.int32)])
add("tripletMarginLoss", lambda a, b, c: F.triplet_margin_loss(a, b, c, reduction="none"), [far, other, third], **none)
add("tripletMarginLoss", lambda a, b, c: F.triplet_margin_loss(a, b, c, reduction="none"), [far, third, other], **none)
add("cosineEmbeddingLoss", lambda a, b, c: F.cosine_embedding_loss(a, b, c, reduction="none"), [far, other, tensor(1.0, -1.0)], constant=[2], **none)
add("infoNceLoss", lambda a, b: info_nce(a, b, 0.1, "none"), [far, other], temperature=0.1, **none)
add("ntXentLoss", lambda a, b: nt_xent(a, b, 0.5, "none"), [far, other], **none)
add("wassersteinCriticLoss", lambda a, b: b - a, [far, other], **none)
add("wassersteinGeneratorLoss", lambda a: -a, [far], **none)
add("gradientPenalty", lambda g: 10 * (g.norm(dim=1) - 1) ** 2, [far], **none)
add("ctcLoss", lambda a, b: F.ctc_loss(a, b.long(), torch.tensor([2]), torch.tensor([1]), reduction="none"), [-far.abs().reshape(2, 1, 3), torch.tensor([[2]], dtype=torch.int32)])
cases.cases[-1]["args"] = ["$0", "$1", [2], [1], none]
cases.write("extremes")
