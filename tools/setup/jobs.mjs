/** The jobs behind the root scripts. Each gets the arguments after `--` and resolves to `{ code, signal }`. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureInstalled, pnpm } from './install.mjs';
import { SetupError, endLike, root, runVisibly } from './process.mjs';

/** Runs a script of an installed package with this Node. */
const bin = (file, args, options) => runVisibly(process.execPath, [join(root, 'node_modules', file), ...args], options);

const script = (file, args) => runVisibly(process.execPath, [join(root, file), ...args]);

/** Runs TypeScript from source. */
const typescript = (path, args) =>
  runVisibly(process.execPath, ['--import', import.meta.resolve('tsx'), join(root, ...path), ...args]);

/** Runs TypeScript with what WebGPU in Node needs. */
async function onDevices(file, args) {
  const { environment } = await (await import('./devices.mjs')).prepareWebGpu(undefined, (line) => console.log(line));
  return runVisibly(process.execPath, ['--import', import.meta.resolve('tsx'), join(root, file), ...args], {
    env: { ...process.env, ...environment },
  });
}

/** Runs steps in order and stops at the first that does not end with 0. */
async function inOrder(...steps) {
  let end = { code: 0, signal: null };
  for (const step of steps) {
    end = await step();
    if (end.code !== 0) break;
  }
  return end;
}

/** Runs an application as a user does. */
function app(name, args) {
  const preload = (specifier) => ['--import', specifier];
  const file = (...path) => pathToFileURL(join(root, ...path)).href;
  return runVisibly(
    process.execPath,
    [
      ...preload(file('tools', 'setup', 'single-interrupt.mjs')),
      ...preload(import.meta.resolve('tsx')),
      join(root, 'apps', name, 'src', 'main.ts'),
      ...args,
    ],
    {
      // Relative paths among the arguments mean the folder in which the user typed them.
      cwd: process.env.INIT_CWD ?? process.cwd(),
      env: { ...process.env, TSX_TSCONFIG_PATH: join(root, 'tsconfig.base.json') },
    },
  );
}

const jobs = {
  setup: async () => ({ code: 0, signal: null }),
  quickstart: (args) => app('quickstart', args),
  example: (args) => app('examples', args),
  test: async (args) => (await import('./test.mjs')).test(args),
  build: (args) =>
    pnpm(['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', ...args], { env: turboEnvironment() }),
  typecheck: (args) => bin('typescript/bin/tsc', ['-b', ...args]),
  lint: (args) =>
    inOrder(
      () => bin('oxlint/bin/oxlint', ['--type-aware', '--deny-warnings', ...args]),
      () => script('tools/lint/check-imports.mjs', []),
      () => script('tools/methods/main.mjs', ['--check']),
      () => script('tools/release/size-budgets.mjs', ['--quiet']),
      () => bin('prettier/bin/prettier.cjs', ['--check', '--log-level=warn', '.']),
    ),
  generate: (args) => script('tools/methods/main.mjs', args),
  format: (args) => bin('prettier/bin/prettier.cjs', ['--write', '--log-level=warn', ...(args.length ? args : ['.'])]),
  'check:format': () => bin('prettier/bin/prettier.cjs', ['--check', '.']),
  'check:sizes': (args) => script('tools/release/size-budgets.mjs', args),
  'check:packages': (args) => script('tools/release/check-tarballs.mjs', ['--only-lint', ...args]),
  'check:tarballs': (args) => script('tools/release/check-tarballs.mjs', args),
  operations: (args) => onDevices('tools/operations/main.ts', args),
  interop: (args) => onDevices('tools/interop/main.ts', args),
  layers: (args) => onDevices('tools/layers/main.ts', args),
  fuzz: (args) => onDevices('tools/fuzz/main.ts', args),
  'gpu-check': (args) => onDevices('tools/gpu-check/main.ts', args),
  'gpu-check:pack': (args) => script('tools/gpu-check/pack.mjs', args),
  'check:kills': (args) => typescript(['tools', 'kills', 'main.ts'], args),
  bench: (args) => typescript(['benchmarks', 'bench.ts'], args),
  beside: (args) =>
    args.includes('--webgpu')
      ? onDevices('benchmarks/examples.ts', args)
      : typescript(['benchmarks', 'examples.ts'], args),
  'check:settings': (args) => typescript(['tools', 'testing', 'src', 'settings.ts'], args),
  'check:bundlers': (args) => script('tools/release/check-bundlers.mjs', args),
  changeset: (args) => bin('@changesets/cli/bin.js', args),
};

function turboEnvironment() {
  return { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' };
}

export async function main(name, args) {
  const job = Object.hasOwn(jobs, name ?? '') ? jobs[name] : undefined;
  if (!job) throw new SetupError(`Unknown job ${name}. Known: ${Object.keys(jobs).join(', ')}.`);
  await ensureInstalled();
  endLike(await job(args));
}
