/** The whole tour: data, model, training, test, ONNX, report. */
import { readFile, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { formatBytes, formatCount, heading, requireWritable, say } from '@hebb/app-support';
import {
  accuracy,
  AdamW,
  classification,
  cosineSchedule,
  crossEntropy,
  DataLoader,
  device,
  evaluate,
  exportOnnx,
  fit,
  manualSeed,
  saveOnnx,
  setDevice,
  summary,
  tensor,
  TerminalProgress,
  verifyOnnx,
  writeReport,
  writeSafetensors,
  type ClassificationEvaluation,
  type Facts,
  type History,
  type Summary,
  type Verification,
} from 'hebb';
import { describeData, loadImages, type Images } from './data.ts';
import { fileNames } from './files.ts';
import { makeModel } from './model.ts';
import type { Options } from './options.ts';

/** Logits that differ by more are not the same network. */
const logitTolerance = 1e-3;

/**
 * Runs the quickstart.
 *
 * @returns the exit code: 0, 1 where the ONNX file disagrees, 130 where it was interrupted
 */
export async function quickstart(options: Options, signal: AbortSignal): Promise<number> {
  const { seed, batchSize, learningRate } = options;
  if (options.device !== undefined) setDevice(options.device);
  const images = await loadImages(options.data);
  const deviceDescription = await device.ready();
  await requireWritable(options.out, Object.values(fileNames));
  const epochs = options.epochs ?? images.epochs;

  manualSeed(seed);
  const model = makeModel(options.model, images, images.classNames.length);
  const table = summary(model, ['batch', 1, images.height, images.width]);
  say(
    heading(
      `Hebb quickstart: ${images.name}, ${options.model === 'cnn' ? 'convolutional network' : 'multilayer perceptron'}`,
    ),
  );
  say(describeData(images), `on ${deviceDescription}\n`, table.toString());
  if (signal.aborted) return nothingDone();

  say(heading('Training'));
  const optimizer = new AdamW(model, { learningRate, weightDecay: 0.01 });
  const loader = new DataLoader(images.train, {
    batchSize: Math.min(batchSize, images.train.length),
    shuffle: true,
    seed,
  });
  const history = await fit(model, loader, {
    loss: crossEntropy,
    optimizer,
    epochs,
    schedule: cosineSchedule({ warmup: 0.2 }),
    // Shown after every epoch; nothing is chosen by it.
    validation: images.test,
    metrics: { accuracy },
    progress: new TerminalProgress({ stream: process.stdout, validationName: 'test' }),
    signal,
  });
  if (history.losses.length === 0) return nothingDone();

  say(heading('Test'));
  const evaluation = await evaluate(model, images.test, classification({ classNames: images.classNames }));
  say(evaluation.toString());

  say(heading('ONNX'));
  const paths = {
    weights: join(options.out, fileNames.weights),
    onnx: join(options.out, fileNames.onnx),
    report: join(options.out, fileNames.report),
  };
  await writeSafetensors(paths.weights, model.stateDict());
  const bytes = await exportOnnx(model, {
    inputs: { image: ['batch', 1, images.height, images.width] },
    outputs: ['logits'],
  });
  await saveOnnx(paths.onnx, bytes);
  const { data, shape } = images.test.field('x');
  const proof = await verifyOnnx(await readFile(paths.onnx), model, tensor(data, { shape }), {
    tolerance: logitTolerance,
  });
  const runtime = `onnxruntime ${(await import('onnxruntime-node')).env.versions.node ?? ''}`.trim();
  const verdict = judge(proof, runtime);
  say(
    `${verdict.passed ? '✓' : '✗'} ${verdict.text}`,
    `  Largest difference of a logit: ${proof.maxAbsoluteDifference.toExponential(1)}`,
  );

  await writeReport(
    paths.report,
    report({
      options,
      images,
      table,
      history,
      evaluation,
      proof,
      verdict,
      runtime,
      epochs,
      deviceDescription,
    }),
  );
  await sayFiles(options.out, history.interrupted);
  if (!verdict.passed) return 1;
  return history.interrupted || signal.aborted ? 130 : 0;
}

function nothingDone(): number {
  say('\nInterrupted before the first step; nothing was written.');
  return 130;
}

interface Verdict {
  readonly passed: boolean;
  readonly text: string;
  readonly differing: number;
}

function judge({ ok, rows, agreement }: Verification, runtime: string): Verdict {
  const differing = Math.round((1 - agreement) * rows);
  if (differing > 0)
    return {
      passed: false,
      differing,
      text: `${runtime} predicts another class for ${formatCount(differing)} of ${formatCount(rows)} test images.`,
    };
  if (!ok)
    return {
      passed: false,
      differing,
      text: `${runtime} predicts the same classes, but its logits differ by too much.`,
    };
  return {
    passed: true,
    differing,
    text: `${runtime} predicts the same class for all ${formatCount(rows)} test images.`,
  };
}

async function sayFiles(folder: string, interrupted: boolean): Promise<void> {
  const describe = async (name: string, what: string): Promise<string> =>
    `  ${name.padEnd(17)}  ${formatBytes((await stat(join(folder, name))).size).padStart(8)}  ${what}`;
  say(heading(`${interrupted ? 'Interrupted; saved as far as it got' : 'Saved'} in ${folder}`));
  say(await describe(fileNames.weights, 'the weights, under PyTorch’s names'));
  say(await describe(fileNames.onnx, 'the network, for any ONNX runtime'));
  say(await describe(fileNames.report, 'the report; open it in a browser'));
}

function report(run: {
  options: Options;
  images: Images;
  table: Summary;
  history: History;
  evaluation: ClassificationEvaluation;
  proof: Verification;
  verdict: Verdict;
  runtime: string;
  epochs: number;
  deviceDescription: string;
}): Parameters<typeof writeReport>[1] {
  const { options, images, table, history, evaluation, proof, verdict, runtime, epochs, deviceDescription } = run;
  const network = options.model === 'cnn' ? 'A small convolutional network' : 'A multilayer perceptron';
  const steps = history.losses.length;
  const environment: Facts = {
    Device: deviceDescription,
    Processors: availableParallelism(),
    Platform: `${process.platform} ${process.arch}`,
    Node: process.version,
    'ONNX runtime': runtime,
    Seed: options.seed,
    Epochs: history.interrupted
      ? `interrupted in epoch ${Math.ceil(steps / (history.stepsPerEpoch ?? Infinity))} of ${epochs}`
      : epochs,
    'Batch size': Math.min(options.batchSize, images.train.length),
    Optimizer: `AdamW, weight decay 0.01, learning rate up to ${options.learningRate} in a fifth of the steps, then down along a cosine`,
    'Training time': `${history.seconds.toFixed(2)} s with the tests after every epoch`,
    'Training speed': `${formatCount(history.epochs.at(-1)?.examplesPerSecond ?? Number.NaN)} images/s in the last epoch`,
    Finished: new Date().toISOString().replace('T', ' ').replace(/\..*/, ' UTC'),
  };
  return {
    title: images.name === 'MNIST' ? 'Handwritten digits, MNIST' : 'Handwritten digits',
    subtitle: `${network}, trained on ${formatCount(images.train.length)} images and tested on ${formatCount(images.test.length)} others.`,
    data: images.facts,
    summary: table,
    history,
    validationName: 'test',
    evaluation,
    images: images.test.field('x'),
    environment,
    onnx: {
      passed: verdict.passed,
      verdict: verdict.text,
      facts: {
        'Images compared': formatCount(proof.rows),
        'Classes that differ': formatCount(verdict.differing),
        'Largest difference of a logit': proof.maxAbsoluteDifference.toExponential(2),
        File: `${fileNames.onnx}, input image [batch, 1, ${images.height}, ${images.width}], output logits [batch, ${images.classNames.length}]`,
      },
    },
  };
}
