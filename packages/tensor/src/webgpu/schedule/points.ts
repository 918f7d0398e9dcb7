/** Threads for a number of points. */
import type { DeviceLimits, DeviceProfile } from '../profile.ts';
import type { Emitter } from '../wgsl/emitter.ts';
import { gridOf, groupNumber, indent } from '../wgsl/shader.ts';

interface Target {
  readonly profile: DeviceProfile;
  readonly limits: DeviceLimits;
}

/** Begins a shader whose threads are numbered by `name`, an i32 below `points`; those beyond have nothing to do. */
export function threadPerPoint(
  emitter: Emitter,
  name: string,
  points: number,
  { profile, limits }: Target,
): { readonly threads: number; readonly grid: readonly [number, number] } {
  const threads = Math.min(profile.mapThreads, limits.workgroupInvocations);
  const grid = gridOf(Math.ceil(points / threads), limits.workgroupsPerDimension);
  emitter.write(`let ${name} = i32(${groupNumber(grid)} * ${threads}u + lane);`);
  if (grid[0] * grid[1] * threads !== points) emitter.write(`if (${name} >= ${points}) { return; }`);
  return { threads, grid };
}

/**
 * The same, where the device would rather have a thread take several points, neighbours of one being those of the neighbouring threads: what is written until `finish` is for one point,
 * in a block of that depth. The loop is there for a single point, too, so that kernels that differ in their sizes alone are of one form.
 */
export function threadForPoints(
  emitter: Emitter,
  name: string,
  points: number,
  target: Target,
): {
  readonly threads: number;
  readonly grid: readonly [number, number];
  readonly depth: number;
  readonly finish: () => void;
} {
  const { profile, limits } = target;
  if (profile.mapPoints === 1) {
    return { ...threadPerPoint(emitter, name, points, target), depth: 0, finish: () => {} };
  }
  const threads = Math.min(profile.mapThreads, limits.workgroupInvocations);
  const turns = Math.max(1, Math.min(profile.mapPoints, Math.floor(points / (threads * profile.wantedGroups))));
  const grid = gridOf(Math.ceil(points / (threads * turns)), limits.workgroupsPerDimension);
  emitter.write(`let first = i32(${groupNumber(grid)} * ${threads * turns}u + lane);`);
  const depth = emitter.open();
  emitter.write(`let ${name} = first + turn * ${threads};`);
  if (grid[0] * grid[1] * threads * turns !== points) emitter.write(`if (${name} >= ${points}) { break; }`);
  const finish = (): void => {
    const lines = emitter.close();
    emitter.write(`for (var turn = 0; turn < ${emitter.bound(turns)}; turn++) {`, ...indent(lines), '}');
  };
  return { threads, grid, depth, finish };
}
