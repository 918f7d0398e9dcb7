/** `explain`: what the compiler made of a function. */
import { requireFunction } from '../arguments/index.ts';
import { formatBytes } from '../graph/types.ts';
import type { Boundary, KernelDescription, PlanDescription } from '../runtime/observation.ts';
import { requirePlans, withSession } from './session.ts';
import { labelOf, operationsText, placeOf, quantity, withMethods } from './table.ts';

/** Characters of a line. */
const widest = 100;

/** One kernel of a plan. */
export interface ExplainedKernel extends KernelDescription {
  /** The layer that it is mostly about, `∂` before that of a gradient; outside of layers the function and the line that called it. */
  readonly label: string;
}

/** One plan: what was computed at once. */
export interface ExplainedPlan extends Omit<PlanDescription, 'kernels'> {
  /** In the order in which they run; those of loops once. */
  readonly kernels: readonly ExplainedKernel[];
}

/** What {@link explain} gives. `String(explanation)` is a text. */
export interface Explanation {
  /** The device, as it describes itself. */
  readonly device: string;
  /** In the order in which they ran. */
  readonly plans: readonly ExplainedPlan[];
  /** Kernels of all plans, those of loops once. */
  readonly kernelCount: number;
  /** Bytes that all kernels read and write, in all their runs. */
  readonly bytesMoved: number;
  toString(): string;
}

function explanationOf(device: string, described: readonly PlanDescription[]): Explanation {
  const plans = described.map(({ kernels, ...rest }) => ({
    ...rest,
    kernels: kernels.map((kernel) => ({ ...kernel, label: labelOf(kernel) })),
  }));
  const kernelCount = plans.reduce((total, { kernels }) => total + kernels.length, 0);
  const moved = plans.reduce((total, plan) => total + bytesMoved(plan), 0);
  const toString = (): string =>
    [
      `${device}: ${count(kernelCount, 'kernel')} in ${count(plans.length, 'plan')}, ${formatBytes(moved)} moved`,
      ...plans.map(planText),
    ].join('\n\n');
  return withMethods({ device, plans, kernelCount, bytesMoved: moved }, { toString });
}

function bytesMoved({ kernels }: ExplainedPlan): number {
  return kernels.reduce((total, { times, bytesRead, bytesWritten }) => total + times * (bytesRead + bytesWritten), 0);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function planText(plan: ExplainedPlan, position: number): string {
  const { kernels, boundBytes, temporaryBytes, temporaryBound } = plan;
  const peak =
    temporaryBytes === 0
      ? 'nothing on the way'
      : `${formatBytes(temporaryBytes)} on the way, where ${formatBytes(temporaryBound)} are needed at once`;
  return [
    `plan ${position + 1}: ${count(kernels.length, 'kernel')}, ${formatBytes(bytesMoved(plan))} moved; parameters, inputs and results ${formatBytes(boundBytes)}, ${peak}`,
    ...kernels.flatMap((kernel, i) => kernelText(kernel, i)),
  ].join('\n');
}

function kernelText(kernel: ExplainedKernel, position: number): string[] {
  const { origins, views, times, loops, multiplyAdds, flops, bytesRead, bytesWritten, recomputed } = kernel;
  const number = `${String(position).padStart(3)}  `;
  const places = [...new Set(origins.map(placeOf))];
  const again = times > 1 ? `, ${times} times` : '';
  const work =
    multiplyAdds > 0 ? `${quantity(multiplyAdds)} multiply–adds` : flops > 0 ? `${quantity(flops)} operations` : '';
  const moved = `reads ${formatBytes(bytesRead)}, writes ${formatBytes(bytesWritten)}`;
  const distinctViews = [...new Set(views)];
  return [
    `${number}${kernel.label}`,
    `fused: ${operationsText(kernel)}${distinctViews.length > 0 ? ` (through ${distinctViews.join(', ')})` : ''}`,
    `${kernel.kind}: ${loops}${again}; ${[work, moved].filter(Boolean).join('; ')}`,
    ...(places.length > 1 ? [`of ${places.join('; ')}`] : []),
    ...(recomputed.length > 0
      ? [
          `computed again rather than stored: ${recomputed.map(({ value, times: each }) => `${value} (in ${each} kernels)`).join(', ')}`,
        ]
      : []),
    ...boundaryTexts(kernel.boundaries),
  ].flatMap((line, i) => (i === 0 ? [line] : wrap(line, ' '.repeat(7))));
}

/** Readers for which the rule is the same together. */
function boundaryTexts(boundaries: readonly Boundary[]): string[] {
  const groups = new Map<string, { readonly value: string; readonly reason: string; readonly readers: number[] }>();
  for (const { value, reason, reader } of boundaries) {
    const key = `${value}: ${reason}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { value, reason, readers: [reader] });
    else if (!known.readers.includes(reader)) known.readers.push(reader);
  }
  return [...groups.values()].map(
    ({ value, reason, readers }) =>
      `not fused with ${readers.sort((a, b) => a - b).join(', ')} over ${value}: ${reason}`,
  );
}

function wrap(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length + word.length > widest && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = `${indent}  `;
    }
    line += `${word} `;
  }
  lines.push(line.trimEnd());
  return lines;
}

/**
 * Calls a function once and says what the compiler made of it: for each kernel what was fused into it, for which layers and lines, its loops, the bytes that it reads and writes, what it computes again
 * in place of reading it, and by which rule its results are not computed where they are read. What the function updates is updated; tensors that it returns are computed. The first step of an optimizer has
 * plans of its own, in which its moments begin: take one before.
 *
 * Throws {@link ArgumentError} for what is no function or computes nothing, inside compiled functions, and while another explanation is made; {@link DeviceError} on the device 'reference', which has no kernels.
 *
 * ```ts
 * setDevice('wasm');
 * const [x, w] = [rand([8, 16]), rand([16, 4])];
 * await realize(x, w);
 * const explanation = await explain(() => x.matmul(w).softmax(-1).sum());
 * explanation.kernelCount; // 3
 * explanation.plans[0]?.kernels[0]?.operations; // ['dot']
 * ```
 */
export async function explain(fn: () => unknown): Promise<Explanation> {
  requireFunction('explain', 'fn', fn);
  return withSession('explain', async (session, _, device) => {
    const call = await session.call(fn, true);
    requirePlans('explain', call);
    return explanationOf(
      device,
      call.plans.map(({ observed }) => observed.description),
    );
  });
}
