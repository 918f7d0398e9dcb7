/**
 * Elementwise primitives that every device computes by one and the same formula of simpler operators, said once: the compiler expands them
 * into the expressions of a kernel, ONNX export into operators. The reference interpreter has its own float64 functions, against which they
 * are measured.
 *
 * The coefficients are our own minimax fits (weighted least squares with Lawson's iteration), rounded to float32; each says its interval and
 * its largest relative error before rounding. Branches are written so that NaN goes to the one that is computed from x.
 */

/** Operators that a formula may use, over whatever stands for a value. Conditions are values too. */
export interface Arithmetic<V> {
  constant(value: number): V;
  unary(operator: 'neg' | 'abs' | 'sqrt' | 'exp' | 'log' | 'floor' | 'round' | 'sin' | 'cos', x: V): V;
  binary(operator: 'add' | 'sub' | 'mul' | 'div' | 'copySign' | 'less' | 'lessEqual' | 'equal' | 'and', a: V, b: V): V;
  select(condition: V, ifTrue: V, ifFalse: V): V;
}

export type Formula = <V>(x: V, arithmetic: Arithmetic<V>) => V;

/** The operators as functions, on values and numbers alike. */
class Calculus<V> {
  readonly #arithmetic: Arithmetic<V>;

  constructor(arithmetic: Arithmetic<V>) {
    this.#arithmetic = arithmetic;
  }

  #value(x: V | number): V {
    return typeof x === 'number' ? this.#arithmetic.constant(x) : x;
  }

  abs = (x: V): V => this.#arithmetic.unary('abs', x);
  neg = (x: V): V => this.#arithmetic.unary('neg', x);
  sqrt = (x: V): V => this.#arithmetic.unary('sqrt', x);
  exp = (x: V): V => this.#arithmetic.unary('exp', x);
  log = (x: V): V => this.#arithmetic.unary('log', x);
  floor = (x: V): V => this.#arithmetic.unary('floor', x);
  round = (x: V): V => this.#arithmetic.unary('round', x);
  sin = (x: V): V => this.#arithmetic.unary('sin', x);
  cos = (x: V): V => this.#arithmetic.unary('cos', x);
  add = (a: V | number, b: V | number): V => this.#arithmetic.binary('add', this.#value(a), this.#value(b));
  sub = (a: V | number, b: V | number): V => this.#arithmetic.binary('sub', this.#value(a), this.#value(b));
  mul = (a: V | number, b: V | number): V => this.#arithmetic.binary('mul', this.#value(a), this.#value(b));
  div = (a: V | number, b: V | number): V => this.#arithmetic.binary('div', this.#value(a), this.#value(b));
  copySign = (a: V, b: V): V => this.#arithmetic.binary('copySign', a, b);
  less = (a: V | number, b: V | number): V => this.#arithmetic.binary('less', this.#value(a), this.#value(b));
  lessEqual = (a: V | number, b: V | number): V => this.#arithmetic.binary('lessEqual', this.#value(a), this.#value(b));
  equal = (a: V | number, b: V | number): V => this.#arithmetic.binary('equal', this.#value(a), this.#value(b));
  and = (a: V, b: V): V => this.#arithmetic.binary('and', a, b);
  select = (condition: V, ifTrue: V | number, ifFalse: V | number): V =>
    this.#arithmetic.select(condition, this.#value(ifTrue), this.#value(ifFalse));

  /** Horner's rule; the highest coefficient comes first. */
  polynomial(x: V, coefficients: readonly number[]): V {
    const [first = 0, ...rest] = coefficients;
    let result = this.#value(first);
    for (const coefficient of rest) result = this.add(this.mul(result, x), coefficient);
    return result;
  }
}

/** π/2 and π less what float32 makes of them. */
const HALF_PI_LOW = -4.371139000186241e-8;
const PI_LOW = 2 * HALF_PI_LOW;

/** s + s z P(z), the arcsine of s = √z: z in [0, ¼], 5e-9. */
function arcsine<V>(m: Calculus<V>, s: V, z: V): V {
  const p = m.polynomial(
    z,
    [0.04216628521680832, 0.024179525673389435, 0.04547037556767464, 0.07495297491550446, 0.16666752099990845],
  );
  return m.add(s, m.mul(m.mul(s, z), p));
}

/** Beyond ½ by asin x = π/2 − 2 asin √((1 − x)/2), in which 1 − x is exact. */
const asin: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const a = m.abs(x);
  const small = m.less(a, 0.5);
  const z = m.select(small, m.mul(a, a), m.mul(m.sub(1, a), 0.5));
  const part = arcsine(m, m.select(small, a, m.sqrt(z)), z);
  const large = m.add(m.sub(Math.PI / 2, m.add(part, part)), HALF_PI_LOW);
  return m.copySign(m.select(small, part, large), x);
};

const acos: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const a = m.abs(x);
  const small = m.less(a, 0.5);
  const z = m.select(small, m.mul(a, a), m.mul(m.sub(1, a), 0.5));
  const part = arcsine(m, m.select(small, x, m.sqrt(z)), z);
  const twice = m.add(part, part);
  const large = m.select(m.less(x, 0), m.add(m.sub(Math.PI, twice), PI_LOW), twice);
  return m.select(small, m.add(m.sub(Math.PI / 2, part), HALF_PI_LOW), large);
};

/** Above 1 by atan x = π/2 − atan 1/x. atan(t)/t is a polynomial of t²: [0, 1], 3e-9. */
const atan: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const a = m.abs(x);
  const large = m.less(1, a);
  const t = m.select(large, m.div(1, a), a);
  const z = m.mul(t, t);
  const p = m.polynomial(
    z,
    [
      -0.001793593866750598, 0.010914481244981289, -0.031177613884210587, 0.05795735865831375, -0.08403436839580536,
      0.10952181369066238, -0.14264240860939026, 0.19998548924922943, -0.33333298563957214,
    ],
  );
  const part = m.add(t, m.mul(m.mul(t, z), p));
  return m.copySign(m.select(large, m.add(m.sub(Math.PI / 2, part), HALF_PI_LOW), part), x);
};

/**
 * 1 − erf x. From ½ on e^(−x²) Q(x), where Q is a polynomial up to 2, 2e-8, and beyond it one of 1/x² over x, 2e-8. Of x² what twelve bits
 * of x contribute is exact, and the exponential of the rest, which is small, a few terms.
 */
const erfc: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const magnitude = m.abs(x);
  const z = m.mul(x, x);
  // erf(x)/x − 1 below 1: 2e-9.
  const series = m.polynomial(
    z,
    [
      7.889119297033176e-5, -0.0008020841050893068, 0.005189535208046436, -0.026854444295167923, 0.11283600330352783,
      -0.3761262595653534, 0.12837916612625122,
    ],
  );
  const near = m.sub(1, m.add(x, m.mul(x, series)));
  // At 10.1 it is 0.
  const a = m.select(m.less(10.1, magnitude), 10.1, magnitude);
  const high = m.mul(m.round(m.mul(a, 256)), 1 / 256);
  const rest = m.mul(m.sub(high, a), m.add(high, a));
  const close = m.polynomial(
    m.sub(a, 1.25),
    [
      -0.00018496066331863403, 0.0005568228079937398, -0.0013181165559217334, 0.003511497052386403,
      -0.009081949479877949, 0.02201973646879196, -0.050218451768159866, 0.10679499059915543, -0.2088218629360199,
      0.36782291531562805,
    ],
  );
  const inverse = m.div(1, a);
  const distant = m.polynomial(
    m.mul(inverse, inverse),
    [
      -9.748397827148438, 12.28283405303955, -7.229531764984131, 2.868652582168579, -1.0096577405929565,
      0.4215291142463684, -0.2820683419704437, 0.5641894340515137,
    ],
  );
  const quotient = m.select(m.less(a, 2), close, m.div(distant, a));
  const leading = m.mul(m.exp(m.neg(m.mul(high, high))), quotient);
  const far = m.add(leading, m.mul(leading, m.mul(rest, m.polynomial(rest, [1 / 24, 1 / 6, 1 / 2, 1]))));
  return m.select(m.less(magnitude, 0.5), near, m.select(m.less(x, 0), m.sub(2, far), far));
};

/**
 * Φ(x), of its tail q = Φ(−|x|) = e^(−x²/2) R(|x|), where R is a quotient of polynomials up to 13.5, 5e-9, whose two chains a processor
 * computes beside that of the exponential. x² is rounded before its exponential is taken: far below 0 an error of x²/2 ulp.
 */
const normalCdf: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const magnitude = m.abs(x);
  // Where the exponential is 0; the quotient of infinities would be NaN.
  const a = m.select(m.less(15, magnitude), 15, magnitude);
  const numerator = m.polynomial(
    a,
    [0.004045319607509707, 0.040154384780475456, 0.1818134081768823, 0.4363733460265025, 0.5],
  );
  const denominator = m.polynomial(
    a,
    [0.010139975785810988, 0.10065924256996281, 0.4657175226145579, 1.1965936976772495, 1.6706316265637893, 1],
  );
  const tail = m.mul(m.exp(m.mul(m.mul(x, x), -0.5)), m.div(numerator, denominator));
  return m.select(m.less(x, 0), tail, m.sub(1, tail));
};

/**
 * ln(1 + eˣ) = max(x, 0) + ln(1 + f) with f = e^−|x|, where ln(1 + f) = ln 2 + ln(1 + (f − 1)/2) from ½ on, and ln(1 + g) = g − g² R(g) with R a
 * quotient of polynomials on [−¼, ½], 1e-8. f is never large, tiny or negative, so there is no exponent to take apart and no special case.
 */
const log1pExp: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const f = m.exp(m.neg(m.abs(x)));
  const small = m.less(f, 0.5);
  const g = m.select(small, f, m.mul(m.sub(f, 1), 0.5));
  const numerator = m.polynomial(g, [0.1014844791585621, 0.5136620772813333, 0.5000000031680133]);
  const denominator = m.polynomial(g, [0.10787647168138441, 0.8322970174501819, 1.6939906635739779, 1]);
  const logarithm = m.sub(g, m.mul(m.mul(g, g), m.div(numerator, denominator)));
  return m.add(m.select(m.less(0, x), x, 0), m.add(m.select(small, 0, Math.LN2), logarithm));
};

/**
 * With w = −ln(1 − x²), erfinv(x)/x is nearly a polynomial of w below 5, and of √w above (M. Giles, "Approximating the erfinv function",
 * 2010): [0, 5], 6e-9, and [5, 16.1], 6e-8.
 */
const erfinv: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const a = m.abs(x);
  const w = m.neg(m.log(m.mul(m.sub(1, a), m.add(1, a))));
  const near = m.polynomial(
    m.sub(w, 2.5),
    [
      -8.791056771428885e-9, 2.3232644252857426e-8, 4.6617066118415096e-7, -3.4627048535185168e-6,
      -4.963347691955278e-6, 0.00021834444487467408, -0.0012527419021353126, -0.004177386872470379, 0.24664027988910675,
      1.5014094114303589,
    ],
  );
  const far = m.polynomial(
    m.sub(m.sqrt(w), 3),
    [
      -0.00020012690220028162, 0.0001027017060550861, 0.0013491336721926928, -0.0036756545305252075,
      0.005739463958889246, -0.007621669210493565, 0.009438935667276382, 1.0016740560531616, 2.832976818084717,
    ],
  );
  const y = m.mul(x, m.select(m.less(5, w), far, near));
  return m.select(m.equal(a, 1), m.mul(x, Infinity), y);
};

/**
 * ln |Γ(x)|. Zeros at 1 and 2 are factors of polynomials around them: [½, 3⁄2], 9e-9, and [3⁄2, 7⁄2], 7e-9; another one up to 8, 2e-9; beyond
 * it Stirling's series, (x − ½)(ln x − 1) + ln √(2π) − ½ + S(1/x), 9e-10. Around 0 by Γ(x) = Γ(x + 1)/x, below −½ by
 * Γ(x) Γ(−x) = −π / (x sin πx).
 */
const lgamma: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const a = m.abs(x);
  const tiny = m.less(a, 0.5);
  const t = m.select(tiny, x, m.sub(a, 1));
  const first = m.mul(
    t,
    m.polynomial(
      t,
      [
        -0.157863050699234, 0.17993785440921783, -0.06543705612421036, 0.06517627835273743, -0.11455252766609192,
        0.13112768530845642, -0.14391887187957764, 0.16913114488124847, -0.20738238096237183, 0.27059441804885864,
        -0.4006858766078949, 0.8224669098854065, -0.5772156715393066,
      ],
    ),
  );
  const u = m.sub(a, 2);
  const second = m.mul(
    u,
    m.polynomial(
      u,
      [
        -8.53362689667847e-6, 6.208034028531983e-5, -0.00021460166317410767, 0.0005282537895254791,
        -0.0012058725114911795, 0.002888820134103298, -0.007382543291896582, 0.020580722019076347, -0.06735251843929291,
        0.32246702909469604, 0.42278432846069336,
      ],
    ),
  );
  const third = m.polynomial(
    m.sub(a, 5.75),
    [
      5.793901358686071e-9, -2.9808479240500674e-8, 1.2709904240182368e-7, -1.0288506473443704e-6, 8.084001819952391e-6,
      -6.399463018169627e-5, 0.0005656230496242642, -0.00599306495860219, 0.09495378285646439, 1.659730315208435,
      4.366715908050537,
    ],
  );
  const logarithm = m.log(a);
  const v = m.div(1, a);
  const series = m.mul(
    v,
    m.polynomial(m.mul(v, v), [0.0007800576859153807, -0.002777698915451765, 0.0833333358168602]),
  );
  const stirling = m.add(m.mul(m.sub(a, 0.5), m.sub(logarithm, 1)), m.add(Math.log(2 * Math.PI) / 2 - 0.5, series));
  const positive = m.select(
    m.less(a, 1.5),
    first,
    m.select(m.less(a, 3.5), second, m.select(m.less(a, 8), third, stirling)),
  );
  const sine = m.abs(m.sin(m.mul(m.sub(a, m.round(a)), Math.PI)));
  const between = m.sub(m.sub(Math.log(Math.PI), m.log(m.mul(a, sine))), positive);
  const reflected = m.select(m.equal(sine, 0), Infinity, between);
  const signed = m.select(m.less(x, 0), reflected, positive);
  return m.select(m.equal(a, Infinity), Infinity, m.select(tiny, m.sub(first, logarithm), signed));
};

/**
 * ψ(x) = Γ′(x)/Γ(x). On [1, 2] its zero is a factor of a polynomial, 4e-9; above, ln x less a polynomial of 1/x, 2e-9. Below 1 by
 * ψ(x) = ψ(x + 1) − 1/x, below 0 by ψ(x) = ψ(1 − x) − π cot πx.
 */
const digamma: Formula = (x, arithmetic) => {
  const m = new Calculus(arithmetic);
  const below = m.less(x, 0);
  const p = m.select(below, m.sub(1, x), x);
  const shifts = m.less(p, 1);
  // p (+ 1) less the zero at 1.46163214…, in two steps that round once.
  const offset = m.select(shifts, m.sub(p, 0.4616321325302124), m.sub(p, 1.4616321325302124));
  const fromZero = m.sub(offset, 1.2438149938918909e-8);
  const y = m.select(shifts, m.add(p, 1), p);
  const near = m.mul(
    fromZero,
    m.polynomial(
      m.select(shifts, m.sub(p, 0.5), m.sub(p, 1.5)),
      [
        0.011118640191853046, -0.016384093090891838, 0.01698041707277298, -0.025781013071537018, 0.04087933525443077,
        -0.06205707788467407, 0.0949820801615715, -0.14839878678321838, 0.24054262042045593, -0.42362749576568604,
        0.9510558843612671,
      ],
    ),
  );
  const v = m.div(1, y);
  const tail = m.polynomial(
    v,
    [
      0.00019272934878244996, 0.0030270512215793133, -0.009425235912203789, 0.00020094032515771687, 0.08331570029258728,
      0.500000536441803,
    ],
  );
  const far = m.sub(m.log(y), m.mul(v, tail));
  const unshifted = m.select(m.less(2, y), far, near);
  const positive = m.select(shifts, m.sub(unshifted, m.div(1, p)), unshifted);
  const r = m.mul(m.sub(x, m.round(x)), Math.PI);
  const cotangent = m.div(m.cos(r), m.sin(r));
  const reflected = m.sub(positive, m.mul(cotangent, Math.PI));
  const pole = m.equal(x, m.floor(x));
  return m.select(below, m.select(pole, Number.NaN, reflected), positive);
};

/** Primitives that are expanded before a device sees them. */
export type FormulaPrimitive =
  'asin' | 'acos' | 'atan' | 'erfc' | 'normalCdf' | 'log1pExp' | 'erfinv' | 'lgamma' | 'digamma';

export const formulas: Readonly<Record<FormulaPrimitive, Formula>> = {
  asin,
  acos,
  atan,
  erfc,
  normalCdf,
  log1pExp,
  erfinv,
  lgamma,
  digamma,
};

export function isFormula(op: string): op is FormulaPrimitive {
  return op in formulas;
}
