"""Writes packages/autograd/test/golden/functional.json: small programs of functorch and of autograd with create_graph, which the test writes in Hebb, too.

Per-example gradients, ensembles, higher derivatives, meta-learning, implicit differentiation, physics: the numbers that each ends with.

Run: python3 tools/golden/functional.py (PyTorch 1.13 or later, with functorch)
"""

import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F
import functorch
from functorch import grad, grad_and_value, jacrev, vjp, vmap
from torch.utils._pytree import tree_map

torch.manual_seed(29)
torch.set_default_dtype(torch.float64)
folder = Path(__file__).parents[2] / "packages/autograd/test/golden"
cases = []


def values(*shape, scale=1.0):
    # What the other side sees: multiples of 1/64, exact in float32.
    return torch.round(torch.randn(shape) * 64 * scale) / 64


def text(x):
    return x if math.isfinite(x) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(x, "NaN")


def stored(x):
    return {"shape": list(x.shape), "data": [text(float(f"{value:.9g}")) for value in x.detach().flatten().tolist()]}


def leaves(x):
    if isinstance(x, dict):
        x = list(x.values())
    return [leaf for part in x for leaf in leaves(part)] if isinstance(x, (tuple, list)) else [x]


def program(**inputs):
    """The decorated function is one program: its inputs by name, its results in order."""

    def add(f):
        results = [stored(leaf) for leaf in leaves(f(**{name: value.clone() for name, value in inputs.items()}))]
        shapes = {name: stored(value) for name, value in inputs.items()}
        cases.append({"name": f.__name__.replace("_", " "), "inputs": shapes, "expected": results})
        return f

    return add


def jvp(f, primals, tangents):
    try:
        return functorch.jvp(f, primals, tangents)
    except NotImplementedError:
        # Some operations of PyTorch have no forward rule: the derivative of the pullback, which is linear.
        value, pull = vjp(f, *primals)
        return value, vjp(pull, tree_map(torch.zeros_like, value))[1](tangents)[0]


def jacfwd(f, argnums=0):
    def both(*args):
        try:
            return functorch.jacfwd(f, argnums)(*args)
        except NotImplementedError:
            return jacrev(f, argnums)(*args)

    return both


def hessian(f, argnums=0):
    return jacfwd(jacrev(f, argnums), argnums)


def derivative(y, *xs):
    return torch.autograd.grad(y, xs, create_graph=True)


# Gradients of every example.


def convolutional(k1, k2, w, x):
    x = F.relu(F.conv2d(x[None], k1))
    x = F.max_pool2d(F.relu(F.conv2d(x, k2, padding=1)), 2)
    return F.log_softmax(x.flatten(1) @ w, -1)[0]


network = dict(k1=values(3, 1, 3, 3), k2=values(4, 3, 3, 3, scale=0.4), w=values(36, 5, scale=0.4))
images = values(4, 1, 8, 8)
targets = torch.nn.functional.one_hot(torch.tensor([0, 3, 4, 1]), 5).double()


@program(**network, x=images, y=targets)
def gradients_of_every_example_of_a_convolutional_network(k1, k2, w, x, y):
    loss = lambda p, x, y: -(convolutional(*p, x) * y).sum()
    return vmap(grad(loss), in_dims=(None, 0, 0))((k1, k2, w), x, y)


@program(**network, x=images, y=targets)
def clipped_gradients_of_every_example(k1, k2, w, x, y):
    loss = lambda p, x, y: -(convolutional(*p, x) * y).sum()

    def clipped(p, x, y):
        g = grad(loss)(p, x, y)
        norm = torch.sqrt(sum(part.square().sum() for part in g))
        return tuple(part / torch.clamp(norm, min=1) for part in g)

    return [part.mean(0) for part in vmap(clipped, in_dims=(None, 0, 0))((k1, k2, w), x, y)]


@program(**network, x=images, y=targets)
def values_with_gradients_of_every_example_and_the_predictions(k1, k2, w, x, y):
    def loss(p, x, y):
        logits = convolutional(*p, x)
        return -(logits * y).sum(), logits.argmax()

    g, (value, predictions) = vmap(grad_and_value(loss, has_aux=True), in_dims=(None, 0, 0))((k1, k2, w), x, y)
    return value, predictions, g[2]


@program(w=values(3, 4), x=values(5, 4))
def fisher_matrix_of_gradients_of_every_example(w, x):
    loss = lambda w, x: -F.log_softmax(w @ x, -1)[0]
    g = vmap(grad(loss), in_dims=(None, 0))(w, x).flatten(1)
    return g.T @ g / len(x)


@program(e=values(6, 3), w=values(3), ids=torch.tensor([[0.0, 2, 2], [5, 0, 1]]))
def gradients_of_every_example_by_an_embedding(e, w, ids):
    loss = lambda e, i: torch.tanh((F.embedding(i, e) @ w)).sum().square()
    return vmap(grad(loss), in_dims=(None, 0))(e, ids.long())


@program(q=values(2, 4, 3), w=values(3, 9, scale=0.5), o=values(3, 3))
def gradients_of_every_example_of_attention(q, w, o):
    def loss(w, o, x):
        a, b, c = (x @ w).chunk(3, -1)
        return ((torch.softmax(a @ b.T / math.sqrt(3), -1) @ c) @ o).square().mean()

    return vmap(grad(loss, argnums=(0, 1)), in_dims=(None, None, 0))(w, o, q)


@program(x=values(3, 6), w=values(6), b=values(6), v=values(6, 2))
def gradients_of_every_example_through_layer_normalisation(x, w, b, v):
    loss = lambda p, x: F.layer_norm(x, (6,), p[0], p[1], 1e-5).matmul(p[2]).square().sum()
    return vmap(grad(loss), in_dims=(None, 0))((w, b, v), x)


# Many models at once.

ensemble = dict(w1=values(3, 4, 6), b1=values(3, 6), w2=values(3, 6, 2))


def perceptron(p, x):
    return torch.tanh(x @ p[0] + p[1]) @ p[2]


@program(**ensemble, x=values(5, 4))
def an_ensemble_on_the_same_examples(w1, b1, w2, x):
    return vmap(perceptron, in_dims=(0, None))((w1, b1, w2), x)


@program(**ensemble, x=values(3, 5, 4))
def an_ensemble_with_examples_of_its_own(w1, b1, w2, x):
    return vmap(perceptron)((w1, b1, w2), x)


@program(**ensemble, x=values(5, 4), y=values(5, 2))
def an_ensemble_trained_for_two_steps(w1, b1, w2, x, y):
    loss = lambda p: (perceptron(p, x) - y).square().mean()

    def step(p):
        return tuple(part - 0.1 * g for part, g in zip(p, grad(loss)(p)))

    return vmap(lambda p: step(step(p)))((w1, b1, w2))


@program(w1=values(4, 6), b1=values(3, 6), w2=values(6, 2), x=values(5, 4))
def models_that_share_all_but_one_tensor(w1, b1, w2, x):
    loss = lambda p, x: perceptron(p, x).square().sum()
    return vmap(grad(loss), in_dims=((None, 0, None), None))((w1, b1, w2), x)


@program(x=values(2, 3, 4), y=values(4, 2))
def axes_of_every_tensor_and_of_the_results(x, y):
    f = lambda a, b: (torch.outer(a["x"][:, 0], b), {"sum": a["x"].sum() + b.sum()}, a["x"])
    out = vmap(f, in_dims=({"x": 2}, 0), out_dims=(1, {"sum": 0}, -1))({"x": x}, y)
    return out


# Jacobians and Hessians.

layer = dict(w=values(4, 5), b=values(4), x=values(5))


def dense(w, b, x):
    return torch.tanh(w @ x + b)


@program(**layer)
def jacobians_in_both_modes_of_all_arguments(w, b, x):
    return jacrev(dense, argnums=(0, 1, 2))(w, b, x), jacfwd(dense, argnums=(0, 1, 2))(w, b, x)


@program(**layer)
def hessians_in_all_compositions(w, b, x):
    f = lambda x: dense(w, b, x)
    return [hessian(f)(x), jacfwd(jacfwd(f))(x), jacrev(jacrev(f))(x), jacrev(jacfwd(f))(x)]


@program(w=values(4, 5), b=values(4), xs=values(3, 5))
def jacobians_and_hessians_of_every_example(w, b, xs):
    f = lambda x: dense(w, b, x)
    return vmap(jacrev(f))(xs), vmap(hessian(f))(xs)


@program(**layer, v=values(5))
def products_with_a_hessian_in_three_ways(w, b, x, v):
    f = lambda x: dense(w, b, x).square().sum().sin()
    over_reverse = jvp(grad(f), (x,), (v,))[1]
    twice = vjp(grad(f), x)[1](v)[0]
    over_forward = grad(lambda x: jvp(f, (x,), (v,))[1])(x)
    return over_reverse, twice, over_forward


@program(**layer)
def a_jacobian_of_a_function_of_structures(w, b, x):
    f = lambda p: {"y": dense(p["w"], b, x), "n": p["w"].square().sum() * x.sum()}
    j = jacrev(f)({"w": w})
    return j["y"]["w"], j["n"]["w"]


@program(x=values(4))
def derivatives_up_to_the_fifth(x):
    f = lambda x: torch.exp(torch.sin(x))
    results = [f]
    for _ in range(5):
        results.append(lambda x, g=results[-1]: vmap(grad(g))(x) if x.ndim else grad(g)(x))
    scalars = [f]
    for _ in range(5):
        scalars.append(grad(scalars[-1]))
    return [vmap(g)(x) for g in scalars]


@program(x=values(3), v=values(3))
def derivatives_along_a_direction_up_to_the_fourth(x, v):
    f = lambda x: torch.tanh(x).prod() * x.square().sum()
    g = f
    results = []
    for _ in range(4):
        g = (lambda h: lambda x: jvp(h, (x,), (v,))[1])(g)
        results.append(g(x))
    return results


@program(x=values(3))
def third_derivatives_as_a_tensor(x):
    f = lambda x: (x.sin() * x.flip(0)).cumsum(0).prod()
    return jacfwd(jacrev(grad(f)))(x)


@program(w1=values(3, 7), w2=values(7, 2), a=values(4, 3), b=values(5, 3))
def neural_tangent_kernel_by_jacobians_and_by_products(w1, w2, a, b):
    f = lambda p, x: torch.tanh(x @ p[0]) @ p[1]
    ja = vmap(jacrev(f), (None, 0))((w1, w2), a)
    jb = vmap(jacrev(f), (None, 0))((w1, w2), b)
    full = sum(torch.einsum("naij,mbij->nmab", p, q) for p, q in zip(ja, jb))

    def product(x1, x2):
        _, pull = vjp(lambda p: f(p, x1), (w1, w2))

        def column(v):
            return jvp(lambda p: f(p, x2), ((w1, w2),), (pull(v)[0],))[1]

        return vmap(column)(torch.eye(2))

    return full, vmap(lambda x1: vmap(lambda x2: product(x1, x2))(b))(a)


@program(x=values(6), v=values(6))
def a_product_with_the_matrix_of_gauss_and_newton(x, v):
    f = lambda x: (x.view(3, 2) @ x.view(2, 3)).tanh().flatten()
    y, t = jvp(f, (x,), (v,))
    _, pull = vjp(f, x)
    return y, pull(t)[0], jacrev(f)(x).T @ jacfwd(f)(x) @ v


# Physics.


@program(x=values(5, 3), w=values(3, 8), u=values(8))
def a_laplacian_in_four_ways(x, w, u):
    f = lambda x: torch.sin(x @ w).tanh() @ u
    by_trace = vmap(lambda x: torch.trace(hessian(f)(x)))(x)
    along = lambda x, v: jvp(lambda y: jvp(f, (y,), (v,))[1], (x,), (v,))[1]
    by_directions = vmap(lambda x: vmap(lambda v: along(x, v))(torch.eye(3)).sum())(x)
    by_products = vmap(lambda x: sum(jvp(grad(f), (x,), (v,))[1][i] for i, v in enumerate(torch.eye(3))))(x)
    y = x.clone().requires_grad_()
    (g,) = derivative(f(y).sum(), y)
    by_backward = sum(derivative(g[:, i].sum(), y)[0][:, i] for i in range(3))
    return by_trace, by_directions, by_products, by_backward


@program(tx=values(6, 2), w1=values(2, 10), w2=values(10, 1), nu=torch.tensor(0.125))
def burgers_equation_and_the_gradient_of_its_residual(tx, w1, w2, nu):
    def residual(p, t, x):
        u = lambda t, x: (torch.tanh(torch.stack([t, x]) @ p[0]) @ p[1])[0]
        u_t, u_x = grad(u, argnums=(0, 1))(t, x)
        u_xx = grad(grad(u, argnums=1), argnums=1)(t, x)
        return u_t + u(t, x) * u_x - nu * u_xx

    loss = lambda p: vmap(residual, in_dims=(None, 0, 0))(p, tx[:, 0], tx[:, 1]).square().mean()
    return vmap(residual, in_dims=(None, 0, 0))((w1, w2), tx[:, 0], tx[:, 1]), grad(loss)((w1, w2))


@program(tx=values(6, 2), w1=values(2, 10), w2=values(10, 1))
def the_wave_equation_as_written_with_backward(tx, w1, w2):
    p = [w1.requires_grad_(), w2.requires_grad_()]
    t, x = tx[:, :1].clone().requires_grad_(), tx[:, 1:].clone().requires_grad_()
    u = torch.tanh(torch.cat([t, x], 1) @ w1) @ w2
    (u_t,) = derivative(u.sum(), t)
    (u_x,) = derivative(u.sum(), x)
    (u_tt,) = derivative(u_t.sum(), t)
    (u_xx,) = derivative(u_x.sum(), x)
    loss = (u_tt - 4 * u_xx).square().mean()
    return [loss, *derivative(loss, *p)]


@program(positions=values(4, 3, scale=1.5))
def forces_of_lennard_jones_and_their_derivatives(positions):
    def energy(x):
        i, j = torch.triu_indices(4, 4, 1)
        r = (x[i] - x[j]).square().sum(-1).sqrt()
        return (4 * (r**-12 - r**-6)).sum() * 1e-2

    return grad(energy)(positions), vmap(lambda v: jvp(grad(energy), (positions,), (v,))[1])(positions[None])


@program(q=values(2), v=values(2))
def accelerations_from_a_lagrangian(q, v):
    # A double pendulum of unit masses and lengths.
    def lagrangian(q, v):
        a, b = q
        da, db = v
        kinetic = da**2 + 0.5 * db**2 + da * db * torch.cos(a - b)
        return kinetic + 2 * 9.81 * torch.cos(a) + 9.81 * torch.cos(b)

    mass = hessian(lagrangian, 1)(q, v)
    force = grad(lagrangian, 0)(q, v) - jacfwd(grad(lagrangian, 1), 0)(q, v) @ v
    det = mass[0, 0] * mass[1, 1] - mass[0, 1] * mass[1, 0]
    inverse = torch.stack([mass[1, 1], -mass[0, 1], -mass[1, 0], mass[0, 0]]).view(2, 2) / det
    return mass, force, inverse @ force


@program(q=values(3), p=values(3), w=values(3, 3))
def leapfrog_steps_and_their_sensitivity(q, p, w):
    def potential(q, w):
        return (w @ q).cos().sum() + q.square().sum()

    def run(q, p, w):
        for _ in range(6):
            p = p - 0.05 * grad(potential)(q, w)
            q = q + 0.1 * p
            p = p - 0.05 * grad(potential)(q, w)
        return q, p

    return run(q, p, w), jacrev(lambda q: run(q, p, w)[0])(q), grad(lambda w: run(q, p, w)[0].sum())(w)


@program(y=values(3), w=values(3, 3))
def a_neural_differential_equation_by_runge_and_kutta(y, w):
    def run(y, w):
        f = lambda y: torch.tanh(w @ y)
        for _ in range(8):
            k1 = f(y)
            k2 = f(y + 0.05 * k1)
            k3 = f(y + 0.05 * k2)
            k4 = f(y + 0.1 * k3)
            y = y + 0.1 / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return y

    loss = lambda y, w: run(y, w).square().sum()
    return run(y, w), grad(loss, argnums=(0, 1))(y, w), hessian(loss)(y, w), jacfwd(run)(y, w)


@program(x=values(5, 2), w=values(2, 6), u=values(6, 2))
def divergence_and_curl_of_a_field(x, w, u):
    field = lambda x: torch.sin(x @ w) @ u
    j = vmap(jacfwd(field))(x)
    exact = vmap(lambda x: torch.trace(jacrev(field)(x)))(x)
    return j.diagonal(0, -1, -2).sum(-1), exact, j[:, 1, 0] - j[:, 0, 1]


@program(z=values(4, 3), w=values(3), u=values(3), b=torch.tensor(0.25))
def a_planar_flow_and_its_density(z, w, u, b):
    flow = lambda z: z + 0.1 * u * torch.tanh(w @ z + b)

    def log_density(z):
        y = flow(z)
        return -0.5 * y.square().sum() + torch.log(torch.abs(torch.det(jacrev(flow)(z))))

    closed = lambda z: -0.5 * flow(z).square().sum() + torch.log(1 + 0.1 * (1 - torch.tanh(w @ z + b) ** 2) * (w @ u))
    return vmap(log_density)(z), vmap(grad(closed))(z)


# Learning to learn.


def sine(p, x):
    return F.relu(F.relu(x @ p[0] + p[1]) @ p[2])


@program(w1=values(1, 8), b1=values(8), w2=values(8, 1), x=values(3, 6, 1), y=values(3, 6, 1))
def model_agnostic_meta_learning(w1, b1, w2, x, y):
    loss = lambda p, x, y: (sine(p, x) - y).square().mean()

    def after(p, x, y):
        inner = tuple(part - 0.1 * g for part, g in zip(p, grad(loss)(p, x[:3], y[:3])))
        return loss(inner, x[3:], y[3:])

    outer = lambda p: vmap(after, in_dims=(None, 0, 0))(p, x, y).mean()
    return outer((w1, b1, w2)), grad(outer)((w1, b1, w2))


@program(w1=values(1, 8), b1=values(8), w2=values(8, 1), x=values(3, 6, 1), y=values(3, 6, 1))
def meta_learning_of_first_order(w1, b1, w2, x, y):
    loss = lambda p, x, y: (sine(p, x) - y).square().mean()

    def after(p, x, y):
        gradients = [g.detach() for g in grad(loss)(tuple(part.detach() for part in p), x[:3], y[:3])]
        inner = tuple(part - 0.1 * g for part, g in zip(p, gradients))
        return loss(inner, x[3:], y[3:])

    outer = lambda p: sum(after(p, x[i], y[i]) for i in range(3)) / 3
    return outer((w1, b1, w2)), grad(outer)((w1, b1, w2))


regression = dict(w=values(4), x=values(8, 4), y=values(8), rate=torch.tensor(0.125))


@program(**regression)
def the_derivative_by_a_learning_rate(w, x, y, rate):
    def run(rate):
        p, m = w, torch.zeros(4)
        for _ in range(5):
            g = grad(lambda p: (torch.tanh(x[:4] @ p) - y[:4]).square().mean())(p)
            m = 0.9 * m + g
            p = p - rate * m
        return (torch.tanh(x[4:] @ p) - y[4:]).square().mean()

    return run(rate), grad(run)(rate), grad(grad(run))(rate)


@program(**regression)
def the_derivative_through_steps_of_adam(w, x, y, rate):
    def run(rate, decay):
        p, m, v = w, torch.zeros(4), torch.zeros(4)
        for t in range(1, 5):
            g = grad(lambda p: (torch.tanh(x[:4] @ p) - y[:4]).square().mean() + decay * p.square().sum())(p)
            m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
            p = p - rate * (m / (1 - 0.9**t)) / (torch.sqrt(v / (1 - 0.99**t)) + 1e-8)
        return (torch.tanh(x[4:] @ p) - y[4:]).square().mean()

    return grad(run, argnums=(0, 1))(rate, torch.tensor(0.0625))


@program(**regression)
def weights_of_examples_learned_on_others(w, x, y, rate):
    def after(weights):
        losses = lambda p: (torch.tanh(x[:4] @ p) - y[:4]).square()
        p = w - rate * grad(lambda p: (weights * losses(p)).sum())(w)
        return (torch.tanh(x[4:] @ p) - y[4:]).square().mean()

    g = grad(after)(torch.full((4,), 0.25))
    return g, F.relu(-g) / F.relu(-g).sum()


@program(**regression)
def how_an_example_influences_another(w, x, y, rate):
    loss = lambda p, x, y: F.softplus(-(y.sign()) * (x @ p))
    total = lambda p: vmap(loss, (None, 0, 0))(p, x, y).mean() + 0.5 * rate * p.square().sum()
    h = hessian(total)(w)
    g = vmap(grad(loss), (None, 0, 0))(w, x, y)
    # Conjugate gradients, as with products alone.
    s, r = torch.zeros(4), g[0]
    d = r
    for _ in range(4):
        hd = jvp(grad(total), (w,), (d,))[1]
        a = (r @ r) / (d @ hd)
        s = s + a * d
        n = r - a * hd
        d = n + (n @ n) / (r @ r) * d
        r = n
    return g @ s, torch.linalg.solve(h, g[0])


@program(**regression)
def a_step_of_newton(w, x, y, rate):
    total = lambda p: F.softplus(-(y.sign()) * (x @ p)).mean() + 0.5 * rate * p.square().sum()
    return w - torch.linalg.solve(hessian(total)(w), grad(total)(w))


# Where a gradient is one's own, or stops.


class Clipped(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return g.clamp(-0.5, 0.5)


class Sine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x.cos()


class Reversed(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, factor):
        ctx.save_for_backward(factor)
        return x * 1

    @staticmethod
    def backward(ctx, g):
        return -ctx.saved_tensors[0] * g, None


class SumAndDifference(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b, a - b

    @staticmethod
    def backward(ctx, gp, gd):
        a, b = ctx.saved_tensors
        return gp * b + gd, gp * a - gd


@program(x=values(5))
def a_clipped_cotangent(x):
    x.requires_grad_()
    return derivative((Clipped.apply(x.square()) * torch.tensor([1.0, 0.25, -2, 0.5, 3])).sum(), x)


@program(x=values(5))
def three_derivatives_of_a_function_of_ones_own(x):
    x.requires_grad_()
    (one,) = derivative(Sine.apply(x).square().sum(), x)
    (two,) = derivative(one.sum(), x)
    (three,) = derivative(two.sum(), x)
    return one, two, three


@program(x=values(4, 3), w=values(3, 2), d=values(2, 1), c=values(2, 2), y=torch.tensor([0.0, 1, 1, 0]))
def a_reversed_gradient_for_a_domain(x, w, d, c, y):
    for p in (w, d, c):
        p.requires_grad_()
    features = torch.tanh(x @ w)
    label = F.cross_entropy(features @ c, y.long())
    domain = F.binary_cross_entropy_with_logits((Reversed.apply(features, torch.tensor(0.5)) @ d)[:, 0], y)
    return derivative(label + domain, w, d, c)


@program(a=values(4), b=values(4))
def several_results_of_a_function_of_ones_own(a, b):
    a.requires_grad_()
    b.requires_grad_()
    p, d = SumAndDifference.apply(a, b)
    first = derivative((p.sin() * d).sum(), a, b)
    return first, derivative(first[0].sum() + first[1].square().sum(), a, b)


@program(x=values(6), w=values(6))
def a_straight_through_estimator(x, w):
    f = lambda x: ((x + ((x > 0).double() - x).detach()) * w).square().sum()
    return f(x), grad(f)(x)


@program(s=values(5, 3), n=values(5, 3), r=values(5), w=values(3, 4), t=values(3, 4))
def a_temporal_difference_with_a_network_that_stands_still(s, n, r, w, t):
    def loss(w, t):
        target = r + 0.5 * (n @ t).max(-1).values.detach()
        return F.smooth_l1_loss((s @ w)[:, 1], target)

    return loss(w, t), grad(loss)(w, t)


@program(w=values(3, 3), u=values(3), x=values(3))
def spectral_normalisation_whose_iteration_is_no_part_of_the_gradient(w, u, x):
    def f(w):
        a = u
        for _ in range(3):
            v = F.normalize(w.detach().T @ a, dim=0)
            a = F.normalize(w.detach() @ v, dim=0)
        return ((w / (a @ w @ v)) @ x).tanh().sum()

    return f(w), grad(f)(w)


@program(x=values(6, 2), h=values(2), w=values(2, 2))
def backpropagation_through_time_cut_in_the_middle(x, h, w):
    def f(w):
        state, total = h, 0
        for t in range(6):
            if t == 3:
                state = state.detach()
            state = torch.tanh(w @ state + x[t])
            total = total + state.square().sum()
        return total

    return grad(f)(w)


# Implicit functions.


@program(a=torch.tensor([0.5, 2, 3]))
def the_derivative_of_a_root(a):
    # x³ + a x = 1: dx/da = −x / (3 x² + a).
    x = torch.full((3,), 0.5)
    for _ in range(30):
        x = x - (x**3 + a * x - 1) / (3 * x * x + a)
    d1 = -x / (3 * x * x + a)
    d2 = (-d1 * (3 * x * x + a) + x * (6 * x * d1 + 1)) / (3 * x * x + a) ** 2
    return x, d1, d2


@program(w=values(3, 3, scale=0.25), u=values(3, 2), x=values(2))
def an_equilibrium_and_its_gradients(w, u, x):
    def solve(w, u, x):
        z = torch.zeros(3)
        for _ in range(200):
            z = torch.tanh(w @ z + u @ x)
        return z

    return solve(w, u, x), grad(lambda w, u, x: solve(w, u, x).square().sum(), argnums=(0, 1, 2))(w, u, x)


@program(x=values(6, 3), y=values(6), penalty=torch.tensor(0.5))
def a_ridge_regression_differentiated_by_its_penalty(x, y, penalty):
    solve = lambda penalty: torch.linalg.solve(x.T @ x + penalty * torch.eye(3), x.T @ y)
    return solve(penalty), jacrev(solve)(penalty), jacrev(jacrev(solve))(penalty)


@program(cost=values(3, 4), a=torch.tensor([0.25, 0.5, 0.25]), b=torch.tensor([0.25, 0.25, 0.25, 0.25]))
def a_transport_plan_by_sinkhorn(cost, a, b):
    def distance(cost):
        f, g = torch.zeros(3), torch.zeros(4)
        for _ in range(20):
            f = a.log() - torch.logsumexp(g[None] - cost, 1)
            g = b.log() - torch.logsumexp(f[:, None] - cost, 0)
        plan = (f[:, None] + g[None] - cost).exp()
        return (plan * cost).sum(), plan

    return grad_and_value(distance, has_aux=True)(cost)


# Sequences.


@program(emissions=values(5, 3), transitions=values(3, 3))
def marginals_of_a_chain_as_a_gradient(emissions, transitions):
    def partition(emissions, transitions):
        alpha = emissions[0]
        for t in range(1, 5):
            alpha = torch.logsumexp(alpha[:, None] + transitions, 0) + emissions[t]
        return torch.logsumexp(alpha, 0)

    return partition(emissions, transitions), grad(partition, argnums=(0, 1))(emissions, transitions), hessian(partition)(emissions, transitions)


@program(a=values(4, 2), b=values(3, 2))
def a_soft_alignment_of_two_sequences(a, b):
    def distance(a, b):
        d = (a[:, None] - b[None]).square().sum(-1)
        r = {(-1, -1): torch.tensor(0.0)}
        big = torch.tensor(1e3)
        for i in range(4):
            for j in range(3):
                before = torch.stack([r.get(k, big) for k in [(i - 1, j - 1), (i - 1, j), (i, j - 1)]])
                r[(i, j)] = d[i, j] - torch.logsumexp(-before, 0)
        return r[(3, 2)]

    return distance(a, b), grad(distance, argnums=(0, 1))(a, b)


@program(x=values(7, 2), w=values(2, 6), u=values(2, 6), h=values(2))
def the_hessian_of_a_recurrent_network_in_a_direction(x, w, u, h):
    def loss(w, u):
        state = h
        for t in range(7):
            r, z, n = (x[t] @ w).chunk(3)
            hr, hz, hn = (state @ u).chunk(3)
            z = torch.sigmoid(z + hz)
            n = torch.tanh(n + torch.sigmoid(r + hr) * hn)
            state = (1 - z) * n + z * state
        return state.square().sum()

    return jvp(grad(loss, argnums=(0, 1)), (w, u), (w.cos(), u.sin()))[1]


@program(x=values(8))
def the_gradient_of_a_spectrum(x):
    def f(x):
        y = torch.fft.rfft(x)
        return (y.abs().square() * torch.arange(5.0)).sum().log()

    return grad(f)(x), hessian(f)(x)


# Losses with derivatives in them.


@program(x=values(4, 3), w1=values(3, 5), w2=values(5, 1))
def a_penalty_of_gradients_of_a_critic(x, w1, w2):
    def loss(w1, w2):
        critic = lambda x: (F.leaky_relu(x @ w1, 0.2) @ w2).sum()
        norms = vmap(grad(critic))(x).norm(dim=1)
        return (norms - 1).square().mean()

    return loss(w1, w2), grad(loss, argnums=(0, 1))(w1, w2)


@program(x=values(5, 2), y=values(5), dy=values(5, 2), w1=values(2, 6), w2=values(6))
def training_on_values_and_slopes(x, y, dy, w1, w2):
    def loss(p):
        f = lambda x: torch.tanh(x @ p[0]) @ p[1]
        slopes, v = vmap(grad_and_value(f))(x)
        return (v - y).square().mean() + (slopes - dy).square().mean()

    return loss((w1, w2)), grad(loss)((w1, w2))


@program(x=values(4, 3), w=values(3, 2), v=values(4, 3))
def the_loss_of_score_matching_by_slices(x, w, v):
    def loss(w):
        score = lambda x: torch.tanh(x @ w) @ w.T

        def each(x, v):
            s, t = jvp(score, (x,), (v,))
            return (v * t).sum() + 0.5 * (v * s).sum().square()

        return vmap(each)(x, v).mean()

    return loss(w), grad(loss)(w)


@program(x=values(3, 4), eps=values(3, 2), e=values(4, 4), d=values(2, 4))
def the_bound_of_a_variational_autoencoder(x, eps, e, d):
    def loss(e, d):
        mean, log_variance = (x @ e).chunk(2, -1)
        z = mean + eps * torch.exp(0.5 * log_variance)
        reconstruction = F.binary_cross_entropy_with_logits(z @ d, torch.sigmoid(x), reduction="sum")
        return reconstruction - 0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum()

    return loss(e, d), grad(loss, argnums=(0, 1))(e, d), hessian(loss, argnums=1)(e, d)


@program(s=values(5, 3), w=values(3, 4), r=values(5), a=torch.tensor([0.0, 3, 1, 2, 0]))
def a_policy_gradient_with_entropy(s, w, r, a):
    def loss(w):
        logits = F.log_softmax(s @ w, -1)
        chosen = logits.gather(1, a.long()[:, None])[:, 0]
        return -(chosen * r).mean() + 0.1 * (logits.exp() * logits).sum(-1).mean()

    return grad(loss)(w), jvp(grad(loss), (w,), (w,))[1]


@program(x=values(6, 3), w=values(3))
def batch_normalisation_twice_differentiated(x, w):
    f = lambda x: (F.batch_norm(x, None, None, w, None, True).tanh() * x).square().sum()
    return grad(f)(x), jvp(grad(f), (x,), (x.cos(),))[1]


# Corners.


@program(x=torch.tensor([0.0, 0, 3, -4]))
def corners_of_functions(x):
    fs = [torch.abs, F.relu, torch.sign, lambda x: x.clamp(0, 3), lambda x: torch.maximum(x, torch.zeros(4)), lambda x: x.clamp(min=-4.0),
          lambda x: x.norm() * torch.ones(4), lambda x: x[:2].norm() * torch.ones(4), lambda x: x.amax() * torch.ones(4), lambda x: F.leaky_relu(x, 0.1), F.elu, F.softplus, lambda x: F.hardswish(x), lambda x: F.softshrink(x), lambda x: x**2, lambda x: x**1,
          lambda x: x**0, lambda x: torch.where(x > 0, x, x * 2), lambda x: x.round(), lambda x: torch.hypot(x, x), lambda x: x.prod() * torch.ones(4)]
    return [grad(lambda x: f(x).sum())(x) for f in fs]


@program(x=torch.tensor([1.0, 2, 3, 0.5]))
def second_derivatives_at_corners(x):
    fs = [lambda x: torch.maximum(x, x * 1), lambda x: (x - 1).abs() * x, lambda x: F.relu(x - 2) ** 2, lambda x: (x - 1).clamp(min=0) ** 3, lambda x: (x - x.max()).exp()]
    return [vmap(lambda v: jvp(grad(lambda x: f(x).sum()), (x,), (v,))[1])(torch.eye(4)) for f in fs]


@program(x=torch.tensor([-1.0, 0, 4]))
def a_root_chosen_against_twice(x):
    safe = lambda x: torch.where(x > 0, torch.where(x > 0, x, torch.ones(3)).sqrt(), torch.zeros(3)).sum()
    unsafe = lambda x: torch.where(x > 0, x.sqrt(), torch.zeros(3)).sum()
    return grad(safe)(x), grad(unsafe)(x)


@program(x=torch.tensor([3.0, 1, 2, 5, 4]), w=values(5))
def derivatives_of_orders_and_choices(x, w):
    fs = [lambda x: (x.sort().values * w).square().sum(), lambda x: (x.topk(2).values ** 3).sum(), lambda x: x.median() ** 3, lambda x: x.kthvalue(2).values ** 3,
          lambda x: x[torch.tensor([0, 0, 3])].prod(), lambda x: x.index_add(0, torch.tensor([1, 1]), x[:2] * x[1:3]).prod(),
          lambda x: x.scatter_add(0, torch.tensor([4, 4]), x[:2].sin()).square().sum(), lambda x: x.cumprod(0).sum(), lambda x: torch.logcumsumexp(x, 0).sum(),
          lambda x: x.cummax(0).values.square().sum(), lambda x: (x.flip(0) * x.roll(1)).cumsum(0).square().sum(), lambda x: x.quantile(0.3) ** 2]
    return [(grad(f)(x), hessian(f)(x)) for f in fs]


@program(x=torch.tensor([[0.0, 2, 3], [1, 0, 0]]))
def products_with_zeros_twice_differentiated(x):
    f = lambda x: x.prod(1).square().sum() + x.prod()
    return grad(f)(x), hessian(f)(x)


@program(x=values(3))
def a_tensor_that_only_selects_has_the_derivative_zero(x):
    f = lambda x: torch.where(x > 0, 2.0, 3.0)
    return vjp(f, x)[1](torch.ones(3)), jvp(f, (x,), (torch.ones(3),))[1], jacrev(f)(x), jacrev(lambda x: torch.tensor([5.0, 6, 7])[x.argmax()])(x)


# Layers, twice.


@program(x=values(1, 2, 5, 5), w=values(3, 2, 3, 3), t=values(3, 2, 2, 2), v=values(1, 2, 5, 5))
def convolutions_and_pools_in_a_direction_of_the_hessian(x, w, t, v):
    def f(x, w, t):
        y = F.conv2d(x, w, stride=2, padding=1).tanh()
        z = F.conv_transpose2d(y, t, stride=2)
        return F.avg_pool2d(F.max_pool2d(z.square(), 2, 1), 2, 1).sin().sum()

    return grad(f, argnums=(0, 1, 2))(x, w, t), jvp(lambda x: grad(f, argnums=(0, 1, 2))(x, w, t), (x,), (v,))[1]


@program(x=values(1, 2, 4, 4), theta=values(1, 2, 3, scale=0.5))
def a_spatial_transformer(x, theta):
    def f(x, theta):
        grid = F.affine_grid(theta, (1, 2, 3, 3), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False).square().sum()

    x.requires_grad_()
    theta.requires_grad_()
    return derivative(f(x, theta), x, theta)


@program(x=values(1, 1, 4, 4))
def interpolation_twice_differentiated(x):
    f = lambda x: F.interpolate(x, scale_factor=2, mode="bicubic", align_corners=False).pow(3).sum() + F.interpolate(x, size=(3, 5), mode="bilinear").sin().sum()
    x.requires_grad_()
    (g,) = derivative(f(x), x)
    return g, derivative(g.square().sum(), x)


@program(a=values(3, 4), b=values(4, 5), c=values(5, 3))
def products_of_matrices_in_all_directions(a, b, c):
    f = lambda a, b, c: torch.einsum("ij,jk,ki->", a, b, c).sin()
    return hessian(f, argnums=(0, 1, 2))(a, b, c)


# Linear algebra.


@program(x=values(5, 2), y=values(5), scale=torch.tensor(0.75), noise=torch.tensor(0.25))
def the_evidence_of_a_gaussian_process(x, y, scale, noise):
    def evidence(scale, noise):
        d = (x[:, None] - x[None]).square().sum(-1)
        k = torch.exp(-0.5 * d / scale**2) + noise * torch.eye(5)
        l = torch.linalg.cholesky(k)
        a = torch.linalg.solve_triangular(l, y[:, None], upper=False)
        return -0.5 * a.square().sum() - l.diagonal().log().sum()

    return evidence(scale, noise), grad(evidence, argnums=(0, 1))(scale, noise), jacrev(grad(evidence, argnums=(0, 1)), argnums=(0, 1))(scale, noise)


@program(a=values(3, 3), q=values(3, 3, scale=0.5), z=values(5, 2), h=values(2, 3))
def the_likelihood_of_a_kalman_filter(a, q, z, h):
    def loss(a, q):
        process = q @ q.T + 0.1 * torch.eye(3)
        m, p, total = torch.zeros(3), torch.eye(3), 0
        for t in range(5):
            m, p = a @ m * 0.5, 0.25 * a @ p @ a.T + process
            s = h @ p @ h.T + 0.5 * torch.eye(2)
            r = z[t] - h @ m
            k = torch.linalg.solve(s, h @ p).T
            total = total + 0.5 * (r @ torch.linalg.solve(s, r) + torch.logdet(s))
            m, p = m + k @ r, p - k @ h @ p
        return total

    return loss(a, q), grad(loss, argnums=(0, 1))(a, q)


@program(x=values(4, 3), w=values(3, 3))
def a_flow_by_an_invertible_matrix(x, w):
    def loss(w):
        return 0.5 * (x @ w.T).square().sum(-1).mean() - torch.linalg.slogdet(w)[1]

    return loss(w), grad(loss)(w), jvp(grad(loss), (w,), (w.sin(),))[1]


@program(x=values(3, 4, 4), v=values(3, 4))
def gradients_of_every_example_by_solving(x, v):
    f = lambda a, b: torch.linalg.solve(a @ a.T + torch.eye(4), b).square().sum() + torch.logdet(a @ a.T + torch.eye(4))
    return vmap(grad(f, argnums=(0, 1)))(x, v)


@program(x=values(5, 3))
def values_of_a_spectrum_and_their_derivatives(x):
    def eigen(x):
        return torch.linalg.eigvalsh(x.T @ x + torch.diag(torch.arange(3.0)))

    def singular(x):
        return torch.linalg.svdvals(x)

    return eigen(x), jacrev(eigen)(x), singular(x), jacrev(singular)(x), grad(lambda x: singular(x).log().sum())(x)


@program(x=values(4, 3), b=values(4))
def least_squares_and_a_projection(x, b):
    fit = lambda x, b: torch.linalg.pinv(x) @ b
    project = lambda x: (x @ torch.linalg.pinv(x) @ b).square().sum()
    q = lambda x: torch.linalg.qr(x)[0].abs().sum()
    return fit(x, b), jacrev(fit, argnums=(0, 1))(x, b), grad(project)(x), grad(q)(x)


@program(m=values(3), n=values(3), a=values(3, 3), b=values(3, 3))
def a_divergence_of_gaussians(m, n, a, b):
    def kl(m, n, a, b):
        s, t = a @ a.T + torch.eye(3), b @ b.T + torch.eye(3)
        inverse = torch.linalg.inv(t)
        d = n - m
        return 0.5 * ((inverse @ s).trace() + d @ inverse @ d - 3 + torch.logdet(t) - torch.logdet(s))

    return kl(m, n, a, b), grad(kl, argnums=(0, 1, 2, 3))(m, n, a, b), hessian(kl)(m, n, a, b)


@program(a=values(3, 3), v=values(3))
def a_matrix_exponential_by_its_series(a, v):
    def expm(a):
        result, term = torch.eye(3), torch.eye(3)
        for k in range(1, 15):
            term = term @ a * 0.25 / k
            result = result + term
        for _ in range(2):
            result = result @ result
        return result

    f = lambda a: (expm(a) @ v).square().sum()
    return expm(a), grad(f)(a), jvp(grad(f), (a,), (a.T,))[1]


(folder / "functional.json").write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
print(len(cases), "programs", sum(len(c["expected"]) for c in cases), "results")
