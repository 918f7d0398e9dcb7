/** A step length by the strong Wolfe conditions: brackets with cubic interpolation (Nocedal & Wright 2006, algorithms 3.5 and 3.6), as PyTorch's L-BFGS has them. */

/** A point on the line: the step, the loss and its slope along the line there, and whatever belongs to it. */
export interface LinePoint<G> {
  readonly step: number;
  readonly loss: number;
  readonly slope: number;
  readonly gradient: G;
}

export interface LineSearchOptions {
  /** Brackets shorter than this, in the largest coordinate of the direction, are not divided. */
  readonly toleranceChange: number;
  /** The largest coordinate of the direction. */
  readonly length: number;
}

const sufficientDecrease = 1e-4;
const curvature = 0.9;
const mostIterations = 25;

/** The point that is chosen, and how often the loss was asked for. */
export async function strongWolfe<G>(
  start: LinePoint<G>,
  firstStep: number,
  evaluate: (step: number) => Promise<LinePoint<G>>,
  { toleranceChange, length }: LineSearchOptions,
): Promise<{ readonly point: LinePoint<G>; readonly evaluations: number }> {
  const decreases = ({ step, loss }: LinePoint<G>): boolean =>
    loss <= start.loss + sufficientDecrease * step * start.slope;
  const isFlat = ({ slope }: LinePoint<G>): boolean => Math.abs(slope) <= -curvature * start.slope;
  let iterations = 0;

  // Steps grow until a point satisfies the conditions, or until there is one between the last two.
  let before = start;
  let current = await evaluate(firstStep);
  let evaluations = 1;
  let bracket: [LinePoint<G>, LinePoint<G>] | undefined;
  for (; iterations < mostIterations; iterations++) {
    if (!decreases(current) || (iterations > 1 && current.loss >= before.loss)) bracket = [before, current];
    else if (isFlat(current)) return { point: current, evaluations };
    else if (current.slope >= 0) bracket = [before, current];
    if (bracket !== undefined) break;
    const bounds = [current.step + 0.01 * (current.step - before.step), 10 * current.step] as const;
    const step = cubicMinimum(before, current, bounds);
    before = current;
    current = await evaluate(step);
    evaluations++;
  }
  bracket ??= [start, current];

  // The bracket shrinks until a point in it satisfies the conditions.
  let low: 0 | 1 = bracket[0].loss <= bracket[1].loss ? 0 : 1;
  let stalled = false;
  for (; iterations < mostIterations; iterations++) {
    const [smallest, largest] = [
      Math.min(bracket[0].step, bracket[1].step),
      Math.max(bracket[0].step, bracket[1].step),
    ];
    if ((largest - smallest) * length < toleranceChange) break;
    let step = cubicMinimum(...bracket);
    // Close to an end twice in a row, or at it: a tenth of the bracket away from there.
    const margin = 0.1 * (largest - smallest);
    if (Math.min(largest - step, step - smallest) < margin) {
      if (stalled || step >= largest || step <= smallest) {
        step = Math.abs(step - largest) < Math.abs(step - smallest) ? largest - margin : smallest + margin;
        stalled = false;
      } else stalled = true;
    } else stalled = false;
    const next = await evaluate(step);
    evaluations++;
    const high: 0 | 1 = low === 0 ? 1 : 0;
    if (!decreases(next) || next.loss >= bracket[low].loss) {
      bracket[high] = next;
      low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
      continue;
    }
    const ends = isFlat(next);
    if (!ends && next.slope * (bracket[high].step - bracket[low].step) >= 0) bracket[high] = bracket[low];
    bracket[low] = next;
    if (ends) break;
  }
  return { point: bracket[low], evaluations };
}

/** Where the cubic through two points with their slopes has its minimum, within bounds; the middle of these where it has none. */
function cubicMinimum(
  a: LinePoint<unknown>,
  b: LinePoint<unknown>,
  [lower, upper]: readonly [number, number] = a.step <= b.step ? [a.step, b.step] : [b.step, a.step],
): number {
  const [left, right] = a.step <= b.step ? [a, b] : [b, a];
  const d = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.step - b.step);
  const square = d ** 2 - a.slope * b.slope;
  if (!(square >= 0)) return (lower + upper) / 2;
  const root = Math.sqrt(square);
  const minimum =
    right.step - (right.step - left.step) * ((right.slope + root - d) / (right.slope - left.slope + 2 * root));
  return Math.min(Math.max(minimum, lower), upper);
}
