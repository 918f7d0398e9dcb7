/** The command line of `npm run bench`. */
import { parseArgs } from 'node:util';
import type { Clock } from './results.ts';

export interface BenchOptions {
  readonly workloads: readonly string[];
  readonly contenders: readonly string[];
  readonly threads: readonly number[] | undefined;
  readonly rounds: number;
  readonly clock: Clock;
  readonly out: string;
  readonly isQuick: boolean;
  readonly isHelp: boolean;
  readonly isList: boolean;
  readonly installsPeers: boolean;
}

const listOf = (text: string | undefined): string[] => (text === undefined ? [] : text.split(',').filter((part) => part !== '')); // prettier-ignore

function integer(option: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new Error(`--${option} must be a positive integer, not '${text}'.`); // prettier-ignore
  return number;
}

/** @throws Error for what it does not understand; names of workloads and contenders are checked where they are known */
export function readOptions(args: readonly string[]): BenchOptions {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      'install-peers': { type: 'boolean', default: false },
      contenders: { type: 'string' },
      threads: { type: 'string' },
      rounds: { type: 'string' },
      clock: { type: 'string', default: 'wall' },
      out: { type: 'string', default: 'bench-results' },
    },
    allowPositionals: true,
  });
  const { clock } = values;
  if (clock !== 'wall' && clock !== 'processor') throw new Error(`--clock must be wall or processor, not '${clock}'.`);
  if (values.out === '') throw new Error('--out must be a folder.');
  return {
    workloads: positionals,
    contenders: listOf(values.contenders),
    threads: values.threads === undefined ? undefined : listOf(values.threads).map((each) => integer('threads', each)),
    rounds: values.rounds === undefined ? (values.quick ? 3 : 7) : integer('rounds', values.rounds),
    clock,
    out: values.out,
    isQuick: values.quick,
    isHelp: values.help,
    isList: values.list,
    installsPeers: values['install-peers'],
  };
}
