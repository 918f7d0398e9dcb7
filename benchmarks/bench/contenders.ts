/** Who computes: which program, with how many threads, and how it is started. Each has a process of its own for each workload, whose memory, compiled code and threads are its own. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { interpreter, withThreads } from '../support/python.ts';

export interface Contender {
  readonly name: string;
  readonly family: string;
  readonly threads: number;
  /** Contenders that run the same engine are compared with the same limit. */
  readonly engine: 'hebb' | 'javascript' | 'native';
  /** What computes. An adapter of WebGPU is software on many machines, so its contenders take part only where they are named. */
  readonly device: 'processor' | 'webgpu';
  /** Program and arguments, without the folder of the workload. */
  readonly command: readonly string[];
  /** Behind the folder and the threads. */
  readonly arguments: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Why it cannot be started here. */
  readonly gap: string | undefined;
  /** Whether its process was started with V8's flags. */
  readonly flags: boolean;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** V8's flags that make WebAssembly faster and are in this Node: packing of pairs of vectors into AVX's, and relaxed SIMD where it is not on by itself. */
function flagsOfV8(): readonly string[] {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  return ['--experimental-wasm-revectorize', '--experimental-wasm-relaxed-simd'].filter((flag) => known.includes(flag));
}

const typescript = (file: string, flags: readonly string[] = []): string[] => [
  process.execPath,
  ...flags,
  '--import',
  import.meta.resolve('tsx'),
  here(file),
];

/** The program that measures what WebAssembly can do at most, by the flags of the process. */
export function limitCommand(flags: boolean): readonly string[] {
  return typescript('contenders/limit.ts', flags ? flagsOfV8() : []);
}

/** @param threads numbers of threads to compare; all that the machine has and one, by default */
export function allContenders(threads: readonly number[] = defaultThreads()): readonly Contender[] {
  const flags = flagsOfV8();
  const plain = { engine: 'native', device: 'processor', arguments: [], env: process.env, gap: undefined, flags: false } as const; // prettier-ignore
  const hebb = (count: number, hasFlags: boolean): Contender => ({
    ...plain,
    name: `hebb-${count}${hasFlags ? '-flags' : ''}`,
    family: 'hebb',
    engine: 'hebb',
    threads: count,
    command: typescript('contenders/hebb.ts', hasFlags ? flags : []),
    env: { ...process.env, HEBB_THREADS: String(count), ...(hasFlags && { HEBB_V8_FLAGS: '1' }) },
    gap: hasFlags && flags.length === 0 ? 'this Node has none of the flags' : undefined,
    flags: hasFlags,
  });
  const webgpu = { device: 'webgpu', arguments: ['webgpu'] } as const;
  const peer = (family: string, name: string, rest: Partial<Contender> = {}): Contender => ({
    ...plain,
    name: family,
    family,
    engine: 'javascript',
    threads: availableParallelism(),
    command: typescript(`../peers/${family}.mjs`),
    gap: existsSync(here(`../peers/node_modules/${name}`))
      ? undefined
      : 'not installed: npm run bench -- --install-peers',
    ...rest,
  });
  return [
    ...threads.map((count) => hebb(count, false)),
    ...threads.map((count) => hebb(count, true)),
    { ...hebb(1, false), name: 'hebb-webgpu', ...webgpu },
    ...threads.map((count): Contender => {
      const command = [interpreter, here('contenders/pytorch.py')];
      const gap = existsSync(interpreter) ? undefined : `there is no ${interpreter}`;
      return {
        ...plain,
        name: `pytorch-${count}`,
        family: 'pytorch',
        threads: count,
        command,
        env: withThreads(count),
        gap,
      };
    }),
    ...threads.map((count): Contender => {
      const command = typescript('contenders/onnxruntime.ts');
      return { ...plain, name: `onnxruntime-${count}`, family: 'onnxruntime', threads: count, command };
    }),
    peer('tfjs', '@tensorflow/tfjs'),
    peer('jax-js', '@jax-js/jax'),
    peer('tfjs', '@tensorflow/tfjs-backend-webgpu', { name: 'tfjs-webgpu', ...webgpu }),
    peer('jax-js', '@jax-js/jax', { name: 'jax-js-webgpu', ...webgpu }),
  ];
}

export function defaultThreads(): readonly number[] {
  return [...new Set([1, availableParallelism()])];
}

/** Contenders by name, family, or all that WebGPU has as `webgpu`, which neither the default nor a family includes. @throws Error for a name that there is not */
export function chosenContenders(names: readonly string[], threads?: readonly number[]): readonly Contender[] {
  const all = allContenders(threads);
  const isNamed = ({ name, family, device }: Contender): boolean =>
    names.includes(name) || names.includes(device === 'webgpu' ? device : family);
  for (const name of names)
    if (name !== 'webgpu' && !all.some((each) => each.name === name || each.family === name))
      throw new Error(`There is no contender '${name}'; there are ${all.map((each) => each.name).join(', ')}, the families ${[...new Set(all.map(({ family }) => family))].join(', ')}, and webgpu.`); // prettier-ignore
  return all.filter((each) => (names.length === 0 ? each.device !== 'webgpu' : isNamed(each)));
}
