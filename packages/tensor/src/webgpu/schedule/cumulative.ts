/**
 * Schedule of what runs along an axis: a thread for each row, and where rows are few the axis is cut into parts, so that all threads have
 * work. The parts are combined first, each to one number; a kernel over these numbers says where each part starts. The order is fixed. Float
 * sums are taken in blocks, whose rounding errors do not grow with the whole length.
 */
import { logSumExpSteps } from '../../compiler/cumulative.ts';
import type { CumulativeKernel, Expression, ScalarType, Store } from '../../compiler/kernel.ts';
import {
  addIndex,
  axisIndex,
  constantIndex,
  makeAxis,
  scaleIndex,
  type Axis,
} from '../../compiler/index-expression.ts';
import { Rewriter } from '../../compiler/rewriter.ts';
import { Emitter, type Value } from '../wgsl/emitter.ts';
import { assemble, indent, type Shader } from '../wgsl/shader.ts';
import { mergeAxes, takeApart } from './axes.ts';
import type { BindingPlan } from './bindings.ts';
import type { Target } from './map.ts';
import type { AddTemporary } from './stages.ts';
import { threadPerPoint } from './points.ts';
import {
  addExpressions,
  addStores,
  emptyUses,
  isPart,
  pointCount,
  rowMajorIndex,
  type CumulativePart,
} from './traverse.ts';

/** Shorter axes are not cut. */
const shortest = 256;
/** Elements that are added up before their sum is added to the total. */
const blockLength = 32;

/** Into how many parts to cut the axis; 1 for none. */
export function cumulativeParts({ outer, axis, inner }: CumulativeKernel, { profile }: Target): number {
  const rows = pointCount([...outer, ...inner]);
  if (axis.extent < shortest) return 1;
  return Math.max(1, Math.min(Math.ceil(profile.wantedThreads / rows), Math.ceil(Math.sqrt(axis.extent))));
}

function identityOf(operator: CumulativeKernel['operator'], type: ScalarType): Expression {
  const lowest = type === 'f32' ? -Infinity : -2147483648;
  const highest = type === 'f32' ? Infinity : 2147483647;
  const values = { sum: 0, prod: 1, max: lowest, min: highest, logSumExp: -Infinity };
  return { kind: 'constant', type, value: values[operator] };
}

/** The parts alone; what comes before each; the kernel with every part started there. */
export function cumulativeInParts(kernel: CumulativeKernel, wanted: number, add: AddTemporary): CumulativeKernel[] {
  const { axis, outer, inner, operator } = kernel;
  const { type } = kernel.value;
  const length = Math.ceil(axis.extent / wanted);
  const parts = Math.ceil(axis.extent / length);
  const part = makeAxis(parts);
  const within = makeAxis(length);
  const rewriter = new Rewriter({
    axes: new Map([[axis, addIndex(scaleIndex(axisIndex(part), length), axisIndex(within))]]),
  });
  const rows = [...outer, ...inner];
  const place = addIndex(scaleIndex(axisIndex(part), pointCount(rows)), rowMajorIndex(rows));
  const [totals, sums] = [add(type, parts * pointCount(rows)), add(type, parts * pointCount(rows))];
  const result: Expression = { kind: 'result', type, position: 0 };
  const into = (buffer: number): Store[] => [{ buffer, index: place, value: result }];
  const identity = identityOf(operator, type);
  const cut = {
    ...kernel,
    outer: [part, ...outer],
    axis: within,
    value: rewriter.expression(kernel.value),
    part,
    length: axis.extent,
  };
  const first: CumulativePart = {
    ...cut,
    name: `${kernel.name}.parts`,
    start: identity,
    onlyLast: true,
    stores: into(totals),
  };
  const middle: CumulativeKernel = {
    kind: 'cumulative',
    name: `${kernel.name}.starts`,
    operator,
    outer: [],
    axis: part,
    inner: rows,
    value: { kind: 'load', type, buffer: totals, index: place, guards: [] },
    stores: into(sums),
  };
  const before = addIndex(place, constantIndex(-pointCount(rows)));
  const conditions = [{ index: axisIndex(part), lower: 1, upper: parts }];
  const last: CumulativePart = {
    ...cut,
    start: {
      kind: 'select',
      type,
      condition: { kind: 'inside', type: 'bool', conditions },
      ifTrue: { kind: 'load', type, buffer: sums, index: before, guards: conditions },
      ifFalse: identity,
    },
    onlyLast: false,
    stores: rewriter.stores(kernel.stores),
  };
  return [first, middle, last];
}

export function renderCumulative(kernel: CumulativeKernel, plan: BindingPlan, target: Target): Shader {
  const { axis, value, stores, operator } = kernel;
  const axes = [...kernel.outer, ...kernel.inner];
  const points = pointCount(axes);
  const emitter = new Emitter(plan.views, target.profile.unroll);
  const { threads, grid } = threadPerPoint(emitter, 'flat', points, target);
  const part = isPart(kernel) ? kernel : undefined;
  const start = part?.start ?? identityOf(operator, value.type);
  const uses = emptyUses();
  addExpressions([value, start], uses);
  addStores(stores, uses);
  const variables = new Map<Axis, Value>();
  const indices = [...uses.indices, ...(part === undefined ? [] : [axisIndex(part.part)])];
  takeApart(emitter, { text: 'flat', depth: 0, literal: false }, mergeAxes(axes, indices), variables);
  let stop = emitter.bound(axis.extent);
  emitter.withAxes(variables, () => {
    if (part !== undefined)
      stop = `min(${stop}, ${part.length} - ${emitter.index(axisIndex(part.part)).text} * ${axis.extent})`;
    emitter.write(...declarations(kernel, emitter.expression(start).text));
  });
  const body = (result: string): void => {
    emitter.results = [emitter.define(result, 0)];
    const values = stores.map((store) => emitter.expression(store.value));
    const statements = stores.map(({ buffer, index }, i) => emitter.store(buffer, index, values[i] as Value));
    emitter.write(...statements);
  };
  const depth = emitter.open(true);
  const at = new Map([...variables, [axis, { text: 'k', depth, literal: false }] as const]);
  emitter.withAxes(at, () => {
    const next = emitter.expression(value);
    emitter.write(...combination(kernel, emitter, next));
    if (part?.onlyLast !== true) body('so_far');
  });
  const lines = emitter.close();
  emitter.write(`for (var k = 0; k < ${stop}; k++) {`, ...indent(lines), '}');
  if (part?.onlyLast === true) emitter.withAxes(variables, () => body('so_far'));
  return assemble({ emitter, bindings: plan.declarations, variables: [], threads, grid, body: emitter.body });
}

function declarations({ operator, value }: CumulativeKernel, start: string): string[] {
  const own = [`var so_far = ${start};`];
  if (operator === 'logSumExp') return [...own, 'var largest = so_far;', 'var others = 0f;'];
  return operator === 'sum' && value.type === 'f32' ? [...own, 'var total = so_far;', 'var block = 0f;'] : own;
}

/** Lines that combine the next value into `so_far`. */
function combination({ operator, value }: CumulativeKernel, emitter: Emitter, next: Value): string[] {
  const float = value.type === 'f32';
  switch (operator) {
    case 'sum':
      if (!float) return [`so_far += ${next.text};`];
      return [
        `block += ${next.text};`,
        'so_far = total + block;',
        `if (k % ${blockLength} == ${blockLength - 1}) { total = so_far; block = 0f; }`,
      ];
    case 'prod':
      return [`so_far *= ${next.text};`];
    case 'max':
    case 'min': {
      const name = float ? emitter.use(operator === 'max' ? 'maximum_f32' : 'minimum_f32') : operator;
      return [`so_far = ${name}(so_far, ${next.text});`];
    }
    case 'logSumExp': {
      const known = (text: string): Value => ({ text, depth: next.depth, literal: false });
      emitter.write('let largest_before = largest;', 'let others_before = others;');
      emitter.results = [known('largest_before'), known('others_before'), next];
      const largest = emitter.expression(logSumExpSteps.largest).text;
      const others = emitter.expression(logSumExpSteps.others).text;
      emitter.write(`largest = ${largest};`, `others = ${others};`);
      emitter.results = [known('largest'), known('others')];
      return [`so_far = ${emitter.expression(logSumExpSteps.value).text};`];
    }
  }
}
