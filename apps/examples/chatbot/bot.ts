/** A network that answers: what it says to a conversation, and how it is kept for later ones. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ByteLevelBPE, DataError, generate, GPT2, readSafetensors } from 'hebb';
import { end, says, tokensOf, type Speech } from './speeches.ts';

export interface Bot {
  readonly model: GPT2;
  readonly tokenizer: ByteLevelBPE;
  /** Whom it has heard, those who speak the most first. */
  readonly speakers: readonly string[];
}

export interface AnswerOptions {
  /** Who answers. Default: whom the network expects. */
  readonly as?: string | undefined;
  readonly temperature: number;
  readonly seed: number;
}

/** What follows the conversation, as it comes: a name and a colon, then what he or she says. Half of what the network can look back on is for it; of a longer conversation the beginning is left out. */
export async function* answer(
  { model, tokenizer }: Bot,
  conversation: readonly Speech[],
  { as, temperature, seed }: AnswerOptions,
): AsyncGenerator<string, void, void> {
  const half = Math.floor(model.contextLength / 2);
  const begun = as === undefined ? [] : [...tokenizer.encode(as, { parseSpecialTokens: false }), says];
  const prompt = [end, ...tokensOf(tokenizer, conversation), ...begun].slice(-half);
  const decoder = tokenizer.decoder();
  let isNamed = as !== undefined;
  if (isNamed) yield `${as}: `;
  const options = { maxTokens: half, stop: [end], temperature, topP: 0.95, seed };
  for await (const token of generate(model, prompt, options)) {
    if (token !== says) yield decoder.push(token);
    else if (!isNamed) {
      isNamed = true;
      yield ': ';
    }
  }
  yield decoder.end();
}

interface Saved {
  readonly model: GPT2['options'];
  readonly tokenizer: unknown;
  readonly speakers?: readonly string[];
}

/** What a conversation needs beside the weights. */
export async function saveBot(path: string, { model, tokenizer, speakers }: Bot): Promise<void> {
  const saved: Saved = { model: model.options, tokenizer: tokenizer.toJSON(), speakers };
  await writeFile(path, JSON.stringify(saved));
}

/** What a finished run has left. */
export async function loadBot(folder: string): Promise<Bot> {
  const path = join(folder, 'chatbot.json');
  const { speakers, ...saved } = JSON.parse(await readFile(path, 'utf8')) as Saved;
  if (speakers === undefined)
    throw new DataError(`[loadBot] ${path} does not say who speaks: an earlier version has written it.`, {
      hint: 'Run the example again, or say another --out.',
    });
  const model = new GPT2(saved.model).eval();
  model.loadStateDict(await readSafetensors(join(folder, 'model.safetensors')));
  return { model, tokenizer: ByteLevelBPE.fromJSON(saved.tokenizer), speakers };
}
