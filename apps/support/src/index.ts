/** `@hebb/app-support`: what the quickstart and the examples share. */
export { deviceOption, filled, integer, outOption, path, positiveNumber, seedOption } from './command-line.ts';
export { formatBytes, formatCount, heading, say } from './display.ts';
export type {
  Example,
  ExampleData,
  ExampleKit,
  FinishedRun,
  Level,
  MetricOptions,
  Samples,
  Target,
  TrainingOptions,
  Use,
} from './example.ts';
export { listenForInterrupt, type Interrupt } from './interrupt.ts';
export { requireWritable, sweep } from './output.ts';
export { runProgram, type Program } from './program.ts';
export { picturesOf, runExamples, type ExampleSet } from './run-examples.ts';
