/** A contender's process, as those see it who ask it: a question, an answer. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** What a contender cannot do, or did wrong. */
export class Gap extends Error {}

interface Refusal {
  readonly error: string;
}

export class Conversation {
  /** Who it is; known once it has started. */
  version = '';
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  /** The last lines of what it printed elsewhere. */
  #errors = '';
  readonly #patience: number;

  private constructor(command: readonly string[], env: NodeJS.ProcessEnv, patience: number) {
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.on('error', (error) => (this.#errors += error.message));
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.on('data', (text: Buffer) => (this.#errors = `${this.#errors}${text}`.slice(-2000)));
    this.#lines = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    this.#patience = patience;
  }

  /** @param patience seconds that an answer may take @throws {@link Gap} where it does not start */
  static async start(command: readonly string[], env: NodeJS.ProcessEnv, patience: number): Promise<Conversation> {
    const started = new Conversation(command, env, patience);
    try {
      started.version = (await started.#answer<{ version: string }>()).version;
      return started;
    } catch (error) {
      started.end();
      throw error;
    }
  }

  /** @throws {@link Gap} with what it says is wrong, where it ends, and where it takes too long */
  async ask<T>(question: string): Promise<T> {
    this.#child.stdin?.write(`${question}\n`);
    return this.#answer<T>();
  }

  async #answer<T>(): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Gap(`no answer within ${this.#patience} s`)), this.#patience * 1000);
    });
    try {
      const { done, value } = await Promise.race([this.#lines.next(), late]);
      if (done === true) throw new Gap(`ended by itself${this.#said()}`);
      const answer = JSON.parse(value) as T & Partial<Refusal>;
      if (answer.error !== undefined) throw new Gap(shortened(answer.error));
      return answer;
    } finally {
      clearTimeout(timer);
    }
  }

  #said(): string {
    const line = this.#errors
      .trim()
      .split('\n')
      .filter((each) => /error/i.test(each))
      .at(-1);
    return line === undefined ? '' : `: ${line.trim()}`;
  }

  end(): void {
    this.#child.stdin?.end();
    // Whatever it waits for is not ours.
    this.#child.kill('SIGKILL');
  }
}

/** A line that fits into a table: how it begins, and how it ends, which is where the reason stands. */
function shortened(message: string): string {
  const [line = ''] = message.split('\n');
  return line.length <= 200 ? line : `${line.slice(0, 60)} … ${line.slice(-130)}`;
}
