/**
 * The examples beside PyTorch programs of the same networks, from the same first weights, on the same batches in the same order, by the same steps; one thread
 * against one: `node --import tsx benchmarks/examples.ts NAME|all [folder of data sets] [--curves|--exact|--moved|--profile|--full] [--webgpu]`, or `npm run beside -- NAME …`.
 *
 * Says milliseconds a step, the most memory while training, and the final metric of a training of 200 steps, with --full of the example's own number of them. With
 * --curves the losses of the first 50 steps of the latter instead, dropout off, and exits with 1 where one differs by more than 1e-3; --exact is the same in float64 on both sides,
 * where no rounding adds up, with 2 examples of each batch. --moved tells what rounding may do to a curve: eight of them, before each of which Hebb's first weights are moved by a unit in their
 * last place, up or down by chance. --profile says of Hebb alone what bounds a step: products of matrices, other kernels, what is between them. With --webgpu Hebb computes there. NAME is feed-forward, cnn, segmentation,
 * autoencoder-dense, -denoising or -variational, gan, rnn-names or -sunspots, gnn-gcn or -gat, transformer, chatbot, sentiment or music.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { commandLine } from './support/command-line.ts';
import type { Comparison, Side } from './examples/harness.ts';
import type { Pair } from './examples/trial.ts';
import type { Profile } from '@hebb/tensor';

const pairs: Readonly<Record<string, () => Promise<Pair>>> = {
  'feed-forward': async () => (await import('./examples/classifiers.ts')).feedForward,
  cnn: async () => (await import('./examples/classifiers.ts')).convolutional,
  segmentation: async () => (await import('./examples/segmentation.ts')).pair,
  'autoencoder-dense': async () => (await import('./examples/autoencoder.ts')).dense,
  'autoencoder-denoising': async () => (await import('./examples/autoencoder.ts')).denoising,
  'autoencoder-variational': async () => (await import('./examples/autoencoder.ts')).variational,
  gan: async () => (await import('./examples/adversarial.ts')).pair,
  'rnn-names': async () => (await import('./examples/rnn.ts')).names,
  'rnn-sunspots': async () => (await import('./examples/rnn.ts')).sunspots,
  'gnn-gcn': async () => (await import('./examples/gnn.ts')).gcn,
  'gnn-gat': async () => (await import('./examples/gnn.ts')).gat,
  transformer: async () => (await import('./examples/gpt2.ts')).transformer,
  chatbot: async () => (await import('./examples/gpt2.ts')).chatbot,
  sentiment: async () => (await import('./examples/sentiment.ts')).pair,
  music: async () => (await import('./examples/music.ts')).pair,
};

const names = Object.keys(pairs);
const { name, folder, curves, exact, moved, profile, full, webgpu } = commandLine(import.meta.url, {
  name: ['all', ...names],
  folder: '',
  curves: false,
  exact: false,
  moved: false,
  profile: false,
  full: false,
  webgpu: false,
});

if (exact && webgpu) {
  console.error('WebGPU does not compute in float64: leave out --exact or --webgpu.');
  process.exit(2);
}

/** Curves of --moved. */
const draws = 8;

/** Differences of losses up to this are none. */
const tolerance = 1e-3;

const columns = ['example', 'steps', 'parameters', 'Hebb, ms a step', 'PyTorch', 'ratio', 'Hebb, s in all', 'PyTorch', 'Hebb, MiB', 'PyTorch', 'metric', 'Hebb', 'PyTorch']; // prettier-ignore

process.exit(name === 'all' ? await all() : await one(name));

/** Each in a process of its own, whose memory is its own. */
async function all(): Promise<number> {
  let failed = 0;
  for (const each of names) {
    const args = [
      each,
      folder,
      ...Object.entries({ curves, exact, moved, profile, full, webgpu }).flatMap(([flag, isGiven]) =>
        isGiven ? [`--${flag}`] : [],
      ),
    ];
    const [script = ''] = process.argv.slice(1);
    const child = spawn(process.execPath, [...process.execArgv, script, ...args], { stdio: 'inherit' });
    const [code] = await once(child, 'close');
    if (code !== 0) failed++;
  }
  console.log(failed === 0 ? `All ${names.length} were compared.` : `${failed} of ${names.length} failed.`);
  return failed === 0 ? 0 : 1;
}

async function one(name: string): Promise<number> {
  const [{ beside, profileOf }, { folderIn }, path] = await Promise.all([
    import('./examples/harness.ts'),
    import('../apps/support/src/kit.ts'),
    import('node:path'),
  ]);
  const isCurve = curves || exact || moved;
  const pair = (await pairs[name]?.()) as Pair;
  const data = folder === '' ? undefined : path.resolve(process.env['INIT_CWD'] ?? '', folder);
  const set = data === undefined ? undefined : await folderIn(data, pair.set);
  if (profile) {
    sayBounds(name, await profileOf(pair, webgpu ? 'webgpu' : 'wasm', set));
    return 0;
  }
  const compare = (draw?: number): Promise<Comparison> =>
    beside(pair, {
      steps: full || isCurve ? 'all' : 200,
      ...(isCurve && { first: 50 }),
      stretch: isCurve ? 50 : 10,
      mode: exact ? 'exact' : isCurve ? 'curve' : 'train',
      device: exact ? 'reference' : webgpu ? 'webgpu' : 'wasm',
      folder: set,
      ...(draw !== undefined && { moved: draw }),
    });
  if (moved) {
    for (let draw = 1; draw <= draws; draw++) {
      const { hebb, pytorch } = await compare(draw);
      console.log(`${name}, weights moved by draw ${draw}: largest difference ${difference(hebb.losses, pytorch.losses).toExponential(1)}`); // prettier-ignore
    }
    return 0;
  }
  const comparison = await compare();
  return isCurve ? sayCurves(name, comparison) : sayRow(name, pair.metric, comparison);
}

function sayCurves(name: string, { version, steps, hebb, pytorch, exact: twin }: Comparison): number {
  const sides = [hebb.losses, pytorch.losses, ...(exact ? [] : [twin])];
  console.log(`${name}: losses of ${steps} steps; Hebb, PyTorch ${version}${exact ? ', both in float64' : ', and the same in float64'}`); // prettier-ignore
  for (let step = 0; step < steps; step += step === 0 ? 9 : 10)
    console.log([String(step + 1).padStart(5), ...sides.map((losses) => (losses[step] ?? Number.NaN).toFixed(6).padStart(12))].join('')); // prettier-ignore
  const apart = difference(hebb.losses, pytorch.losses);
  const passed =
    hebb.losses.length >= steps && sides.every(({ length }) => length === hebb.losses.length) && apart <= tolerance;
  console.log(`${passed ? '✓' : '✗'} largest difference ${apart.toExponential(1)}${exact ? '' : `; of PyTorch from itself in float64 ${difference(pytorch.losses, twin).toExponential(1)}`}`); // prettier-ignore
  return passed ? 0 : 1;
}

/** The largest of each two losses, absolute, of those below 1 relative; NaN where there is one. */
function difference(losses: readonly number[], others: readonly number[]): number {
  return Math.max(
    ...losses.map((loss, step) => {
      const other = others[step] ?? Number.NaN;
      return Math.abs(loss - other) / Math.min(1, Math.abs(other));
    }),
  );
}

function sayRow(name: string, metric: string, { version, steps, parameters, hebb, pytorch }: Comparison): number {
  const sides = [hebb, pytorch];
  const [own = 0, other = 0] = sides.map((side) => median(side, 'wall'));
  const [ownWork = 0, otherWork = 0] = sides.map((side) => median(side, 'processor'));
  const seconds = sides.map(({ stretches }) => stretches.reduce((sum, { wall }) => sum + wall, 0).toFixed(1));
  const memory = sides.map(({ stretches, before }) => `${Math.round(stretches.at(-1)?.memory ?? 0)} (${Math.round(before)})`); // prettier-ignore
  const row = [
    name,
    steps.toLocaleString('en'),
    parameters.toLocaleString('en'),
    `${own.toFixed(2)} (${ownWork.toFixed(2)})`,
    `${other.toFixed(2)} (${otherWork.toFixed(2)})`,
    `${(own / other).toFixed(2)} (${(ownWork / otherWork).toFixed(2)})`,
    ...seconds,
    ...memory,
    metric,
    ...sides.map((side) => side.metric.toPrecision(4)),
  ];
  console.log(`PyTorch ${version}; milliseconds: median of stretches of steps on the wall, in brackets by the processor; memory: the most while training, in brackets before`); // prettier-ignore
  console.log([columns, columns.map(() => '---'), row].map((cells) => `| ${cells.join(' | ')} |`).join('\n'));
  return 0;
}

/** Of a step: which part of it products of matrices take and how near they are to what this machine multiplies and adds, the same of all other kernels and bandwidth, and what is outside of kernels. */
function sayBounds(name: string, { steps, profile }: { steps: number; profile: Profile }): void {
  const { kernels, milliseconds, betweenMilliseconds = Number.NaN } = profile;
  const part = (isProduct: boolean): string[] => {
    const own = kernels.filter(({ kind }) => (kind === 'contraction') === isProduct);
    const time = own.reduce((sum, kernel) => sum + (kernel.milliseconds ?? 0), 0);
    // Each kernel's share, by the time that it takes.
    const reached = own.reduce((sum, kernel) => sum + (kernel.shareOfLimit ?? 0) * (kernel.milliseconds ?? 0), 0) / time; // prettier-ignore
    return [String(own.length), percent(time / milliseconds), percent(reached)];
  };
  console.log(String(profile));
  const titles = ['example', 'ms a step', 'products', 'of the time', 'of their limit', 'other kernels', 'of the time', 'of their limit', 'between']; // prettier-ignore
  const row = [name, (milliseconds / steps).toFixed(2), ...part(true), ...part(false), percent(betweenMilliseconds / milliseconds)]; // prettier-ignore
  console.log([titles, titles.map(() => '---'), row].map((cells) => `| ${cells.join(' | ')} |`).join('\n'));
}

function percent(share: number): string {
  return Number.isNaN(share) ? '–' : `${Math.round(100 * share)} %`;
}

/** Milliseconds a step. */
function median({ stretches }: Side, clock: 'wall' | 'processor'): number {
  const times = stretches.map((stretch) => (1000 * stretch[clock]) / stretch.steps).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? Number.NaN;
}
