/**
 * Packing of operands whose index is a sum of a part along the panel ("side"), a part along k and a part that is fixed within a block.
 * The copy needs one addition per lane or vector and k: the side offsets stand in locals, the k offsets in a table. Guards become a table
 * of lane masks per panel, computed once for the k axes that they depend on and reused for the others (channels).
 */
import { dependsOn } from '../compiler/index-expression.ts';
import { bufferStart, type AxisValues, type KernelContext } from './address.ts';
import { offsetsOf, product, type BlockedAxes, type BlockPosition, type Offsets, type SplitIndex } from './blocks.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { PanelWidth } from './gemm.ts';
import type { Value, WasmFunction } from './ir.ts';
import { op } from './opcodes.ts';
import { groupsOf, maskBytes, storeGroup, type Guard, type Packing } from './packing-context.ts';

export class SeparablePacking implements Packing {
  readonly description: string;
  readonly #buffer: number;
  readonly #parts: SplitIndex;
  readonly #guards: readonly Guard[];
  readonly #target: WasmFunction;

  constructor(
    context: KernelContext,
    name: string,
    buffer: number,
    parts: SplitIndex,
    guards: readonly Guard[],
    side: BlockedAxes,
    k: BlockedAxes,
    width: PanelWidth,
  ) {
    this.#buffer = buffer;
    this.#parts = parts;
    this.#guards = guards;
    const [sideOffsets, kOffsets] = [offsetsOf(parts.side, side, 4), offsetsOf(parts.k, k, 4)];
    const sideContiguous = hasNeighbours(sideOffsets, side);
    const kContiguous = kOffsets.stride === 4 && !(k.capacity < 4);
    const transposing = kContiguous && !sideContiguous && guards.length === 0;
    this.description =
      `${width} lanes, ` +
      (sideContiguous ? 'contiguous along the panel' : transposing ? 'contiguous along k, transposed' : 'gathered') +
      (guards.length === 0 ? '' : `, ${guards.length} guards as masks`);
    const fb = new FunctionBuilder(name);
    this.#target = buildSeparable({ ...context, fb }, fb, {
      width,
      guards,
      side,
      k,
      sideOffsets,
      kOffsets,
      sideContiguous,
      transposing,
    });
  }

  emit(
    context: KernelContext,
    destination: Value,
    masks: Value,
    side: BlockPosition,
    k: BlockPosition,
    axes: AxisValues,
  ): void {
    const { fb } = context;
    const { uniform } = this.#parts;
    const base = axes.sum(fb.add(bufferStart(context, this.#buffer), 4 * uniform.constant), uniform, 4);
    // Biased so that a signed comparison tests 0 ≤ x < length.
    const guards = this.#guards.map(({ parts, condition }) =>
      fb.add(axes.sum(fb.i32(0), parts.uniform, 1), (parts.uniform.constant - condition.lower - 0x80000000) | 0),
    );
    fb.call(this.#target, destination, masks, base, side.points, k.points, ...guards);
  }
}

interface SeparablePlan {
  readonly width: PanelWidth;
  readonly guards: readonly Guard[];
  readonly side: BlockedAxes;
  readonly k: BlockedAxes;
  readonly sideOffsets: Offsets;
  readonly kOffsets: Offsets;
  readonly sideContiguous: boolean;
  readonly transposing: boolean;
}

/** How a group of four lanes is read. */
type Reading = 'vector' | 'lanes';

function buildSeparable(context: KernelContext, fb: FunctionBuilder, plan: SeparablePlan): WasmFunction {
  const { bindings } = context;
  const { width, guards, side, k, sideOffsets, kOffsets, sideContiguous, transposing } = plan;
  const destination = fb.parameter('destination');
  const masks = fb.parameter('masks');
  const base = fb.parameter('base');
  const sideCount = fb.parameter('sideCount');
  const kCount = fb.parameter('kCount');
  const guardBases = guards.map((_, i) => fb.parameter(`guard${i}`));
  const groups = groupsOf(width);
  const kAddress = kOffsets.stride === undefined ? bindings.table(fb, kOffsets.table) : undefined;
  const offsetAt = (offsets: Offsets, position: Value): Value =>
    offsets.stride === undefined
      ? fb.load(op.i32Load, { base: fb.add(bindings.table(fb, offsets.table), fb.mul(position, 4)), offset: 0 })
      : fb.mul(position, offsets.stride);
  const guardOffsets = guards.map(({ parts }) => ({ side: offsetsOf(parts.side, side, 1), k: offsetsOf(parts.k, k, 1) })); // prettier-ignore
  // The innermost k axes from the first that a guard depends on: masks repeat with their product.
  const order = [k.local, ...k.inner];
  const firstGuarded = order.findIndex((axis) => guards.some(({ parts }) => dependsOn(parts.k, axis)));
  const period = firstGuarded === 0 ? kCount : fb.i32(firstGuarded < 0 ? 1 : product(order.slice(firstGuarded)));

  fb.loop(
    fb.i32(0),
    sideCount,
    { role: 'pack', name: 'panel', step: width, inductions: [{ begin: destination, step: fb.mul(kCount, 4 * width) }] },
    (first, [target = first]) => {
      const last = fb.sub(sideCount, 1);
      const positions = Array.from({ length: width }, (_, lane) =>
        lane === 0 ? first : fb.minimum(fb.add(first, lane), last),
      );
      const offsets = positions.map((position) => offsetAt(sideOffsets, position));
      const lanes = offsets.map((offset) => fb.add(base, offset));

      const copy = (readings: readonly Reading[], firstGroup: number, masked: boolean): void => {
        const body = (out: Value, koffset: Value, mask: Value): void => {
          readings.forEach((reading, i) => {
            const group = firstGroup + i;
            const [l0 = base, ...others] = groups[group]?.map((lane) => lanes[lane] ?? base) ?? [];
            let vector: Value;
            if (reading === 'vector') vector = fb.load(op.v128Load, { base: fb.add(l0, koffset), offset: 0 });
            else {
              vector = fb.load(op.v128Load32Splat, { base: fb.add(l0, koffset), offset: 0 });
              others.forEach(
                (lane, j) => (vector = fb.loadLane({ base: fb.add(lane, koffset), offset: 0 }, j + 1, vector)),
              );
            }
            if (masked)
              vector = fb.op(op.v128And, vector, fb.load(op.v128Load, { base: mask, offset: 16 * group }, true));
            storeGroup(fb, { base: out, offset: 16 * group }, vector, others.length + 1);
          });
        };
        emitKLoop(
          fb,
          { stride: kOffsets.stride, kAddress, kCount, width, target, period: masked ? period : undefined, masks },
          body,
        );
      };
      const copyAll = (masked: boolean): void => {
        if (!sideContiguous) {
          // Two groups at a time: more addresses than that do not stay in registers.
          for (let group = 0; group < groups.length; group += 2)
            copy(
              groups.slice(group, group + 2).map(() => 'lanes' as const),
              group,
              masked,
            );
          return;
        }
        const contiguous = groups.map((lanesOfGroup) => {
          const [o0 = base, ...others] = lanesOfGroup.map((lane) => offsets[lane] ?? base);
          return others
            .map((offset, j) => fb.op(op.i32Eq, fb.sub(offset, o0), fb.i32(4 * (j + 1))))
            .reduce((a, b) => fb.op(op.i32And, a, b));
        });
        const each = (): void =>
          contiguous.forEach((condition, group) =>
            fb.if(
              condition,
              () => copy(['vector'], group, masked),
              () => copy(['lanes'], group, masked),
            ),
          );
        if (groups.length === 1) each();
        else
          fb.if(
            contiguous.reduce((a, b) => fb.op(op.i32And, a, b)),
            () =>
              copy(
                groups.map(() => 'vector' as const),
                0,
                masked,
              ),
            each,
          );
      };

      if (guards.length > 0) {
        const all = fb.variable('all', 'v128');
        const sides = guardOffsets.map((along, i) => {
          return groups.map((lanesOfGroup) => {
            const [p0 = first, ...others] = lanesOfGroup.map((lane) => offsetAt(along.side, positions[lane] ?? first));
            let vector = fb.op(op.i32x4Splat, p0);
            others.forEach((other, j) => (vector = fb.lane(op.i32x4ReplaceLane, j + 1, vector, other)));
            return fb.op(op.i32x4Add, vector, fb.op(op.i32x4Splat, guardBases[i] ?? base));
          });
        });
        fb.set(all, fb.i32x4(-1));
        fb.loop(
          fb.i32(0),
          period,
          { role: 'pack', name: 'mask', inductions: [{ begin: masks, step: maskBytes(width) }] },
          (position, [out = position]) => {
            groups.forEach((_, group) => {
              const tests = guards.map(({ condition, parts }, i) => {
                const along = guardOffsets[i]?.k;
                const vector = sides[i]?.[group] ?? fb.i32x4(0);
                const kPart = along === undefined || parts.k.terms.length === 0 ? fb.i32(0) : offsetAt(along, position);
                const shifted =
                  kPart.kind === 'i32' && kPart.value === 0
                    ? vector
                    : fb.op(op.i32x4Add, vector, fb.op(op.i32x4Splat, kPart));
                const length = Math.max(condition.upper - condition.lower, 0);
                return fb.op(op.i32x4LtS, shifted, fb.i32x4((length - 0x80000000) | 0));
              });
              const mask = tests.reduce((a, b) => fb.op(op.v128And, a, b));
              fb.store(op.v128Store, { base: out, offset: 16 * group }, mask);
              fb.set(all, fb.op(op.v128And, fb.get(all), mask));
            });
          },
        );
        fb.if(
          fb.op(op.i32x4AllTrue, fb.get(all)),
          () => copyAll(false),
          () => copyAll(true),
        );
      } else if (transposing) emitTransposing(fb, lanes, target, kCount, width);
      else copyAll(false);
    },
  );
  return fb.finish();
}

/** Whether any points of a block lie side by side. */
function hasNeighbours(offsets: Offsets, { capacity }: BlockedAxes): boolean {
  if (offsets.stride !== undefined) return offsets.stride === 4 && capacity !== 1;
  return offsets.table.some((offset, i) => offsets.table[i + 1] === offset + 4);
}

interface KLoop {
  readonly stride: number | undefined;
  /** Where the table of offsets lies; `undefined` where they have a stride. */
  readonly kAddress: Value | undefined;
  readonly kCount: Value;
  readonly width: PanelWidth;
  readonly target: Value;
  /** Length after which masks repeat; `undefined`: no masks. */
  readonly period: Value | undefined;
  readonly masks: Value;
}

/** The loop over k: `body` gets the address to write to, the byte offset of k in the operand, and the address of the masks. */
function emitKLoop(
  fb: FunctionBuilder,
  { stride, kAddress, kCount, width, target, period, masks }: KLoop,
  body: (out: Value, koffset: Value, mask: Value) => void,
): void {
  // Offsets come from an induction where they are linear, otherwise through a pointer into the table.
  const start = kAddress ?? fb.i32(0);
  const step = stride ?? 4;
  const offsetOf = (pointer: Value): Value =>
    stride === undefined ? fb.load(op.i32Load, { base: pointer, offset: 0 }) : pointer;
  const bytes = 4 * width;
  if (period === undefined) {
    const inductions = [
      { begin: target, step: bytes },
      { begin: start, step },
    ];
    fb.loop(fb.i32(0), kCount, { role: 'pack', name: 'k', inductions }, (_, [out = target, pointer = start]) =>
      body(out, offsetOf(pointer), masks),
    );
    return;
  }
  const outer = [
    { begin: target, step: fb.mul(period, bytes) },
    { begin: start, step: fb.mul(period, step) },
  ];
  fb.loop(
    fb.i32(0),
    fb.divide(kCount, period),
    { role: 'pack', name: 'prefix', inductions: outer },
    (_, [rowOut = target, rowPointer = start]) => {
      const inner = [
        { begin: rowOut, step: bytes },
        { begin: rowPointer, step },
        { begin: masks, step: maskBytes(width) },
      ];
      fb.loop(
        fb.i32(0),
        period,
        { role: 'pack', name: 'k', inductions: inner },
        (__, [out = target, pointer = start, mask = masks]) => body(out, offsetOf(pointer), mask),
      );
    },
  );
}

/** Reads four k at a time in every lane and transposes; lanes are contiguous along k. */
export function emitTransposing(
  fb: FunctionBuilder,
  lanes: readonly Value[],
  target: Value,
  kCount: Value,
  width: PanelWidth,
): void {
  const whole = fb.op(op.i32And, kCount, fb.i32(-4));
  const bytes = 4 * width;
  const groups = groupsOf(width).map((lanesOfGroup, group) => ({
    offset: 16 * group,
    lanes: lanesOfGroup.map((lane) => lanes[lane] ?? target),
  }));
  // Two groups at a time: more addresses than that do not stay in registers.
  for (let first = 0; first < groups.length; first += 2) {
    const some = groups.slice(first, first + 2);
    fb.loop(
      fb.i32(0),
      fb.mul(whole, 4),
      { role: 'pack', name: 'k×4', step: 16, inductions: [{ begin: target, step: 4 * bytes }] },
      (koffset, [out = target]) => {
        for (const { offset, lanes: rows } of some) {
          const vectors = rows.map((lane) => fb.load(op.v128Load, { base: fb.add(lane, koffset), offset: 0 }));
          transposed(fb, vectors).forEach((column, i) =>
            storeGroup(fb, { base: out, offset: offset + i * bytes }, column, rows.length),
          );
        }
      },
    );
  }
  const rest = fb.add(target, fb.mul(whole, bytes));
  fb.loop(
    whole,
    kCount,
    { role: 'pack', name: 'k', inductions: [{ begin: rest, step: bytes }] },
    (position, [out = target]) => {
      const koffset = fb.mul(position, 4);
      for (const { offset, lanes: rows } of groups) {
        const [l0 = target, ...others] = rows;
        let vector = fb.load(op.v128Load32Splat, { base: fb.add(l0, koffset), offset: 0 });
        others.forEach((lane, j) => (vector = fb.loadLane({ base: fb.add(lane, koffset), offset: 0 }, j + 1, vector)));
        storeGroup(fb, { base: out, offset }, vector, rows.length);
      }
    },
  );
}

/** The four columns of four or two rows. */
function transposed(fb: FunctionBuilder, rows: readonly Value[]): readonly Value[] {
  const [r0 = fb.f32x4(0), r1 = r0, r2 = r0, r3 = r1] = rows;
  const a = fb.shuffle(r0, r1, [0, 4, 1, 5]);
  const c = fb.shuffle(r0, r1, [2, 6, 3, 7]);
  if (rows.length === 2) return [a, fb.shuffle(a, a, [2, 3, 2, 3]), c, fb.shuffle(c, c, [2, 3, 2, 3])];
  const b = fb.shuffle(r2, r3, [0, 4, 1, 5]);
  const d = fb.shuffle(r2, r3, [2, 6, 3, 7]);
  return [
    fb.shuffle(a, b, [0, 1, 4, 5]),
    fb.shuffle(a, b, [2, 3, 6, 7]),
    fb.shuffle(c, d, [0, 1, 4, 5]),
    fb.shuffle(c, d, [2, 3, 6, 7]),
  ];
}
