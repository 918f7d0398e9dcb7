/** Puts a compute shader together: declarations, helper functions, entry point, and the grid of workgroups it wants. */
import type { Emitter } from './emitter.ts';
import { functionTexts } from './functions.ts';

export interface Shader {
  readonly code: string;
  readonly workgroups: readonly [number, number];
  readonly usesScalars: boolean;
}

/** Workgroups beyond the limit of one dimension go to a second; the last row may be ragged. */
export function gridOf(workgroups: number, limit: number): [number, number] {
  if (workgroups <= limit) return [workgroups, 1];
  const rows = Math.ceil(workgroups / limit);
  return [Math.ceil(workgroups / rows), rows];
}

/** WGSL of the number of this workgroup, as u32. */
export function groupNumber(grid: readonly [number, number]): string {
  return grid[1] === 1 ? 'group.x' : `(group.y * ${grid[0]}u + group.x)`;
}

export function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

export interface ShaderParts {
  readonly emitter: Emitter;
  readonly bindings: readonly string[];
  /** Module-scope variables besides the bindings. */
  readonly variables: readonly string[];
  readonly threads: number;
  readonly grid: readonly [number, number];
  readonly body: readonly string[];
}

export function assemble({ emitter, bindings, variables, threads, grid, body }: ShaderParts): Shader {
  const usesScalars = emitter.highestScalar >= 0;
  const scalars = `@group(0) @binding(${bindings.length}) var<uniform> scalars: array<vec4<u32>, ${(emitter.highestScalar >> 2) + 1}>;`;
  const builtins = [
    '@builtin(workgroup_id) group: vec3<u32>',
    '@builtin(local_invocation_index) lane: u32',
    ...(emitter.usesOne || emitter.usesUnit ? ['@builtin(num_workgroups) groups: vec3<u32>'] : []),
  ];
  const code = [
    ...(bindings.some((binding) => binding.endsWith('array<f16>;')) ? ['enable f16;'] : []),
    ...bindings,
    ...(usesScalars ? [scalars] : []),
    ...variables,
    ...functionTexts(emitter.functions),
    `@compute @workgroup_size(${threads})`,
    `fn main(${builtins.join(', ')}) {`,
    ...(emitter.usesOne ? ['  let one = i32(groups.z);'] : []),
    ...(emitter.usesUnit ? ['  let unit = f32(groups.z);'] : []),
    ...indent(body),
    '}',
    '',
  ].join('\n');
  return { code, workgroups: grid, usesScalars };
}
