/** What the options of examples refuse, before anything is loaded. */
import { Command, type Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { requireSpeaker } from '../chatbot/talk.ts';
import { examples } from '../src/examples.ts';

const commandOf = (example: (typeof examples.examples)[number]): Command => {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  example.options?.(command);
  return command;
};
const withValues = examples.examples.flatMap((example) =>
  commandOf(example)
    .options.filter((option: Option) => option.required)
    .map((option) => [example.name, option.long ?? '', example] as const),
);

it('takes texts', () => {
  const found = withValues.map(([name, option]) => `${name} ${option}`);
  expect(found).toEqual(
    expect.arrayContaining(['chatbot --ask', 'chatbot --as', 'transformer --prompt', 'gnn --task']),
  );
});

it.each(withValues)('%s %s refuses an empty value', (_, option, example) => {
  expect(() => commandOf(example).parse([option, ''], { from: 'user' })).toThrow(/argument '' is invalid/);
});

describe('who answers', () => {
  const speakers = ['ROMEO', 'First Citizen'];

  it('is somebody that was heard, or left to the network', () => {
    for (const name of [undefined, 'First Citizen']) expect(() => requireSpeaker(name, speakers)).not.toThrow();
  });

  it.each([
    ['NOBODY', /"NOBODY": nobody of that name speaks in what is learnt\.[\s\S]*ROMEO, First Citizen; there are 2/],
    ['Romeo', /"Romeo"[\s\S]*did you mean "ROMEO"\?/],
  ])('is not %s', (name, message) => {
    let said = '';
    try {
      requireSpeaker(name, speakers);
    } catch (error) {
      said = String(error);
    }
    expect(said).toMatch(message);
  });
});
