/**
 * Schedule of scatters. Threads of the updates hang each into a list of its destination (one atomic exchange); then a thread per element of
 * the result walks its destination's list and combines the updates in registers. Lists come out in any order, so nothing may depend on it:
 * float sums are taken in 64-bit fixed point below the largest update, which is exact in any order, 'set' takes the last position, and a
 * product looks for the next position again and again. (Adding to memory atomically would need integer limbs there, three passes over the
 * result, and leave no place for the base, or for what follows in the same kernel.)
 */
import type { Axis } from '../../compiler/index-expression.ts';
import type { Expression, MapKernel, PlanBuffer, ScatterKernel } from '../../compiler/kernel.ts';
import { Emitter, type Value } from '../wgsl/emitter.ts';
import { assemble, indent, type Shader } from '../wgsl/shader.ts';
import { mergeAxes, takeApart } from './axes.ts';
import { bytesOf, type Binding, type BindingPlan } from './bindings.ts';
import type { Target } from './map.ts';
import { threadPerPoint } from './points.ts';
import { addExpressions, addStores, emptyUses, pointCount, rowMajorIndex, type LinkedScatter } from './traverse.ts';

/** Points of the lists, as row-major positions over the axes of an update and of a destination. */
const updatesOf = ({ outer, source, inner }: ScatterKernel): Axis[] => [...outer, source, ...inner];
const destinationsOf = ({ outer, target, inner }: ScatterKernel): Axis[] => [...outer, target, ...inner];

export function listSizes(kernel: ScatterKernel): { readonly heads: number; readonly next: number } {
  return { heads: pointCount(destinationsOf(kernel)), next: pointCount(updatesOf(kernel)) };
}

/** Empties the lists, and leaves each update's destination where its link will be. */
export function prepareLists(kernel: LinkedScatter): MapKernel[] {
  const { name, heads, next, destination } = kernel;
  const ends: Expression = { kind: 'constant', type: 'i32', value: -1 };
  const cells = destinationsOf(kernel);
  const updates = updatesOf(kernel);
  return [
    {
      kind: 'map',
      name: `${name}.heads`,
      axes: cells,
      stores: [{ buffer: heads, index: rowMajorIndex(cells), value: ends }],
    },
    {
      kind: 'map',
      name: `${name}.destinations`,
      axes: updates,
      stores: [{ buffer: next, index: rowMajorIndex(updates), value: destination }],
    },
  ];
}

/** Hangs every update before the head of its destination's list. */
export function renderLinks(
  kernel: LinkedScatter,
  buffers: readonly PlanBuffer[],
  target: Target,
): { readonly shader: Shader; readonly bindings: readonly Binding[] } {
  const updates = pointCount(updatesOf(kernel));
  const emitter = new Emitter(new Map(), target.profile.unroll);
  const { threads, grid } = threadPerPoint(emitter, 'update', updates, target);
  const inner = pointCount(kernel.inner);
  emitter.write(
    'let destination = next[update];',
    'if (destination < 0) { return; }',
    `let position = update / ${inner} % ${kernel.source.extent};`,
    `let start = update / ${inner * kernel.source.extent} * ${inner * kernel.target.extent};`,
    'next[update] = atomicExchange(&heads[start + destination], position);',
  );
  const bindings = [kernel.heads, kernel.next].map((position): Binding => {
    const buffer = buffers[position];
    if (buffer?.kind !== 'temporary') throw new Error('internal: lists lie in temporaries');
    return { access: 'read_write', parameter: -1, offset: buffer.offset, bytes: bytesOf(buffer), moves: [] };
  });
  const declarations = [
    '@group(0) @binding(0) var<storage, read_write> heads: array<atomic<i32>>;',
    '@group(0) @binding(1) var<storage, read_write> next: array<i32>;',
  ];
  const shader = assemble({ emitter, bindings: declarations, variables: [], threads, grid, body: emitter.body });
  return { shader, bindings };
}

/** Walks the lists: one thread per element of the result. */
export function renderScatter(kernel: LinkedScatter, plan: BindingPlan, target: Target): Shader {
  const axes = [...destinationsOf(kernel), ...kernel.row];
  const points = pointCount(axes);
  const emitter = new Emitter(plan.views, target.profile.unroll);
  const { threads, grid } = threadPerPoint(emitter, 'flat', points, target);
  const uses = emptyUses();
  const cell = rowMajorIndex(destinationsOf(kernel));
  addExpressions([kernel.update, kernel.base], uses);
  addStores(kernel.stores, uses);
  const variables = new Map<Axis, Value>();
  const indices = [...uses.indices, cell, rowMajorIndex(updatesOf(kernel))];
  takeApart(emitter, { text: 'flat', depth: 0, literal: false }, mergeAxes(axes, indices), variables);
  emitter.withAxes(variables, () => {
    const base = emitter.expression(kernel.base);
    const head = emitter.load(kernel.heads, cell);
    emitter.write(`var result = ${base.text};`, `let head = ${head.text};`);
  });
  emitter.write('if (head >= 0) {', ...indent(combination(kernel, emitter, variables)), '}');
  emitter.open(true);
  emitter.results = [emitter.define('result', 0)];
  emitter.withAxes(variables, () => {
    const values = kernel.stores.map(({ value }) => emitter.expression(value));
    const statements = kernel.stores.map(({ buffer, index }, i) => emitter.store(buffer, index, values[i] as Value));
    emitter.write(...statements);
  });
  const epilogue = emitter.close();
  return assemble({
    emitter,
    bindings: plan.declarations,
    variables: [],
    threads,
    grid,
    body: [...emitter.body, ...epilogue],
  });
}

/** The lines that combine the updates of a list that is not empty into `result`. */
function combination(kernel: LinkedScatter, emitter: Emitter, variables: ReadonlyMap<Axis, Value>): string[] {
  const { combine, update } = kernel;
  /** Lines that see the update at position `at`, a name. */
  const lines = (at: string, visit: (value: string) => readonly string[]): string[] => {
    const depth = emitter.open(true);
    const position = emitter.name('k');
    emitter.write(`let ${position} = ${at};`);
    emitter.withAxes(new Map([...variables, [kernel.source, { text: position, depth, literal: false }]]), () => {
      emitter.write(...visit(emitter.expression(update).text));
    });
    return emitter.close();
  };
  /** A walk over the list. */
  const walk = (body: (at: string) => readonly string[]): string[] => {
    const at = emitter.name('at');
    const depth = emitter.open(true);
    emitter.write(...body(at));
    emitter.withAxes(new Map([...variables, [kernel.source, { text: at, depth, literal: false }]]), () => {
      emitter.write(`${at} = ${emitter.load(kernel.next, rowMajorIndex(updatesOf(kernel))).text};`);
    });
    return [`var ${at} = head;`, `while (${at} >= 0) {`, ...indent(emitter.close()), '}'];
  };
  const join = (text: (value: string) => string): string[] =>
    walk((at) => lines(at, (value) => [`result = ${text(value)};`]));
  const float = update.type === 'f32';
  switch (combine) {
    case 'set':
      return [
        'var last = -1;',
        ...walk((at) => [`last = max(last, ${at});`]),
        ...lines('last', (value) => [`result = ${value};`]),
      ];
    case 'max':
    case 'min': {
      const name = float ? emitter.use(combine === 'max' ? 'maximum_f32' : 'minimum_f32') : combine;
      return join((value) => `${name}(result, ${value})`);
    }
    case 'mul':
      if (!float) return join((value) => `result * ${value}`);
      return [
        'var before = -1;',
        'loop {',
        ...indent([
          `var following = ${kernel.source.extent};`,
          ...walk((at) => [`if (${at} > before) { following = min(following, ${at}); }`]),
          `if (following == ${kernel.source.extent}) { break; }`,
          '{',
          ...indent(lines('following', (value) => [`result = result * ${value};`])),
          '}',
          'before = following;',
        ]),
        '}',
      ];
    case 'add':
      if (!float) return join((value) => `result + ${value}`);
      return [
        'var count = 0u;',
        'var largest = 0u;',
        'var special = 0u;',
        ...walk((at) =>
          lines(at, (value) => [
            `let bits = bitcast<u32>(${value});`,
            'count++;',
            'largest = max(largest, bits & 0x7fffffffu);',
            `special |= ${emitter.use('special_kind')}(bits);`,
          ]),
        ),
        `let guard = 32u - countLeadingZeros(count);`,
        'var sum = vec2<u32>(0u, 0u);',
        ...walk((at) =>
          lines(at, (value) => [
            `sum = ${emitter.use('fixed_sum')}(sum, ${emitter.use('fixed_of')}(bitcast<u32>(${value}), largest, guard));`,
          ]),
        ),
        `result = result + select(${emitter.use('fixed_value')}(sum, largest, guard), ${emitter.use('special_value')}(special), special != 0u);`,
      ];
  }
}
