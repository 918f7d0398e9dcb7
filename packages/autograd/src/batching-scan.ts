/** Loops for all examples: one loop, whose carries have an axis of examples where they depend on them. */
import {
  makeParameter,
  makeScan,
  recordStep,
  scanResult,
  tensorType,
  type Draws,
  type Node,
  type ScanParts,
} from '@hebb/tensor/graph';
import type { Batched, Batching } from './batching.ts';
import { expand, swapLeading } from './batching-rules.ts';

/** A loop for all examples, and which of its results have the axis of examples. */
export interface BatchedLoop {
  readonly loop: Node;
  readonly carries: readonly boolean[];
  readonly ys: readonly boolean[];
}

/** The loop for all examples; undefined where no part of it depends on them. */
export function batchScan(node: Node<'scan'> & Node, batching: Batching): BatchedLoop | undefined {
  const { body, carries: carryCount, xs: xCount, length, reverse, until, recomputes } = node.attributes;
  const inputs = node.inputs.map((input) => batching.known(input));
  const initial = inputs.slice(0, carryCount);
  const stacked = inputs.slice(carryCount, carryCount + xCount);
  const { count } = batching;

  // A carry depends on the examples where its first value does, or what a step makes of it: found by trying.
  let carries = initial.map(({ mapped }) => mapped);
  for (;;) {
    const step = batchStep();
    const next = step.results.slice(0, carryCount).map(({ mapped }, i) => mapped || carries[i] === true);
    if (next.some((mapped, i) => mapped !== carries[i])) {
      carries = next;
      continue;
    }
    const ys = step.results.slice(carryCount).map(({ mapped }) => mapped);
    if (![...inputs.map(({ mapped }) => mapped), ...carries, ...ys].some((mapped) => mapped)) return undefined;
    return { loop: loopOf(step), carries, ys };
  }

  interface Step {
    readonly parameters: readonly Node[];
    readonly results: readonly Batched[];
    readonly nexts: readonly Node[];
    readonly draws: Draws;
  }

  /** The body for all examples, with these carries. */
  function batchStep(): Step {
    const inside = batching.inside();
    const mapped = [...carries, ...stacked.map((x) => x.mapped)];
    const parameters = mapped.map((isMapped, i) => {
      const own = body.parameters[i] as Node;
      if (!isMapped) {
        // What does not depend on the examples reads the parameters that it was recorded with.
        inside.set(own, { node: own, mapped: false });
        return own;
      }
      const parameter = makeParameter(tensorType(own.type.dtype, [count, ...own.type.shape]));
      inside.set(own, { node: parameter, mapped: true });
      return parameter;
    });
    const { value, draws } = recordStep(() => {
      const results = body.results.map((result) => inside.batch(result));
      const nexts = results
        .slice(0, carryCount)
        .map((result, i) => (carries[i] === true ? expand(result, count) : result.node));
      return { parameters, results, nexts };
    });
    return { ...value, draws };
  }

  function loopOf({ parameters, results, nexts, draws }: Step): Node {
    const parts: ScanParts = {
      carries: nexts.map((next, i) => {
        const first = initial[i] as Batched;
        const all = carries[i] === true ? expand(first, count) : first.node;
        return { initial: all, parameter: parameters[i] as Node, next };
      }),
      xs: stacked.map((x, i) => ({
        stacked: () => (x.mapped ? swapLeading(x.node) : x.node),
        parameter: parameters[carryCount + i] as Node,
      })),
      ys: results.slice(carryCount).map((result) => result.node),
      draws,
      length,
      reverse,
      // Examples end at different steps.
      until: carries[until] === true ? undefined : until,
      recomputes,
    };
    return makeScan(parts);
  }
}

/** One of the results of a loop for all examples, with the axis of examples in front. */
export function batchResult({ loop, carries, ys }: BatchedLoop, index: number, count: number): Batched {
  const after = index - carries.length;
  const [kind, position, mapped] =
    after < 0
      ? (['last', index, carries[index]] as const)
      : after < carries.length
        ? (['before', after, carries[after]] as const)
        : (['given', after - carries.length, ys[after - carries.length]] as const);
  const result = scanResult(loop, kind, position);
  if (mapped !== true) return { node: expand({ node: result, mapped: false }, count), mapped: true };
  return { node: kind === 'last' ? result : swapLeading(result), mapped: true };
}
