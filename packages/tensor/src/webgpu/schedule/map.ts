/** Schedule of element-wise kernels: one thread per point, or for some points one after the other, over as few axes as the indices leave. */
import { keepingStore } from '../../compiler/kept.ts';
import type { MapKernel } from '../../compiler/kernel.ts';
import type { Axis } from '../../compiler/index-expression.ts';
import type { DeviceLimits, DeviceProfile } from '../profile.ts';
import { Emitter, type Value } from '../wgsl/emitter.ts';
import { assemble, type Shader } from '../wgsl/shader.ts';
import { mergeAxes, takeApart } from './axes.ts';
import type { BindingPlan } from './bindings.ts';
import { threadForPoints } from './points.ts';
import { pointCount, usesOf } from './traverse.ts';

export interface Target {
  readonly limits: DeviceLimits;
  readonly profile: DeviceProfile;
}

export function renderMap(kernel: MapKernel, plan: BindingPlan, target: Target): Shader {
  const points = pointCount(kernel.axes);
  const emitter = new Emitter(plan.views, target.profile.unroll);
  const { threads, grid, depth, finish } = threadForPoints(emitter, 'flat', points, target);
  const variables = new Map<Axis, Value>();
  const axes = mergeAxes(kernel.axes, usesOf(kernel).indices);
  takeApart(emitter, { text: 'flat', depth, literal: false }, axes, variables);
  emitter.withAxes(variables, () => {
    // All values before the first store: a buffer that is updated in place is read as it was.
    const values = kernel.stores.map((store) => {
      // What is kept is neither read nor written.
      const kept = keepingStore(store);
      return {
        value: emitter.expression(kept?.value ?? store.value),
        condition: kept && emitter.expression(kept.condition),
      };
    });
    const statements = kernel.stores.map(({ buffer, index }, i) => {
      const { value, condition } = values[i] as (typeof values)[number];
      const statement = emitter.store(buffer, index, value);
      return condition === undefined ? statement : `if (${condition.text}) { ${statement} }`;
    });
    emitter.write(...statements);
  });
  finish();
  return assemble({ emitter, bindings: plan.declarations, variables: [], threads, grid, body: emitter.body });
}
