/** What an example is, and what it is given by whoever runs it. */
import type { Command } from 'commander';
import type { AnyModule, Callback, DeviceName, ExportOptions, Section, summary, Tensor } from 'hebb';

/** `quick`: seconds, for CI; `normal`: a minute or three, on small data; `full`: the whole data. */
export type Level = 'quick' | 'normal' | 'full';

/** What a metric has to be. */
export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface MetricOptions {
  /** How it is written. Default 'number'. */
  readonly format?: 'percent' | 'count' | 'number';
  /** The same at all levels, or by level; one that is missed makes the run fail. */
  readonly target?: Target | Partial<Readonly<Record<Level, Target>>>;
}

export interface TrainingOptions {
  /** What an example of a batch is called where the display says how many there are a second: `steps` where a batch is a whole graph. Default 'examples'. */
  readonly unit?: string;
}

/** What a network is given: a tensor, or inputs by name. */
export type Samples = Tensor | Readonly<Record<string, Tensor>>;

export interface ExampleKit<O = Readonly<Record<string, never>>> {
  readonly level: Level;
  readonly seed: number;
  /** Undefined: what HEBB_DEVICE says, or `auto`. */
  readonly device: DeviceName | undefined;
  /** The folder of all files, absolute. */
  readonly out: string;
  readonly signal: AbortSignal;
  /** The example's own. */
  readonly options: O;
  /** What belongs to the level. */
  choose<T>(byLevel: Readonly<Record<Level, T>>): T;
  /**
   * Where a full data set lies: DIR/name of `--data DIR`, or DIR itself where it has no such folder. Undefined without `--data`; MNIST is downloaded for `--full`.
   */
  folder(name: string): Promise<string | undefined>;
  /** Where a small set lies that the project carries. */
  carried(name: string): string;
  /** What this run is about, and what it learns from: in place of the example's line and data in the report, where options change them. */
  about(line: string, data: string): void;
  heading(text: string): void;
  say(...lines: readonly string[]): void;
  /** Prints the summary, and keeps it for the report and the picture. */
  show(name: string, model: AnyModule, inputs: Parameters<typeof summary>[1]): void;
  /** For the options of `fit`: display, interruption, checkpoints. Of several trainings each has a name of its own. */
  training(
    name: string,
    options?: TrainingOptions,
  ): {
    readonly progress: Callback;
    readonly signal: AbortSignal;
    readonly callbacks: readonly Callback[];
    readonly resume: string;
  };
  /** Prints a figure, and keeps it for the report. */
  metric(name: string, value: number, options?: MetricOptions): void;
  /** Into the report, in the order of the calls. */
  section(...sections: readonly Section[]): void;
  /**
   * Exports, and compares what onnxruntime makes of all samples with what the model does; a list is of samples of several sizes. Beyond `tolerance` (1e-4)
   * the run fails. `batchSize` is that of `verifyOnnx`.
   */
  onnx(
    name: string,
    model: AnyModule,
    options: ExportOptions,
    samples: Samples | readonly Samples[],
    verification?: { readonly tolerance?: number; readonly batchSize?: number },
  ): Promise<void>;
  /** Writes NAME.safetensors. */
  weights(name: string, model: AnyModule): Promise<void>;
  /** The path of a further file that the example writes itself; the list of files says `what` it is. */
  file(name: string, what: string): Promise<string>;
}

/** A run that has written all of its files. */
export interface FinishedRun<O = Readonly<Record<string, never>>> {
  /** Where they are, absolute. */
  readonly folder: string;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Of the command line at hand, not of the run. */
  readonly options: O;
}

/** What a finished run is good for, a conversation for instance. */
export interface Use<O = Readonly<Record<string, never>>> {
  /** Whether the command line asks for this: where `--out` holds a finished run, it is not run again. */
  isAsked(options: O): boolean;
  /** After each run, too, asked for or not. */
  start(run: FinishedRun<O>): Promise<void>;
}

export interface ExampleData {
  /** What it uses without `--data`. */
  readonly carried: string;
  /** What the full set is; `the same` where there is no other. */
  readonly full: string;
  /** What `--data` has to be. */
  readonly expects: string;
}

/** A lesson that runs: `npm run example -- NAME`. */
export interface Example<O = Readonly<Record<string, never>>> {
  readonly name: string;
  /** Of its report. Default: its name. */
  readonly title?: string;
  /** What it is, in at most 75 characters. */
  readonly line: string;
  /** How long it takes on one thread of WebAssembly, on an otherwise idle machine: what the list and its README say. How long `--full` takes stands with its results. */
  readonly seconds: Readonly<Record<Exclude<Level, 'full'>, number>>;
  readonly data: ExampleData;
  /** Adds options of its own to the command line. */
  readonly options?: (command: Command) => unknown;
  run(kit: ExampleKit<O>): Promise<void>;
  /** What follows when it is done. Default: nothing. */
  readonly use?: Use<O>;
}

/** Any example, whatever its options. */
// A method's parameter is compared both ways, so that examples of all options are such.
export type AnyExample = Example<never>;
