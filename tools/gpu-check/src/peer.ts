/** PyTorch beside Hebb, in a process of its own. Where no Python has it, every question is answered with nothing. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('../peer.py', import.meta.url));
/** The interpreter on the path first: where a machine has several, that is the one that people use. */
const interpreters = ['python3', '/usr/bin/python3', 'python'];

export interface Peer {
  /** `PyTorch 2.11.0 on NVIDIA H100`; undefined where there is none. */
  readonly description: string | undefined;
  /** Milliseconds of one call, or undefined. */
  ask(job: string, args: readonly (number | string)[], budget?: number): Promise<number | undefined>;
  close(): void;
}

const nobody: Peer = { description: undefined, ask: async () => undefined, close: () => {} };

export async function findPeer(): Promise<Peer> {
  for (const interpreter of interpreters) {
    const child = spawn(interpreter, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
    child.on('error', () => {});
    child.stdin.on('error', () => {});
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const greeting = await lines.next();
    if (greeting.done !== true) return talkTo(child, lines, greeting.value);
    child.kill();
  }
  return nobody;
}

function talkTo(
  child: ChildProcessByStdio<Writable, Readable, null>,
  lines: AsyncIterator<string>,
  greeting: string,
): Peer {
  const { version, device } = JSON.parse(greeting) as { version: string; device: string };
  return {
    description: `PyTorch ${version} on ${device}`,
    async ask(job, args, budget = 400) {
      child.stdin.write(`${JSON.stringify({ job, arguments: args, budget })}\n`);
      const answer = await lines.next();
      if (answer.done === true) return undefined;
      return (JSON.parse(answer.value) as { ms?: number }).ms;
    },
    close: () => child.kill(),
  };
}
