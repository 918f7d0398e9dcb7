/** One thread for each of a number of points. */
import type { DeviceLimits, DeviceProfile } from '../profile.ts';
import type { Emitter } from '../wgsl/emitter.ts';
import { gridOf, groupNumber } from '../wgsl/shader.ts';

/** Begins a shader whose threads are numbered by `name`, an i32 below `points`; those beyond have nothing to do. */
export function threadPerPoint(
  emitter: Emitter,
  name: string,
  points: number,
  { profile, limits }: { readonly profile: DeviceProfile; readonly limits: DeviceLimits },
): { readonly threads: number; readonly grid: readonly [number, number] } {
  const threads = Math.min(profile.mapThreads, limits.workgroupInvocations);
  const grid = gridOf(Math.ceil(points / threads), limits.workgroupsPerDimension);
  emitter.write(`let ${name} = i32(${groupNumber(grid)} * ${threads}u + lane);`);
  if (grid[0] * grid[1] * threads !== points) emitter.write(`if (${name} >= ${points}) { return; }`);
  return { threads, grid };
}
