/** Puts a compute shader together: declarations, helper functions, entry point, and the grid of workgroups it wants. */
import type { Emitter } from './emitter.ts';
import { formsOf } from './forms.ts';
import { functionTexts } from './functions.ts';

export interface Shader {
  readonly code: string;
  readonly workgroups: readonly [number, number];
  readonly usesScalars: boolean;
  /** What it was put together from. */
  readonly parts: ShaderParts;
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

function scalarsText(binding: number, highest: number): string {
  return `@group(0) @binding(${binding}) var<uniform> scalars: array<vec4<u32>, ${(highest >> 2) + 1}>;`;
}

export function assemble(parts: ShaderParts): Shader {
  const { emitter, bindings, variables, threads, grid, body } = parts;
  const usesScalars = emitter.highestScalar >= 0;
  const scalars = scalarsText(bindings.length, emitter.highestScalar);
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
  return { code, workgroups: grid, usesScalars, parts };
}

/**
 * One shader of several over the same bindings, with as many threads in a workgroup, whose variables of one name are the same: the first workgroups are those of the first, the next those of the second,
 * in an order in which those of one form (`forms.ts`) are together. Grids are of one dimension.
 */
export function joinShaders(shaders: readonly Shader[]): Shader {
  const parts = shaders.map((shader) => shader.parts);
  const [first] = parts as [ShaderParts];
  const { bindings, threads } = first;
  const variables = new Set(parts.flatMap((part) => part.variables));
  let begin = 0;
  const functions: string[] = [];
  const calls = formsOf(
    parts.map(({ emitter, body }) => [
      ...(emitter.usesOne ? ['let one = i32(groups.z);'] : []),
      ...(emitter.usesUnit ? ['let unit = f32(groups.z);'] : []),
      ...body,
    ]),
  ).flatMap(({ body, types, members }, i) => {
    const given = types.map((type, at) => `given${at}: ${type}`);
    functions.push(
      `fn part${i}(${['group: vec3<u32>, lane: u32, groups: vec3<u32>', ...given].join(', ')}) {`,
      ...indent(body),
      '}',
    );
    const choices = members.map(({ position, given: values }) => {
      const from = begin;
      begin += parts[position]?.grid[0] ?? 0;
      return { end: begin, lines: [`start = ${from}u;`, ...values.map((value, at) => `given${at} = ${value};`)] };
    });
    const passed = ['vec3<u32>(group.x - start, 0u, 0u)', 'lane', 'groups', ...types.map((_, at) => `given${at}`)];
    // Which part it is follows from the workgroup alone, so that all threads of one meet at its barriers.
    return [
      `${i === 0 ? '' : '} else '}if (group.x < ${begin}u) {`,
      ...indent([
        'var start: u32;',
        ...given.map((parameter) => `var ${parameter};`),
        ...choose(choices),
        `part${i}(${passed.join(', ')});`,
      ]),
    ];
  });
  const highestScalar = Math.max(...parts.map(({ emitter }) => emitter.highestScalar));
  const code = [
    ...(bindings.some((binding) => binding.endsWith('array<f16>;')) ? ['enable f16;'] : []),
    ...bindings,
    ...(highestScalar >= 0 ? [scalarsText(bindings.length, highestScalar)] : []),
    ...variables,
    ...functionTexts(new Set(parts.flatMap(({ emitter }) => [...emitter.functions]))),
    ...functions,
    `@compute @workgroup_size(${threads})`,
    'fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32, @builtin(num_workgroups) groups: vec3<u32>) {',
    ...indent([...calls, '}']),
    '}',
    '',
  ].join('\n');
  return { code, workgroups: [begin, 1], usesScalars: highestScalar >= 0, parts: first };
}

/** The lines of the first choice whose end lies beyond the workgroup, found by halves. */
function choose(choices: readonly { readonly end: number; readonly lines: readonly string[] }[]): string[] {
  if (choices.length <= 1) return [...(choices[0]?.lines ?? [])];
  const half = choices.length >> 1;
  return [
    `if (group.x < ${choices[half - 1]?.end ?? 0}u) {`,
    ...indent(choose(choices.slice(0, half))),
    '} else {',
    ...indent(choose(choices.slice(half))),
    '}',
  ];
}
