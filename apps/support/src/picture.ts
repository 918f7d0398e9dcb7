/** The picture of an example's network, for its README: the example runs until it has shown what it is about to train. */
import { drawSummary, summary, type AnyModule, type Summary } from 'hebb';
import type { ExampleKit, Level } from './example.ts';

/** Ends the example where the training would begin. */
export class Picture extends Error {
  override readonly name = 'Picture';
}

const stop = (): never => {
  throw new Picture('The picture is complete.');
};

export class PictureKit implements ExampleKit {
  readonly level = 'normal';
  readonly seed = 0;
  readonly device = undefined;
  readonly out = '';
  readonly signal: AbortSignal = new AbortController().signal;
  readonly options: Readonly<Record<string, never>>;
  readonly carried: (name: string) => string;
  readonly #summaries = new Map<string, Summary>();

  constructor(carried: (name: string) => string, options: Readonly<Record<string, never>>) {
    this.carried = carried;
    this.options = options;
  }

  choose<T>(byLevel: Readonly<Record<Level, T>>): T {
    return byLevel[this.level];
  }

  folder(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  about(): void {}

  heading(): void {}

  say(): void {}

  show(name: string, model: AnyModule, inputs: Parameters<ExampleKit['show']>[2]): void {
    this.#summaries.set(name, summary(model, inputs));
  }

  training = stop;
  metric = stop;
  section = stop;
  onnx = stop;
  weights = stop;
  file = stop;

  /** Pictures by the names of their files: picture.svg; of several networks picture-NAME.svg. */
  pictures(): ReadonlyMap<string, string> {
    const isOne = this.#summaries.size === 1;
    const fileOf = (name: string): string => (isOne ? 'picture.svg' : `picture-${name.replace(/\W+/g, '-')}.svg`);
    return new Map([...this.#summaries].map(([name, each]) => [fileOf(name), drawSummary(each)]));
  }
}
