/** Packing of any operand, element by element: for indices that mix the panel's axes and k in one division. */
import type { Axis } from '../compiler/index-expression.ts';
import type { Operand } from '../compiler/kernel.ts';
import { AxisValues, type KernelContext } from './address.ts';
import type { BlockedAxes } from './blocks.ts';
import { FunctionBuilder } from './function-builder.ts';
import type { PanelWidth } from './gemm.ts';
import type { Value } from './ir.ts';
import { op } from './opcodes.ts';
import { groupsOf, storeGroup, type Packing } from './packing-context.ts';

/** Any operand: evaluates index and guards for every element; failed guards read a zero from a table. */
export function generalPacking(
  context: KernelContext,
  name: string,
  operand: Operand,
  side: BlockedAxes,
  k: BlockedAxes,
  uniformAxes: readonly Axis[],
  width: PanelWidth,
): Packing {
  const fb = new FunctionBuilder(name);
  const inner = { ...context, fb };
  const destination = fb.parameter('destination');
  const sideCount = fb.parameter('sideCount');
  const kCount = fb.parameter('kCount');
  const bound = [...uniformAxes, side.base, k.base];
  let axes = new AxisValues(inner);
  for (const axis of bound) axes = axes.with(axis, fb.parameter(`a${axis.id}`));
  const zero = context.bindings.table(fb, new Int32Array(4));
  const locate = (at: AxisValues, blocked: BlockedAxes, position: Value): AxisValues => {
    let rest = position;
    let result = at;
    for (const axis of [...blocked.inner].reverse()) {
      result = result.with(axis, fb.remainder(rest, axis.extent));
      rest = fb.divide(rest, axis.extent);
    }
    return result.with(blocked.local, rest);
  };
  const panelBytes = fb.mul(kCount, 4 * width);
  fb.loop(
    fb.i32(0),
    sideCount,
    { role: 'pack', name: 'panel', step: width, inductions: [{ begin: destination, step: panelBytes }] },
    (first, [target = first]) => {
      const last = fb.sub(sideCount, 1);
      const lanes = Array.from({ length: width }, (_, lane) =>
        locate(axes, side, lane === 0 ? first : fb.minimum(fb.add(first, lane), last)),
      );
      fb.loop(
        fb.i32(0),
        kCount,
        { role: 'pack', name: 'k', inductions: [{ begin: target, step: 4 * width }] },
        (position, [out = target]) => {
          const addresses = lanes.map((lane) => {
            const at = locate(lane, k, position);
            const { base, offset } = at.address(operand.buffer, operand.index);
            return { base: fb.select(at.holds(operand.guards), fb.add(base, offset), zero), offset: 0 };
          });
          groupsOf(width).forEach((lanesOfGroup, group) => {
            const [a0 = { base: out, offset: 0 }, ...others] = lanesOfGroup.map(
              (lane) => addresses[lane] ?? { base: out, offset: 0 },
            );
            let vector = fb.load(op.v128Load32Splat, a0);
            others.forEach((address, j) => (vector = fb.loadLane(address, j + 1, vector)));
            storeGroup(fb, { base: out, offset: 16 * group }, vector, lanesOfGroup.length);
          });
        },
      );
    },
  );
  const target = fb.finish();
  return {
    description: `${width} lanes, element by element`,
    emit: ({ fb: caller }, destinationAt, _masks, sideBlock, kBlock, at) => {
      const values = bound.map((axis) => at.valueOf(axis) ?? caller.i32(0));
      caller.call(target, destinationAt, sideBlock.points, kBlock.points, ...values);
    },
  };
}
