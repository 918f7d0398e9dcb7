/** The programs of tools/golden/functional.py, as somebody writes them in Hebb who knows functorch. */
import {
  affineGrid,
  avgPool2d,
  conv2d,
  convTranspose2d,
  cumprod,
  cummax,
  cumsum,
  determinant,
  diagonal,
  einsum,
  embedding,
  eye,
  gather,
  gridSample,
  hypot,
  indexAdd,
  indexSelect,
  interpolate,
  iota,
  logCumSumExp,
  logSoftmax,
  logSumExp,
  maxPool2d,
  maximum,
  median,
  norm,
  oneHot,
  ones,
  outer,
  pad,
  prod,
  quantile,
  rfft,
  roll,
  round,
  scan,
  scatterAdd,
  softmax,
  solve,
  softplus,
  sort,
  stack,
  sum,
  take,
  tensor,
  topK,
  trace,
  unbind,
  where,
  whileLoop,
  cholesky,
  diag,
  eigh,
  inverse,
  logdet,
  matrixPower,
  pinv,
  qr,
  slogdet,
  svd,
  triangularSolve,
  zeros,
  type Tensor,
} from '@hebb/tensor';
import {
  customGradient,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  stopGradient,
  valueAndGrad,
  vjp,
  vmap,
} from '../../src/index.ts';

type Name =
  | `${'w' | 'b' | 'k'}${1 | 2}`
  | 'w'
  | 'x'
  | 'y'
  | 'e'
  | 'ids'
  | 'q'
  | 'o'
  | 'b'
  | 'v'
  | 'u'
  | 'a'
  | 'xs'
  | 'tx'
  | 'nu'
  | 'positions'
  | 'p'
  | 'z'
  | 'rate'
  | 'd'
  | 'c'
  | 's'
  | 'n'
  | 'r'
  | 't'
  | 'penalty'
  | 'cost'
  | 'emissions'
  | 'transitions'
  | 'h'
  | 'dy'
  | 'eps'
  | 'theta'
  | 'scale'
  | 'noise'
  | 'm';
export type Inputs = { readonly [N in Name]: Tensor };
type Program = (inputs: Inputs) => unknown;

const row = (x: Tensor, i: number): Tensor => x.narrow(0, i, 1).reshape(x.shape.slice(1));
const rows = (x: Tensor, start: number, end: number): Tensor => x.narrow(0, start, end - start);
const add = (...parts: Tensor[]): Tensor => parts.reduce((a, b) => a.add(b));

// Gradients of every example.
type Weights = [k1: Tensor, k2: Tensor, w: Tensor];
const convolutional = ([k1, k2, w]: Weights, x: Tensor): Tensor => {
  const first = conv2d(x.unsqueeze(0), k1).relu();
  const features = maxPool2d(conv2d(first, k2, { padding: 1 }).relu(), 2);
  return row(logSoftmax(features.flatten(1).matmul(w), -1), 0);
};
const crossEntropy = (p: Weights, x: Tensor, y: Tensor): Tensor => convolutional(p, x).mul(y).sum().neg();

// Many models at once.
type Perceptron = [w1: Tensor, b1: Tensor, w2: Tensor];
const perceptron = (p: Perceptron, x: Tensor): Tensor => x.matmul(p[0]).add(p[1]).tanh().matmul(p[2]);

const dense = (w: Tensor, b: Tensor, x: Tensor): Tensor => w.matmul(x).add(b).tanh();

/** f of one number, as a function of many. */
const times = (n: number, f: (x: Tensor) => Tensor): ((x: Tensor) => Tensor) =>
  Array.from({ length: n }).reduce<(x: Tensor) => Tensor>((g) => grad(g), f);

// Learning to learn.
type Small = [w1: Tensor, b1: Tensor, w2: Tensor];
const sine = (p: Small, x: Tensor): Tensor => x.matmul(p[0]).add(p[1]).relu().matmul(p[2]).relu();
const sineLoss = (p: Small, x: Tensor, y: Tensor): Tensor => sine(p, x).sub(y).square().mean();
const step = <P extends readonly Tensor[]>(p: P, gradients: readonly Tensor[], rate: Tensor | number): P =>
  p.map((part, i) => part.sub((gradients[i] as Tensor).mul(rate))) as unknown as P;
const tanhLoss = (p: Tensor, x: Tensor, y: Tensor): Tensor => x.matmul(p).tanh().sub(y).square().mean();
const logistic = (p: Tensor, x: Tensor, y: Tensor): Tensor => softplus(y.sign().mul(x.matmul(p)).neg());

/** The solution of a positive definite system by conjugate gradients. */
const conjugateGradients = (product: (v: Tensor) => Tensor, b: Tensor, steps: number): Tensor => {
  const dot = (x: Tensor, y: Tensor): Tensor => x.mul(y).sum();
  const [[solution]] = scan(
    ([s, r, d]: readonly [Tensor, Tensor, Tensor]) => {
      const hd = product(d);
      const squared = dot(r, r);
      const a = squared.div(dot(d, hd));
      const rest = r.sub(a.mul(hd));
      return [[s.add(a.mul(d)), rest, rest.add(dot(rest, rest).div(squared).mul(d))], undefined];
    },
    [b.mul(0), b, b],
    undefined,
    { length: steps },
  );
  return solution;
};

const clipped = customGradient(
  (x: Tensor) => x.mul(1),
  (g) => [g.clamp(-0.5, 0.5)],
);
const ownSine = customGradient(
  (x: Tensor) => x.sin(),
  (g, _y, x) => [g.mul(x.cos())],
);
const reversed = customGradient(
  (x: Tensor, _factor: Tensor) => x.mul(1),
  (g, _y, _x, factor) => [factor.neg().mul(g), undefined],
);
const sumAndDifference = customGradient(
  (a: Tensor, b: Tensor) => [a.mul(b), a.sub(b)] as [Tensor, Tensor],
  ([gp, gd], _, a, b) => [gp.mul(b).add(gd), gp.mul(a).sub(gd)],
);

const binaryCrossEntropy = (logits: Tensor, y: Tensor): Tensor => softplus(logits).sub(logits.mul(y));
const smoothL1 = (difference: Tensor): Tensor => {
  const size = difference.abs();
  return where(size.less(1), difference.square().mul(0.5), size.sub(0.5)).mean();
};

export const programs: Readonly<Record<string, Program>> = {
  'gradients of every example of a convolutional network': ({ k1, k2, w, x, y }) =>
    vmap(grad(crossEntropy), { inAxes: [null, 0, 0] })([k1, k2, w], x, y),
  'clipped gradients of every example': ({ k1, k2, w, x, y }) => {
    const clip = (p: Weights, image: Tensor, target: Tensor): Tensor[] => {
      const g = grad(crossEntropy)(p, image, target);
      const size = add(...g.map((part) => part.square().sum())).sqrt();
      return g.map((part) => part.div(size.clamp(1)));
    };
    return vmap(clip, { inAxes: [null, 0, 0] })([k1, k2, w], x, y).map((part) => part.mean(0));
  },
  'values with gradients of every example and the predictions': ({ k1, k2, w, x, y }) => {
    const loss = (p: Weights, image: Tensor, target: Tensor) => {
      const logits = convolutional(p, image);
      return [logits.mul(target).sum().neg(), logits.argmax()] as const;
    };
    const {
      value,
      grad: g,
      aux,
    } = vmap(valueAndGrad(loss, { hasAux: true }), { inAxes: [null, 0, 0] })([k1, k2, w], x, y);
    return [value, aux, g[2]];
  },
  'fisher matrix of gradients of every example': ({ w, x }) => {
    const loss = (weights: Tensor, v: Tensor): Tensor => row(logSoftmax(weights.matmul(v), -1), 0).neg();
    const g = vmap(grad(loss), { inAxes: [null, 0] })(w, x).flatten(1);
    return g.transpose(0, 1).matmul(g).div(5);
  },
  'gradients of every example by an embedding': ({ e, w, ids }) => {
    const loss = (table: Tensor, i: Tensor): Tensor => embedding(i, table).matmul(w).tanh().sum().square();
    return vmap(grad(loss), { inAxes: [null, 0] })(e, ids.to('int32'));
  },
  'gradients of every example of attention': ({ q, w, o }) => {
    const loss = (weights: Tensor, out: Tensor, x: Tensor): Tensor => {
      const [a, b, c] = [0, 1, 2].map((i) => x.matmul(weights).narrow(-1, 3 * i, 3)) as [Tensor, Tensor, Tensor];
      return softmax(a.matmul(b.transpose(0, 1)).div(Math.sqrt(3)), -1)
        .matmul(c)
        .matmul(out)
        .square()
        .mean();
    };
    return vmap(grad(loss, { argnums: [0, 1] }), { inAxes: [null, null, 0] })(w, o, q);
  },
  'gradients of every example through layer normalisation': ({ x, w, b, v }) => {
    const loss = ([scale, shift, out]: [Tensor, Tensor, Tensor], h: Tensor): Tensor => {
      const centred = h.sub(h.mean(-1, { keepDims: true }));
      const normal = centred.mul(h.variance(-1, { keepDims: true, correction: 0 }).add(1e-5).rsqrt());
      return normal.mul(scale).add(shift).matmul(out).square().sum();
    };
    return vmap(grad(loss), { inAxes: [null, 0] })([w, b, v], x);
  },

  'an ensemble on the same examples': ({ w1, b1, w2, x }) => vmap(perceptron, { inAxes: [0, null] })([w1, b1, w2], x),
  'an ensemble with examples of its own': ({ w1, b1, w2, x }) => vmap(perceptron)([w1, b1, w2], x),
  'an ensemble trained for two steps': ({ w1, b1, w2, x, y }) => {
    const loss = (p: Perceptron): Tensor => perceptron(p, x).sub(y).square().mean();
    const train = (p: Perceptron): Perceptron => step(p, grad(loss)(p), 0.1);
    return vmap((p: Perceptron) => train(train(p)))([w1, b1, w2]);
  },
  'models that share all but one tensor': ({ w1, b1, w2, x }) =>
    vmap(
      grad((p: Perceptron, v: Tensor) => perceptron(p, v).square().sum()),
      { inAxes: [[null, 0, null], null] },
    )([w1, b1, w2], x),
  'axes of every tensor and of the results': ({ x, y }) => {
    const f = (a: { x: Tensor }, b: Tensor) =>
      [outer(a.x.narrow(1, 0, 1).flatten(), b), { sum: a.x.sum().add(b.sum()) }, a.x] as const;
    return vmap(f, { inAxes: [{ x: 2 }, 0], outAxes: [1, { sum: 0 }, -1] })({ x }, y);
  },

  'jacobians in both modes of all arguments': ({ w, b, x }) => [
    jacobian(dense, { argnums: [0, 1, 2] })(w, b, x),
    jacobian(dense, { argnums: [0, 1, 2], mode: 'forward' })(w, b, x),
  ],
  'hessians in all compositions': ({ w, b, x }) => {
    const f = (v: Tensor): Tensor => dense(w, b, v);
    const forward = (g: (v: Tensor) => Tensor) => jacobian(g, { mode: 'forward' });
    return [forward(jacobian(f))(x), forward(forward(f))(x), jacobian(jacobian(f))(x), jacobian(forward(f))(x)];
  },
  'jacobians and hessians of every example': ({ w, b, xs }) => {
    const f = (v: Tensor): Tensor => dense(w, b, v);
    return [vmap(jacobian(f))(xs), vmap(jacobian(jacobian(f), { mode: 'forward' }))(xs)];
  },
  'products with a hessian in three ways': ({ w, b, x, v }) => {
    const f = (u: Tensor): Tensor => dense(w, b, u).square().sum().sin();
    return [
      jvp(grad(f), [x], [v]).tangent,
      vjp(grad(f), x).pullback(v)[0],
      grad((u: Tensor) => jvp(f, [u], [v]).tangent)(x),
    ];
  },
  'a jacobian of a function of structures': ({ w, b, x }) => {
    const f = (p: { w: Tensor }) => ({ y: dense(p.w, b, x), n: p.w.square().sum().mul(x.sum()) });
    const j = jacobian(f)({ w });
    return [j.y.w, j.n.w];
  },
  'derivatives up to the fifth': ({ x }) =>
    [0, 1, 2, 3, 4, 5].map((n) => vmap(times(n, (y: Tensor) => y.sin().exp()))(x)),
  'derivatives along a direction up to the fourth': ({ x, v }) => {
    const results: Tensor[] = [];
    let g = (y: Tensor): Tensor => prod(y.tanh()).mul(y.square().sum());
    for (let i = 0; i < 4; i++) {
      const before = g;
      g = (y) => jvp(before, [y], [v]).tangent;
      results.push(g(x));
    }
    return results;
  },
  'third derivatives as a tensor': ({ x }) => {
    const f = (y: Tensor): Tensor => prod(cumsum(y.sin().mul(y.flip(0)), 0));
    return jacobian(jacobian(grad(f)), { mode: 'forward' })(x);
  },
  'neural tangent kernel by jacobians and by products': ({ w1, w2, a, b }) => {
    type Two = [Tensor, Tensor];
    const f = (p: Two, x: Tensor): Tensor => x.matmul(p[0]).tanh().matmul(p[1]);
    const of = (x: Tensor): Two => vmap(jacobian(f), { inAxes: [null, 0] })([w1, w2], x);
    const [ja, jb] = [of(a), of(b)];
    const full = add(...[0, 1].map((i) => einsum('naij,mbij->nmab', ja[i] as Tensor, jb[i] as Tensor)));
    const product = (x1: Tensor, x2: Tensor): Tensor => {
      const { pullback } = vjp((p: Two) => f(p, x1), [w1, w2] as Two);
      return vmap((v: Tensor) => jvp((p: Two) => f(p, x2), [[w1, w2] as Two], pullback(v)).tangent)(eye(2));
    };
    return [full, vmap((x1: Tensor) => vmap((x2: Tensor) => product(x1, x2))(b))(a)];
  },
  'a product with the matrix of gauss and newton': ({ x, v }) => {
    const f = (y: Tensor): Tensor =>
      y
        .reshape([3, 2])
        .matmul(y.reshape([2, 3]))
        .tanh()
        .flatten();
    const { value, tangent } = jvp(f, [x], [v]);
    const [product] = vjp(f, x).pullback(tangent);
    const j = jacobian(f, { mode: 'forward' })(x);
    return [value, product, jacobian(f)(x).transpose(0, 1).matmul(j.matmul(v))];
  },

  'a laplacian in four ways': ({ x, w, u }) => {
    const f = (y: Tensor): Tensor => y.matmul(w).sin().tanh().matmul(u);
    const along = (y: Tensor, v: Tensor): Tensor => jvp((z: Tensor) => jvp(f, [z], [v]).tangent, [y], [v]).tangent;
    const g = vjp((z: Tensor) => vjp(f, z).pullback(ones([5]))[0], x);
    const unit = (i: number): Tensor => oneHot(tensor([i], { dtype: 'int32' }), 3).broadcastTo([5, 3]);
    return [
      vmap((y: Tensor) => trace(hessian(f)(y)))(x),
      vmap((y: Tensor) => vmap((v: Tensor) => along(y, v))(eye(3)).sum())(x),
      vmap((y: Tensor) => vmap((v: Tensor) => hvp(f, [y], [v])[0].mul(v).sum())(eye(3)).sum())(x),
      add(...[0, 1, 2].map((i) => g.pullback(unit(i))[0].narrow(1, i, 1).flatten())),
    ];
  },
  'burgers equation and the gradient of its residual': ({ tx, w1, w2, nu }) => {
    type Two = [Tensor, Tensor];
    const residual = (p: Two, t: Tensor, x: Tensor): Tensor => {
      const u = (s: Tensor, y: Tensor): Tensor => stack([s, y]).matmul(p[0]).tanh().matmul(p[1]).sum();
      const [ut, ux] = grad(u, { argnums: [0, 1] })(t, x);
      const uxx = grad(grad(u, { argnums: 1 }), { argnums: 1 })(t, x);
      return ut.add(u(t, x).mul(ux)).sub(nu.mul(uxx));
    };
    const all = vmap(residual, { inAxes: [null, 0, 0] });
    const [t, x] = unbind(tx, 1) as [Tensor, Tensor];
    return [all([w1, w2], t, x), grad((p: Two) => all(p, t, x).square().mean())([w1, w2])];
  },
  'the wave equation as written with backward': ({ tx, w1, w2 }) => {
    const loss = (p: [Tensor, Tensor]): Tensor => {
      const [t, x] = [tx.narrow(1, 0, 1), tx.narrow(1, 1, 1)];
      const u = (s: Tensor, y: Tensor): Tensor =>
        stack([s, y], 1).reshape([6, 2]).matmul(p[0]).tanh().matmul(p[1]).sum();
      const ut = (s: Tensor, y: Tensor): Tensor => grad(u)(s, y).sum();
      const ux = (s: Tensor, y: Tensor): Tensor => grad(u, { argnums: 1 })(s, y).sum();
      return grad(ut)(t, x)
        .sub(grad(ux, { argnums: 1 })(t, x).mul(4))
        .square()
        .mean();
    };
    const { value, grad: g } = valueAndGrad(loss)([w1, w2]);
    return [value, g];
  },
  'forces of lennard jones and their derivatives': ({ positions }) => {
    const [i, j] = [tensor([0, 0, 0, 1, 1, 2], { dtype: 'int32' }), tensor([1, 2, 3, 2, 3, 3], { dtype: 'int32' })];
    const energy = (x: Tensor): Tensor => {
      const r = indexSelect(x, 0, i)
        .sub(indexSelect(x, 0, j))
        .square()
        .sum(-1)
        .sqrt();
      return r.pow(-12).sub(r.pow(-6)).mul(4).sum().mul(1e-2);
    };
    return [
      grad(energy)(positions),
      vmap((v: Tensor) => jvp(grad(energy), [positions], [v]).tangent)(positions.unsqueeze(0)),
    ];
  },
  'accelerations from a lagrangian': ({ q, v }) => {
    const lagrangian = (angles: Tensor, speeds: Tensor): Tensor => {
      const [a, b] = unbind(angles) as [Tensor, Tensor];
      const [da, db] = unbind(speeds) as [Tensor, Tensor];
      const kinetic = add(da.square(), db.square().mul(0.5), da.mul(db).mul(a.sub(b).cos()));
      return add(kinetic, a.cos().mul(2 * 9.81), b.cos().mul(9.81));
    };
    const mass = hessian(lagrangian, { argnums: 1 })(q, v);
    const mixed = jacobian(grad(lagrangian, { argnums: 1 }), { mode: 'forward' })(q, v);
    const force = grad(lagrangian)(q, v).sub(mixed.matmul(v));
    const [m00, m01, m10, m11] = unbind(mass.flatten()) as [Tensor, Tensor, Tensor, Tensor];
    const determinant = m00.mul(m11).sub(m01.mul(m10));
    const inverse = stack([m11, m01.neg(), m10.neg(), m00]).reshape([2, 2]).div(determinant);
    return [mass, force, inverse.matmul(force)];
  },
  'leapfrog steps and their sensitivity': ({ q, p, w }) => {
    const potential = (x: Tensor, k: Tensor): Tensor => k.matmul(x).cos().sum().add(x.square().sum());
    const run = (place: Tensor, impulse: Tensor, k: Tensor): readonly [Tensor, Tensor] => {
      const leap = ([x, m]: readonly [Tensor, Tensor]) => {
        const half = m.sub(grad(potential)(x, k).mul(0.05));
        const next = x.add(half.mul(0.1));
        return [[next, half.sub(grad(potential)(next, k).mul(0.05))], undefined] as const;
      };
      return scan(leap, [place, impulse], undefined, { length: 6 })[0];
    };
    return [run(q, p, w), jacobian((x: Tensor) => run(x, p, w)[0])(q), grad((k: Tensor) => run(q, p, k)[0].sum())(w)];
  },
  'a neural differential equation by runge and kutta': ({ y, w }) => {
    const run = (start: Tensor, k: Tensor): Tensor => {
      const f = (x: Tensor): Tensor => k.matmul(x).tanh();
      const one = (x: Tensor): [Tensor, undefined] => {
        const k1 = f(x);
        const k2 = f(x.add(k1.mul(0.05)));
        const k3 = f(x.add(k2.mul(0.05)));
        const k4 = f(x.add(k3.mul(0.1)));
        return [x.add(add(k1, k2.mul(2), k3.mul(2), k4).mul(0.1 / 6)), undefined];
      };
      return scan(one, start, undefined, { length: 8 })[0];
    };
    const loss = (start: Tensor, k: Tensor): Tensor => run(start, k).square().sum();
    return [
      run(y, w),
      grad(loss, { argnums: [0, 1] })(y, w),
      hessian(loss)(y, w),
      jacobian(run, { mode: 'forward' })(y, w),
    ];
  },
  'divergence and curl of a field': ({ x, w, u }) => {
    const field = (y: Tensor): Tensor => y.matmul(w).sin().matmul(u);
    const j = vmap(jacobian(field, { mode: 'forward' }))(x);
    const at = (a: number, b: number): Tensor => j.narrow(1, a, 1).narrow(2, b, 1).flatten();
    return [diagonal(j, 0, -2, -1).sum(-1), vmap((y: Tensor) => trace(jacobian(field)(y)))(x), at(1, 0).sub(at(0, 1))];
  },
  'a planar flow and its density': ({ z, w, u, b }) => {
    const flow = (v: Tensor): Tensor => v.add(u.mul(w.matmul(v).add(b).tanh()).mul(0.1));
    const base = (v: Tensor): Tensor => flow(v).square().sum().mul(-0.5);
    const density = (v: Tensor): Tensor => base(v).add(determinant(jacobian(flow)(v)).abs().log());
    return [vmap(density)(z), vmap(grad(density))(z)];
  },

  'model agnostic meta learning': ({ w1, b1, w2, x, y }) => {
    const after = (p: Small, xs: Tensor, ys: Tensor): Tensor => {
      const inner = step(p, grad(sineLoss)(p, rows(xs, 0, 3), rows(ys, 0, 3)), 0.1);
      return sineLoss(inner, rows(xs, 3, 6), rows(ys, 3, 6));
    };
    const outerLoss = (p: Small): Tensor => vmap(after, { inAxes: [null, 0, 0] })(p, x, y).mean();
    const { value, grad: g } = valueAndGrad(outerLoss)([w1, b1, w2]);
    return [value, g];
  },
  'meta learning of first order': ({ w1, b1, w2, x, y }) => {
    const after = (p: Small, xs: Tensor, ys: Tensor): Tensor => {
      const gradients = grad(sineLoss)(p, rows(xs, 0, 3), rows(ys, 0, 3)).map(stopGradient);
      return sineLoss(step(p, gradients, 0.1), rows(xs, 3, 6), rows(ys, 3, 6));
    };
    const { value, grad: g } = valueAndGrad((p: Small) => vmap(after, { inAxes: [null, 0, 0] })(p, x, y).mean())([
      w1,
      b1,
      w2,
    ]);
    return [value, g];
  },
  'the derivative by a learning rate': ({ w, x, y, rate }) => {
    const run = (r: Tensor): Tensor => {
      const sgd = ([p, m]: readonly [Tensor, Tensor]) => {
        const momentum = m.mul(0.9).add(grad(tanhLoss)(p, rows(x, 0, 4), rows(y, 0, 4)));
        return [[p.sub(r.mul(momentum)), momentum], undefined] as const;
      };
      const [[p]] = scan(sgd, [w, zeros([4])], undefined, { length: 5 });
      return tanhLoss(p, rows(x, 4, 8), rows(y, 4, 8));
    };
    return [run(rate), grad(run)(rate), grad(grad(run))(rate)];
  },
  'the derivative through steps of adam': ({ w, x, y, rate }) => {
    const run = (r: Tensor, decay: Tensor): Tensor => {
      const loss = (p: Tensor): Tensor => tanhLoss(p, rows(x, 0, 4), rows(y, 0, 4)).add(decay.mul(p.square().sum()));
      const adam = ([p, m, v]: readonly [Tensor, Tensor, Tensor], t: Tensor) => {
        const g = grad(loss)(p);
        const [first, second] = [m.mul(0.9).add(g.mul(0.1)), v.mul(0.99).add(g.square().mul(0.01))];
        const unbiased = (moment: Tensor, beta: number): Tensor => moment.div(tensor(1).sub(tensor(beta).pow(t)));
        const next = p.sub(r.mul(unbiased(first, 0.9)).div(unbiased(second, 0.99).sqrt().add(1e-8)));
        return [[next, first, second], undefined] as const;
      };
      const [[p]] = scan(adam, [w, zeros([4]), zeros([4])], tensor([1, 2, 3, 4]));
      return tanhLoss(p, rows(x, 4, 8), rows(y, 4, 8));
    };
    return grad(run, { argnums: [0, 1] })(rate, tensor(0.0625));
  },
  'weights of examples learned on others': ({ w, x, y, rate }) => {
    const after = (weights: Tensor): Tensor => {
      const losses = (p: Tensor): Tensor =>
        rows(x, 0, 4)
          .matmul(p)
          .tanh()
          .sub(rows(y, 0, 4))
          .square();
      const p = w.sub(rate.mul(grad((q: Tensor) => weights.mul(losses(q)).sum())(w)));
      return tanhLoss(p, rows(x, 4, 8), rows(y, 4, 8));
    };
    const g = grad(after)(ones([4]).mul(0.25));
    return [g, g.neg().relu().div(g.neg().relu().sum())];
  },
  'how an example influences another': ({ w, x, y, rate }) => {
    const total = (p: Tensor): Tensor =>
      vmap(logistic, { inAxes: [null, 0, 0] })(p, x, y)
        .mean()
        .add(rate.mul(0.5).mul(p.square().sum()));
    const g = vmap(grad(logistic), { inAxes: [null, 0, 0] })(w, x, y);
    const s = conjugateGradients((v) => hvp(total, [w], [v])[0], row(g, 0), 4);
    return [g.matmul(s), s];
  },
  'a step of newton': ({ w, x, y, rate }) => {
    const total = (p: Tensor): Tensor => logistic(p, x, y).mean().add(rate.mul(0.5).mul(p.square().sum()));
    const h = hessian(total)(w);
    return w.sub(solve(h, grad(total)(w)));
  },

  'a clipped cotangent': ({ x }) => {
    const weights = tensor([1, 0.25, -2, 0.5, 3]);
    return grad((v: Tensor) => clipped(v.square()).mul(weights).sum())(x);
  },
  'three derivatives of a function of ones own': ({ x }) => {
    const one = grad((v: Tensor) => ownSine(v).square().sum());
    const two = grad((v: Tensor) => one(v).sum());
    return [one(x), two(x), grad((v: Tensor) => two(v).sum())(x)];
  },
  'a reversed gradient for a domain': ({ x, w, d, c, y }) => {
    const loss = (weights: Tensor, domain: Tensor, classes: Tensor): Tensor => {
      const features = x.matmul(weights).tanh();
      const label = oneHot(y.to('int32'), 2)
        .mul(logSoftmax(features.matmul(classes), -1))
        .sum(-1)
        .mean()
        .neg();
      const logits = reversed(features, tensor(0.5)).matmul(domain).flatten();
      return label.add(binaryCrossEntropy(logits, y).mean());
    };
    return grad(loss, { argnums: [0, 1, 2] })(w, d, c);
  },
  'several results of a function of ones own': ({ a, b }) => {
    const f = (p: Tensor, q: Tensor): Tensor => {
      const [product, difference] = sumAndDifference(p, q);
      return product.sin().mul(difference).sum();
    };
    const first = grad(f, { argnums: [0, 1] });
    const second = (p: Tensor, q: Tensor): Tensor => {
      const [ga, gb] = first(p, q);
      return ga.sum().add(gb.square().sum());
    };
    return [first(a, b), grad(second, { argnums: [0, 1] })(a, b)];
  },
  'a straight through estimator': ({ x, w }) => {
    const f = (v: Tensor): Tensor => v.add(v.greater(0).to('float32').sub(v).detach()).mul(w).square().sum();
    return [f(x), grad(f)(x)];
  },
  'a temporal difference with a network that stands still': ({ s, n, r, w, t }) => {
    const loss = (online: Tensor, target: Tensor): Tensor => {
      const aim = r.add(n.matmul(target).max(-1).detach().mul(0.5));
      return smoothL1(s.matmul(online).narrow(1, 1, 1).flatten().sub(aim));
    };
    return [loss(w, t), grad(loss)(w, t)];
  },
  'spectral normalisation whose iteration is no part of the gradient': ({ w, u, x }) => {
    const normal = (v: Tensor): Tensor => v.div(norm(v));
    const f = (m: Tensor): Tensor => {
      const still = m.detach();
      const [[a, v]] = scan(
        ([left]: readonly [Tensor, Tensor]) => {
          const right = normal(still.transpose(0, 1).matmul(left));
          return [[normal(still.matmul(right)), right], undefined];
        },
        [u, u],
        undefined,
        { length: 3 },
      );
      return m.div(a.matmul(m).matmul(v)).matmul(x).tanh().sum();
    };
    return [f(w), grad(f)(w)];
  },
  'backpropagation through time cut in the middle': ({ x, h, w }) => {
    const f = (m: Tensor): Tensor => {
      const half = (state: Tensor, xs: Tensor) =>
        scan(
          (s, v) => {
            const next = m.matmul(s).add(v).tanh();
            return [next, next.square().sum()];
          },
          state,
          xs,
        );
      const [middle, first] = half(h, rows(x, 0, 3));
      return first.sum().add(half(middle.detach(), rows(x, 3, 6))[1].sum());
    };
    return grad(f)(w);
  },

  'the derivative of a root': ({ a }) => {
    const equation = (x: Tensor, k: Tensor): Tensor => x.pow(3).add(k.mul(x)).sub(1);
    const newton = (k: Tensor): Tensor => {
      const still = k.detach();
      const slope = grad((x: Tensor) => equation(x, still).sum());
      const [x] = whileLoop(
        (now) => equation(now, still).abs().max().greater(1e-6),
        (now) => now.sub(equation(now, still).div(slope(now))),
        ones([3]).mul(0.5),
        { maxSteps: 30 },
      );
      return x;
    };
    // The implicit function theorem, as a gradient of one's own that can be differentiated itself.
    const root: (k: Tensor) => Tensor = customGradient(
      (k: Tensor) => newton(k),
      (g, _x, k) => {
        const x = root(k);
        return [g.mul(x.neg().div(x.square().mul(3).add(k)))];
      },
    );
    const first = grad((k: Tensor) => root(k).sum());
    return [root(a), first(a), grad((k: Tensor) => first(k).sum())(a)];
  },
  'an equilibrium and its gradients': ({ w, u, x }) => {
    const f = (z: Tensor, m: Tensor, n: Tensor, y: Tensor): Tensor => m.matmul(z).add(n.matmul(y)).tanh();
    const iterate = (g: (z: Tensor) => Tensor): Tensor =>
      scan((z) => [g(z), undefined], zeros([3]), undefined, { length: 60 })[0];
    const equilibrium = customGradient(
      (m: Tensor, n: Tensor, y: Tensor) => iterate((z) => f(z, m, n, y)),
      (g, z, m, n, y) => {
        // v = g + vᵀ ∂f/∂z, by iteration, too.
        const back = vjp((at: Tensor) => f(at, m, n, y), z).pullback;
        const v = iterate((now) => g.add(back(now)[0]));
        return vjp((a: Tensor, b: Tensor, c: Tensor) => f(z, a, b, c), m, n, y).pullback(v);
      },
    );
    return [
      equilibrium(w, u, x),
      grad((a: Tensor, b: Tensor, c: Tensor) => equilibrium(a, b, c).square().sum(), { argnums: [0, 1, 2] })(w, u, x),
    ];
  },
  'a ridge regression differentiated by its penalty': ({ x, y, penalty }) => {
    const ridge = (k: Tensor): Tensor => {
      const xt = x.transpose(0, 1);
      return solve(xt.matmul(x).add(eye(3).mul(k)), xt.matmul(y));
    };
    return [ridge(penalty), jacobian(ridge)(penalty), jacobian(jacobian(ridge))(penalty)];
  },
  'a transport plan by sinkhorn': ({ cost, a, b }) => {
    const distance = (c: Tensor) => {
      const turn = ([, g]: readonly [Tensor, Tensor]) => {
        const f = a.log().sub(logSumExp(g.unsqueeze(0).sub(c), 1));
        return [[f, b.log().sub(logSumExp(f.unsqueeze(1).sub(c), 0))], undefined] as const;
      };
      const [[f, g]] = scan(turn, [zeros([3]), zeros([4])], undefined, { length: 20 });
      const plan = f.unsqueeze(1).add(g.unsqueeze(0)).sub(c).exp();
      return [plan.mul(c).sum(), plan] as const;
    };
    const { value, grad: g, aux } = valueAndGrad(distance, { hasAux: true })(cost);
    return [g, [value, aux]];
  },

  'marginals of a chain as a gradient': ({ emissions, transitions }) => {
    const partition = (e: Tensor, t: Tensor): Tensor => {
      const forward = (alpha: Tensor, at: Tensor): [Tensor, undefined] => [
        logSumExp(alpha.unsqueeze(1).add(t), 0).add(at),
        undefined,
      ];
      return logSumExp(scan(forward, row(e, 0), rows(e, 1, 5))[0], 0);
    };
    return [
      partition(emissions, transitions),
      grad(partition, { argnums: [0, 1] })(emissions, transitions),
      hessian(partition)(emissions, transitions),
    ];
  },
  'a soft alignment of two sequences': ({ a, b }) => {
    const distance = (p: Tensor, q: Tensor): Tensor => {
      const d = p.unsqueeze(1).sub(q.unsqueeze(0)).square().sum(-1);
      const line = (above: Tensor, costs: Tensor): [Tensor, undefined] => {
        // above: the line before, with a border in front.
        const diagonals = rows(above, 0, 3);
        const over = rows(above, 1, 4);
        const [, here] = scan(
          (left: Tensor, [corner, top, cost]: readonly [Tensor, Tensor, Tensor]) => {
            const next = cost.sub(logSumExp(stack([corner, top, left]).neg(), 0));
            return [next, next];
          },
          tensor(1e3),
          [diagonals, over, costs] as const,
        );
        return [pad(here, [[1, 0]], { value: 1e3 }), undefined];
      };
      const start = pad(zeros([1]), [[0, 3]], { value: 1e3 });
      return row(scan(line, start, d)[0], 3);
    };
    return [distance(a, b), grad(distance, { argnums: [0, 1] })(a, b)];
  },
  'the hessian of a recurrent network in a direction': ({ x, w, u, h }) => {
    const loss = (input: Tensor, hidden: Tensor): Tensor => {
      const third = (y: Tensor, i: number): Tensor => y.narrow(0, 2 * i, 2);
      const gru = (state: Tensor, v: Tensor): [Tensor, undefined] => {
        const [gx, gh] = [v.matmul(input), state.matmul(hidden)];
        const r = third(gx, 0).add(third(gh, 0)).sigmoid();
        const z = third(gx, 1).add(third(gh, 1)).sigmoid();
        const n = third(gx, 2)
          .add(r.mul(third(gh, 2)))
          .tanh();
        return [z.neg().add(1).mul(n).add(z.mul(state)), undefined];
      };
      return scan(gru, h, x)[0].square().sum();
    };
    return hvp(loss, [w, u], [w.cos(), u.sin()]);
  },
  'the gradient of a spectrum': ({ x }) => {
    const f = (y: Tensor): Tensor =>
      rfft(y)
        .square()
        .sum(-1)
        .mul(iota([5], 0).to('float32'))
        .sum()
        .log();
    return [grad(f)(x), hessian(f)(x)];
  },

  'a penalty of gradients of a critic': ({ x, w1, w2 }) => {
    const loss = (a: Tensor, b: Tensor): Tensor => {
      const critic = (v: Tensor): Tensor => {
        const hidden = v.matmul(a);
        return where(hidden.greater(0), hidden, hidden.mul(0.2)).matmul(b).sum();
      };
      return norm(vmap(grad(critic))(x), 1)
        .sub(1)
        .square()
        .mean();
    };
    return [loss(w1, w2), grad(loss, { argnums: [0, 1] })(w1, w2)];
  },
  'training on values and slopes': ({ x, y, dy, w1, w2 }) => {
    const loss = (p: [Tensor, Tensor]): Tensor => {
      const f = (v: Tensor): Tensor => v.matmul(p[0]).tanh().matmul(p[1]);
      const { value, grad: slopes } = vmap(valueAndGrad(f))(x);
      return value.sub(y).square().mean().add(slopes.sub(dy).square().mean());
    };
    return [loss([w1, w2]), grad(loss)([w1, w2])];
  },
  'the loss of score matching by slices': ({ x, w, v }) => {
    const loss = (m: Tensor): Tensor => {
      const score = (y: Tensor): Tensor => y.matmul(m).tanh().matmul(m.transpose(0, 1));
      const each = (y: Tensor, direction: Tensor): Tensor => {
        const { value, tangent } = jvp(score, [y], [direction]);
        return direction.mul(tangent).sum().add(direction.mul(value).sum().square().mul(0.5));
      };
      return vmap(each)(x, v).mean();
    };
    return [loss(w), grad(loss)(w)];
  },
  'the bound of a variational autoencoder': ({ x, eps, e, d }) => {
    const loss = (encoder: Tensor, decoder: Tensor): Tensor => {
      const encoded = x.matmul(encoder);
      const [mean, logVariance] = [encoded.narrow(-1, 0, 2), encoded.narrow(-1, 2, 2)];
      const z = mean.add(eps.mul(logVariance.mul(0.5).exp()));
      const reconstruction = binaryCrossEntropy(z.matmul(decoder), x.sigmoid()).sum();
      return reconstruction.sub(logVariance.add(1).sub(mean.square()).sub(logVariance.exp()).sum().mul(0.5));
    };
    return [loss(e, d), grad(loss, { argnums: [0, 1] })(e, d), hessian(loss, { argnums: 1 })(e, d)];
  },
  'a policy gradient with entropy': ({ s, w, r, a }) => {
    const loss = (m: Tensor): Tensor => {
      const logits = logSoftmax(s.matmul(m), -1);
      const chosen = gather(logits, 1, a.to('int32').unsqueeze(1)).flatten();
      return chosen.mul(r).mean().neg().add(logits.exp().mul(logits).sum(-1).mean().mul(0.1));
    };
    return [grad(loss)(w), jvp(grad(loss), [w], [w]).tangent];
  },
  'batch normalisation twice differentiated': ({ x, w }) => {
    const f = (y: Tensor): Tensor => {
      const centred = y.sub(y.mean(0));
      const normal = centred.mul(y.variance(0, { correction: 0 }).add(1e-5).rsqrt()).mul(w);
      return normal.tanh().mul(y).square().sum();
    };
    return [grad(f)(x), jvp(grad(f), [x], [x.cos()]).tangent];
  },

  'corners of functions': ({ x }) => {
    const fs: ((y: Tensor) => Tensor)[] = [
      (y) => y.abs(),
      (y) => y.relu(),
      (y) => y.sign(),
      (y) => y.clamp(0, 3),
      (y) => maximum(y, zeros([4])),
      (y) => y.clamp(-4),
      (y) => norm(y).mul(ones([4])),
      (y) => norm(rows(y, 0, 2)).mul(ones([4])),
      (y) => y.max().mul(ones([4])),
      (y) => where(y.greater(0), y, y.mul(0.1)),
      (y) => where(y.greater(0), y, y.exp().sub(1)),
      (y) => softplus(y),
      (y) => y.mul(y.add(3).clamp(0, 6)).div(6),
      (y) => y.sub(y.clamp(-0.5, 0.5)),
      (y) => y.pow(2),
      (y) => y.pow(1),
      (y) => y.pow(0),
      (y) => where(y.greater(0), y, y.mul(2)),
      (y) => round(y),
      (y) => hypot(y, y),
      (y) => prod(y).mul(ones([4])),
    ];
    return fs.map((f) => vjp((y: Tensor) => f(y).sum(), x).pullback(tensor(1))[0]);
  },
  'second derivatives at corners': ({ x }) => {
    const fs: ((y: Tensor) => Tensor)[] = [
      (y) => maximum(y, y.mul(1)),
      (y) => y.sub(1).abs().mul(y),
      (y) => y.sub(2).relu().square(),
      (y) => y.sub(1).clamp(0).pow(3),
      (y) => y.sub(y.max()).exp(),
    ];
    return fs.map((f) =>
      vmap(
        (v: Tensor) =>
          jvp(
            grad((y: Tensor) => f(y).sum()),
            [x],
            [v],
          ).tangent,
      )(eye(4)),
    );
  },
  'a root chosen against twice': ({ x }) => {
    const safe = (y: Tensor): Tensor => where(y.greater(0), where(y.greater(0), y, ones([3])).sqrt(), zeros([3])).sum();
    const unsafe = (y: Tensor): Tensor => where(y.greater(0), y.sqrt(), zeros([3])).sum();
    return [grad(safe)(x), grad(unsafe)(x)];
  },
  'derivatives of orders and choices': ({ x, w }) => {
    const ints = (...list: number[]): Tensor => tensor(list, { dtype: 'int32' });
    const fs: ((y: Tensor) => Tensor)[] = [
      (y) => sort(y).values.mul(w).square().sum(),
      (y) => topK(y, 2).values.pow(3).sum(),
      (y) => median(y, 0).values.pow(3),
      (y) => row(sort(y).values, 1).pow(3),
      (y) => prod(take(y, ints(0, 0, 3))),
      (y) => prod(indexAdd(y, 0, ints(1, 1), rows(y, 0, 2).mul(rows(y, 1, 3)))),
      (y) =>
        scatterAdd(y, 0, ints(4, 4), rows(y, 0, 2).sin())
          .square()
          .sum(),
      (y) => cumprod(y, 0).sum(),
      (y) => logCumSumExp(y, 0).sum(),
      (y) => sum(cummax(y, 0).values.square()),
      (y) =>
        cumsum(y.flip(0).mul(roll(y, 1)), 0)
          .square()
          .sum(),
      (y) => quantile(y, 0.3).square(),
    ];
    return fs.map((f) => [grad(f)(x), hessian(f)(x)]);
  },
  'products with zeros twice differentiated': ({ x }) => {
    const f = (y: Tensor): Tensor => prod(y, 1).square().sum().add(prod(y));
    return [grad(f)(x), hessian(f)(x)];
  },
  'a tensor that only selects has the derivative zero': ({ x }) => {
    const f = (y: Tensor): Tensor => where(y.greater(0), tensor(2), tensor(3));
    return [
      vjp(f, x).pullback(ones([3]))[0],
      jvp(f, [x], [ones([3])]).tangent,
      jacobian(f)(x),
      jacobian((y: Tensor) => take(tensor([5, 6, 7]), y.argmax()))(x),
    ];
  },

  'convolutions and pools in a direction of the hessian': ({ x, w, t, v }) => {
    const f = (image: Tensor, kernel: Tensor, back: Tensor): Tensor => {
      const y = conv2d(image, kernel, { stride: 2, padding: 1 }).tanh();
      const z = convTranspose2d(y, back, { stride: 2 });
      return avgPool2d(maxPool2d(z.square(), 2, { stride: 1 }), 2, { stride: 1 })
        .sin()
        .sum();
    };
    const all = (image: Tensor): Tensor[] => grad(f, { argnums: [0, 1, 2] })(image, w, t);
    return [all(x), jvp(all, [x], [v]).tangent];
  },
  'a spatial transformer': ({ x, theta }) => {
    const f = (image: Tensor, transform: Tensor): Tensor =>
      gridSample(image, affineGrid(transform, [1, 2, 3, 3]))
        .square()
        .sum();
    return grad(f, { argnums: [0, 1] })(x, theta);
  },
  'interpolation twice differentiated': ({ x }) => {
    const f = (y: Tensor): Tensor => {
      const up = interpolate(y, { scaleFactor: 2, mode: 'bicubic' }).pow(3).sum();
      return up.add(
        interpolate(y, { size: [3, 5], mode: 'bilinear' })
          .sin()
          .sum(),
      );
    };
    return [grad(f)(x), grad((y: Tensor) => grad(f)(y).square().sum())(x)];
  },
  'products of matrices in all directions': ({ a, b, c }) => {
    const f = (p: Tensor, q: Tensor, r: Tensor): Tensor => einsum('ij,jk,ki->', p, q, r).sin();
    return hessian(f, { argnums: [0, 1, 2] })(a, b, c);
  },

  'the evidence of a gaussian process': ({ x, y, scale, noise }) => {
    const evidence = (s: Tensor, n: Tensor): Tensor => {
      const d = x.unsqueeze(1).sub(x.unsqueeze(0)).square().sum(-1);
      const k = d.mul(-0.5).div(s.square()).exp().add(eye(5).mul(n));
      const l = cholesky(k);
      const a = triangularSolve(l, y.unsqueeze(1), { upper: false });
      return a.square().sum().mul(-0.5).sub(diagonal(l).log().sum());
    };
    const first = grad(evidence, { argnums: [0, 1] });
    return [evidence(scale, noise), first(scale, noise), jacobian(first, { argnums: [0, 1] })(scale, noise)];
  },
  'the likelihood of a kalman filter': ({ a, q, z, h }) => {
    const t = (m: Tensor): Tensor => m.transpose(0, 1);
    const loss = (dynamics: Tensor, root: Tensor): Tensor => {
      const process = root.matmul(t(root)).add(eye(3).mul(0.1));
      const filter = ([before, spread]: readonly [Tensor, Tensor], seen: Tensor) => {
        const m = dynamics.matmul(before).mul(0.5);
        const p = dynamics.matmul(spread).matmul(t(dynamics)).mul(0.25).add(process);
        const s = h.matmul(p).matmul(t(h)).add(eye(2).mul(0.5));
        const r = seen.sub(h.matmul(m));
        const k = t(solve(s, h.matmul(p)));
        const cost = r.mul(solve(s, r)).sum().add(logdet(s)).mul(0.5);
        return [[m.add(k.matmul(r)), p.sub(k.matmul(h).matmul(p))], cost] as const;
      };
      return scan(filter, [zeros([3]), eye(3)], z)[1].sum();
    };
    return [loss(a, q), grad(loss, { argnums: [0, 1] })(a, q)];
  },
  'a flow by an invertible matrix': ({ x, w }) => {
    const loss = (m: Tensor): Tensor =>
      x.matmul(m.transpose(0, 1)).square().sum(-1).mean().mul(0.5).sub(slogdet(m).logAbsDet);
    return [loss(w), grad(loss)(w), jvp(grad(loss), [w], [w.sin()]).tangent];
  },
  'gradients of every example by solving': ({ x, v }) => {
    const f = (m: Tensor, b: Tensor): Tensor => {
      const system = m.matmul(m.transpose(0, 1)).add(eye(4));
      return solve(system, b).square().sum().add(logdet(system));
    };
    return vmap(grad(f, { argnums: [0, 1] }))(x, v);
  },
  'values of a spectrum and their derivatives': ({ x }) => {
    const eigen = (m: Tensor): Tensor =>
      eigh(
        m
          .transpose(0, 1)
          .matmul(m)
          .add(diag(tensor([0, 1, 2]))),
      ).eigenvalues;
    const singular = (m: Tensor): Tensor => svd(m).s;
    return [
      eigen(x),
      jacobian(eigen)(x),
      singular(x),
      jacobian(singular)(x),
      grad((m: Tensor) => singular(m).log().sum())(x),
    ];
  },
  'least squares and a projection': ({ x, b }) => {
    const fit = (m: Tensor, v: Tensor): Tensor => pinv(m).matmul(v);
    const project = (m: Tensor): Tensor => m.matmul(pinv(m)).matmul(b).square().sum();
    return [
      fit(x, b),
      jacobian(fit, { argnums: [0, 1] })(x, b),
      grad(project)(x),
      grad((m: Tensor) => qr(m).q.abs().sum())(x),
    ];
  },
  'a divergence of gaussians': ({ m, n, a, b }) => {
    const spread = (root: Tensor): Tensor => root.matmul(root.transpose(0, 1)).add(eye(3));
    const kl = (p: Tensor, q: Tensor, rootP: Tensor, rootQ: Tensor): Tensor => {
      const [s, t] = [spread(rootP), spread(rootQ)];
      const backward = inverse(t);
      const d = q.sub(p);
      const distance = trace(backward.matmul(s)).add(d.matmul(backward).mul(d).sum());
      return distance.sub(3).add(logdet(t)).sub(logdet(s)).mul(0.5);
    };
    return [kl(m, n, a, b), grad(kl, { argnums: [0, 1, 2, 3] })(m, n, a, b), hessian(kl)(m, n, a, b)];
  },
  'a matrix exponential by its series': ({ a, v }) => {
    const expm = (m: Tensor): Tensor => {
      const [[series]] = scan(
        ([sum, term]: readonly [Tensor, Tensor], k: Tensor) => {
          const next = term.matmul(m).mul(0.25).div(k);
          return [[sum.add(next), next], undefined];
        },
        [eye(3), eye(3)],
        tensor(Array.from({ length: 14 }, (_, k) => k + 1)),
      );
      return matrixPower(series, 4);
    };
    const f = (m: Tensor): Tensor => expm(m).matmul(v).square().sum();
    return [expm(a), grad(f)(a), jvp(grad(f), [a], [a.transpose(0, 1)]).tangent];
  },
};
