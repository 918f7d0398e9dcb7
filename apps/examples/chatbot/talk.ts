/** A conversation in the terminal, with what a finished run has learnt. */
import { createInterface } from 'node:readline';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { filled, type Use } from '@hebb/app-support';
import { TrainingError } from 'hebb';
import { answer, loadBot, type Bot } from './bot.ts';
import type { Speech } from './speeches.ts';

export interface TalkOptions {
  readonly ask?: string;
  readonly chat?: true;
  readonly you: string;
  readonly as?: string;
  readonly temperature: number;
}

function temperature(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new InvalidArgumentError('Expected a number from 0 on.');
  return value;
}

const trimmed = (text: string): string => filled(text.trim());

/** Throws TrainingError for a name that no speech has: nothing was learnt of who that is. */
export function requireSpeaker(name: string | undefined, speakers: readonly string[]): void {
  if (name === undefined || speakers.includes(name)) return;
  const near = speakers.find((each) => each.toLowerCase() === name.toLowerCase());
  throw new TrainingError(
    `[example] --as ${JSON.stringify(name)}: nobody of that name speaks in what is learnt${near === undefined ? '.' : `; did you mean ${JSON.stringify(near)}?`}`,
    { hint: `Who speaks the most: ${speakers.slice(0, 12).join(', ')}; there are ${speakers.length}.` },
  );
}

export function addTalkOptions(command: Command): Command {
  return command
    .option('--ask <text>', 'answers it; with what a finished run in --out has learnt, where there is one', trimmed)
    .addOption(new Option('--chat', 'talks, also where a finished run lies in --out').conflicts('ask'))
    .option('--you <name>', 'who asks, anybody', trimmed, 'First Gentleman')
    .option(
      '--as <name>',
      'who answers: somebody of the plays, ROMEO for instance (default: whom the network expects)',
      trimmed,
    )
    .option('--temperature <number>', 'how much is left to chance; 0: nothing', temperature, 0.8);
}

export const conversation: Use<TalkOptions> = {
  isAsked: ({ ask, chat }) => ask !== undefined || chat === true,
  async start({ folder, seed, signal, options }) {
    const isTerminal = process.stdin.isTTY && process.stdout.isTTY && process.env['CI'] === undefined;
    if (options.ask === undefined && options.chat !== true && !isTerminal) return;
    const bot = await loadBot(folder);
    requireSpeaker(options.as, bot.speakers);
    if (options.ask !== undefined) {
      const turn = { speaker: options.you, text: options.ask };
      process.stdout.write('\n');
      for await (const piece of answer(bot, [turn], { as: options.as, temperature: options.temperature, seed })) {
        if (signal.aborted) break;
        process.stdout.write(piece);
      }
      process.stdout.write('\n');
    } else await talk(bot, options, seed, signal);
  },
};

/** Line by line, until the input ends or Ctrl-C. */
async function talk(bot: Bot, options: TalkOptions, seed: number, signal: AbortSignal): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: `\n${options.you}: ` });
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    lines.close();
  };
  lines.on('SIGINT', stop);
  signal.addEventListener('abort', stop);
  process.stdout.write('\nSay something; an empty line ends.\n');
  lines.prompt();
  const conversation: Speech[] = [];
  for await (const line of lines) {
    const text = line.trim();
    if (text === '' || isOver) break;
    conversation.push({ speaker: options.you, text });
    let said = '';
    // A pure function of the seed and what was said before.
    const turn = { as: options.as, temperature: options.temperature, seed: seed * 1000 + conversation.length };
    for await (const piece of answer(bot, conversation, turn)) {
      if (isOver) break;
      said += piece;
      process.stdout.write(piece);
    }
    process.stdout.write('\n');
    const colon = said.indexOf(': ');
    conversation.push({ speaker: said.slice(0, Math.max(0, colon)), text: said.slice(colon + 2) });
    if (isOver) break;
    lines.prompt();
  }
  signal.removeEventListener('abort', stop);
  lines.close();
  process.stdout.write('\n');
}
