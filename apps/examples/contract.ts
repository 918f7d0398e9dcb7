/** What an example is, and what it is given by whoever runs it. */
import type { Command } from 'commander';
import type { Callback, ExportOptions, Module, Section, Tensor } from 'hebb';

export type Level = 'quick' | 'normal' | 'full';

/** What a metric has to be. */
export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface MetricOptions {
  readonly format?: 'percent' | 'count' | 'number';
  /** By level; one that is missed makes the run fail. */
  readonly target?: Partial<Readonly<Record<Level, Target>>>;
}

export interface ExampleKit<O = Readonly<Record<string, never>>> {
  readonly level: Level;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** The example's own. */
  readonly options: O;
  /** What belongs to the level. */
  choose<T>(byLevel: Readonly<Record<Level, T>>): T;
  /** Where the full data set lies, where it was given. */
  folder(name: string): Promise<string | undefined>;
  /** Where a small set lies that the project carries. */
  carried(name: string): string;
  heading(text: string): void;
  say(...lines: readonly string[]): void;
  /** Prints the summary, and keeps it for the report. */
  show(name: string, model: Module, inputs: readonly (readonly (number | string)[])[]): void;
  /** For the options of `fit`: display, interruption, checkpoints. */
  training(name: string): {
    readonly progress: Callback;
    readonly signal: AbortSignal;
    readonly callbacks: readonly Callback[];
    readonly resume: string;
  };
  metric(name: string, value: number, options?: MetricOptions): void;
  /** Into the report. */
  section(section: Section): void;
  /** Exports, and compares onnxruntime's outputs for all samples. */
  onnx(
    name: string,
    model: Module,
    options: ExportOptions,
    samples: Tensor | Readonly<Record<string, Tensor>>,
    verification?: { readonly tolerance?: number },
  ): Promise<void>;
  weights(name: string, model: Module): Promise<void>;
}

export interface Example<O = Readonly<Record<string, never>>> {
  readonly name: string;
  /** What it is, in at most 75 characters. */
  readonly line: string;
  /** How long it takes on one thread of WebAssembly. */
  readonly seconds: Readonly<Record<Level, number>>;
  readonly data: { readonly carried: string; readonly full: string; readonly expects: string };
  /** Adds options of its own to the command line. */
  readonly options?: (command: Command) => unknown;
  run(kit: ExampleKit<O>): Promise<void>;
}
