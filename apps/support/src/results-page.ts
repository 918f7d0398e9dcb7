/** docs/results.md: what the examples reached at full size, and by which command. */
import { formatCount } from './display.ts';
import { describeTarget, formatMetricValue, type Results } from './kit.ts';

const head = `# Results of the examples

What each example reaches on its whole data, and the command that shows it. \`npm run example -- all --full --data DIR\` writes the rows of the examples that it runs, and leaves the others.

| example | metric | reached | must reach | command | seed | seconds | machine |
| --- | --- | --- | --- | --- | --- | --- | --- |
`;

/** The command without what stands in columns of its own; where the data lies is the reader's. */
const typed = (command: string): string =>
  command.replace(/ --(?:out|seed)[ =]\S+/g, '').replace(/ --data[ =]\S+/, ' --data DIR');

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The page with the rows of this example in place of those that it had. */
export function withResults(page: string, results: Results): string {
  const { example, metrics, command, seed, seconds, machine, device } = results;
  const rows = metrics.map(
    ({ name, value, format, target }) =>
      `| ${[
        example,
        name,
        formatMetricValue(value, format),
        target === undefined ? '' : describeTarget(target, format),
        `\`${typed(command)}\``,
        String(seed),
        formatCount(seconds),
        `${machine}; ${device}`,
      ]
        .map(cell)
        .join(' | ')} |`,
  );
  const others = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (?:example |---|-)/.test(line));
  // Prettier aligns columns with spaces.
  const kept = others.filter((line) => line.split('|')[1]?.trim() !== example);
  const all = [...kept, ...rows].sort((a, b) => nameOf(a).localeCompare(nameOf(b), 'en'));
  return `${head}${all.join('\n')}\n`;
}

const nameOf = (row: string): string => row.split('|')[1]?.trim() ?? '';
