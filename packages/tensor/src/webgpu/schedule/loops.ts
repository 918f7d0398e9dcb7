/** Loops over reduced axes in WGSL: one per axis, or one over the flat position; long ones in blocks with a state of their own. */
import type { Axis } from '../../compiler/index-expression.ts';
import type { Emitter, Value } from '../wgsl/emitter.ts';
import { indent } from '../wgsl/shader.ts';
import { takeApart, type AxisGroup } from './axes.ts';

/** Elements, or blocks, that are added up before their sum goes one level up. Rounding errors grow with it, not with the whole length. */
const blockLength = 32;

export interface Loop {
  readonly header: string;
  /** The axes that the body knows, its block being `depth`. */
  readonly enter: (depth: number) => ReadonlyMap<Axis, Value>;
  /** Name of the flat position over all reduced axes, where the loop runs over it. */
  readonly flat: string | undefined;
}

/** start, start + step … below stop (WGSL); `count` is how many at most. */
interface Range {
  readonly start: string;
  readonly stop: string;
  readonly step: number;
  readonly count: number;
}

/** One loop, or loops over blocks of blocks with one over their elements inside. */
function blocked(
  emitter: Emitter,
  { start, stop, step, count }: Range,
  enter: (name: string, depth: number) => ReadonlyMap<Axis, Value>,
  isFlat: boolean,
): Loop[] {
  const loops: Loop[] = [];
  let length = step;
  for (let blocks = count; blocks > 2 * blockLength; blocks = Math.ceil(blocks / blockLength)) length *= blockLength;
  let [from, to] = [start, stop];
  for (; length > step; length /= blockLength) {
    const block = emitter.name('r');
    loops.push({
      header: `for (var ${block} = ${from}; ${block} < ${to}; ${block} += ${length})`,
      enter: () => new Map(),
      flat: undefined,
    });
    [from, to] = [block, `min(${block} + ${length}, ${stop})`];
  }
  const name = emitter.name('r');
  const element: Loop = {
    header: `for (var ${name} = ${from}; ${name} < ${to}; ${name} += ${step})`,
    enter: (depth) => enter(name, depth),
    flat: isFlat ? name : undefined,
  };
  return [...loops, element];
}

/** A loop over each group, outermost first. */
export function nestedLoops(emitter: Emitter, groups: readonly AxisGroup[]): Loop[] {
  return groups.flatMap(({ axis, extent }) =>
    blocked(
      emitter,
      { start: '0', stop: emitter.bound(extent), step: 1, count: extent },
      (text, depth) => new Map([[axis, { text, depth, literal: false }]]),
      false,
    ),
  );
}

/** A loop over flat positions, from which the groups are taken apart inside. */
export function flatLoops(emitter: Emitter, range: Range, groups: readonly AxisGroup[]): Loop[] {
  const enter = (text: string, depth: number): ReadonlyMap<Axis, Value> => {
    const variables = new Map<Axis, Value>();
    takeApart(emitter, { text, depth, literal: false }, groups, variables);
    return variables;
  };
  return blocked(emitter, range, enter, true);
}

/** What to write around an inner loop: before it, and after it. Levels are suffixes of names; the outermost is ''. */
export interface LevelHooks {
  before(level: string): readonly string[];
  after(outer: string, inner: string): readonly string[];
}

/** Opens the loops one inside the other and has `body` write into the innermost. */
export function emitLoops(
  emitter: Emitter,
  loops: readonly Loop[],
  hooks: LevelHooks,
  body: (axes: ReadonlyMap<Axis, Value>, flat: Value | undefined, level: string) => void,
): void {
  const run = (at: number, axes: ReadonlyMap<Axis, Value>, level: string, flat: Value | undefined): void => {
    const loop = loops[at];
    if (loop === undefined) {
      body(axes, flat, level);
      return;
    }
    const inner = at === 0 ? level : `_${at}`;
    if (at > 0) emitter.write(...hooks.before(inner));
    const depth = emitter.open();
    const more = loop.enter(depth);
    const position: Value | undefined =
      loop.flat === undefined ? undefined : { text: loop.flat, depth, literal: false };
    run(at + 1, new Map([...axes, ...more]), inner, position);
    const lines = emitter.close();
    emitter.write(`${loop.header} {`, ...indent(lines), '}');
    if (at > 0) emitter.write(...hooks.after(level, inner));
  };
  run(0, new Map(), '', undefined);
}
