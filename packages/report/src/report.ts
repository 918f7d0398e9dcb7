/** A run as one HTML page that needs nothing else: no network, no other files, and no script but the one that plays melodies. */
import type { Evaluation, Figure, Section, TableSection } from '@hebb/evaluation';
import { formatCount, formatSeconds } from '@hebb/evaluation/format';
import type { Summary } from '@hebb/layers';
import { checkOptions, requireOptions } from '@hebb/tensor/arguments';
import type { History } from '@hebb/training';
import { ReportError } from './errors.ts';
import { epochTable, groupSections, groupTable, historySections } from './history.ts';
import { html, Html } from './html.ts';
import {
  isEvaluation,
  isHistory,
  isSummary,
  reportOptions,
  sectionsOf,
  type Facts,
  type OnnxComparison,
  type OnnxVerification,
  type ReportOptions,
} from './options.ts';
import { cardOf, cards, folded, type Card } from './sections/card.ts';
import { figures } from './sections/figures.ts';
import { player } from './sections/player.ts';
import { table } from './sections/table.ts';
import { style } from './style.ts';

/**
 * A report as the text of one HTML page: the curves of the run, the sections of the evaluation (for a classifier the confusion matrix, scores per
 * class, and the worst mistakes as pictures), sections of your own, and the tables given. It adapts to light and dark displays and to phones, and
 * prints.
 *
 * ```ts
 * const page = reportHtml(evaluation, { title: 'Digits', history });
 * ```
 *
 * @param what an evaluation, or all options where there is none
 * @throws ReportError for images that are not those of the examples; ArgumentError for options that are none
 */
export function reportHtml(what: Evaluation | ReportOptions, options?: ReportOptions): string {
  const given = isEvaluation(what) ? { ...options, evaluation: what } : { ...what, ...options };
  if (!isEvaluation(what)) requireOptions('reportHtml', what, reportOptions);
  checkOptions('reportHtml', options, reportOptions);
  return page(given);
}

function page(options: ReportOptions): string {
  const { title = 'Training report', subtitle, evaluation } = options;
  const evaluated = sectionsOf('reportHtml', evaluation);
  requireTheirImages(options, evaluated);
  const head = evaluated.find((section) => section.kind === 'figures');
  const plays = [...evaluated, ...(options.sections ?? [])].some(({ kind }) => kind === 'melody');
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>${title}</h1>
            ${subtitle === undefined ? undefined : html`<p class="quiet">${subtitle}</p>`}
            ${headFigures(options, head?.figures ?? [])}
          </header>
          ${allCards(
            options,
            evaluated.filter((section) => section !== head),
          ).map(cards)}
          <footer>
            Made with Hebb. This page is one file
            ${plays ? 'and loads nothing; its script plays the melodies.' : 'without scripts and loads nothing.'}
          </footer>
        </main>
        ${plays ? new Html(`<script>${player}</script>`) : undefined}
      </body>
    </html> `.text;
}

/** Images of other examples would show mistakes that nobody made. */
function requireTheirImages({ evaluation, images }: ReportOptions, evaluated: readonly Section[]): void {
  if (evaluation === undefined || images === undefined || images.shape[0] === evaluation.count) return;
  if (!evaluated.some((section) => section.kind === 'pictures' && section.images === undefined)) return;
  throw new ReportError(
    `[reportHtml] images must have the shape [${evaluation.count}, channels, height, width], like the examples evaluated; got [${images.shape.join(', ')}].`,
  );
}

/** What belongs together stands together: the run, the evaluation, what is about all of it. */
function allCards(options: ReportOptions, evaluated: readonly Section[]): Card[][] {
  const { validationName = 'validation', images, sections = [], summary, onnx, data, environment } = options;
  const show = (shown: readonly Section[]): Card[] => shown.map((section) => cardOf(section, images));
  const about = [
    ...modelsOf(summary).map(([title, each]) => modelCard(title, each)),
    ...(onnx === undefined ? [] : [onnxCard(onnx)]),
    ...(data === undefined ? [] : [factsCard('Data', data)]),
    ...(environment === undefined ? [] : [factsCard('Environment', environment)]),
  ];
  const named = (name: string, ofRun: readonly Card[]): Card[] =>
    name === '' ? [...ofRun] : ofRun.map((card) => ({ ...card, title: `${card.title}: ${name}` }));
  const groups = groupsOf(runsOf(options)).map(([name, runs]) => {
    const [[, history] = ['']] = runs;
    if (history === undefined) return [];
    if (runs.length > 1) {
      const histories = runs.map(([, each]) => each);
      const table = folded(groupTable(runs, validationName), `The numbers of ${formatCount(runs.length)} runs`);
      return named(`${name}, ${runs.length} runs`, [...show(groupSections(histories, validationName)), table]);
    }
    const epochs = epochTable(history, validationName);
    const numbers = epochs?.rows.length === 1 ? 'the epoch' : `${formatCount(epochs?.rows.length ?? 0)} epochs`;
    const table = epochs === undefined ? [] : [folded(epochs, `The numbers of ${numbers}`)];
    return named(name, [...show(historySections(history, validationName)), ...table]);
  });
  const results = [show(evaluated), show(sections)];
  // The curves of several runs are a page of their own, behind what came of them.
  const all = runsOf(options).length > 1 ? [...results, ...groups, about] : [...groups, ...results, about];
  return all.filter((group) => group.length > 0);
}

type Runs = readonly (readonly [name: string, History])[];

/** Runs whose names differ in the number behind a hyphen alone are of one kind. */
function groupsOf(runs: Runs): [name: string, runs: Runs][] {
  const groups = new Map<string, (readonly [name: string, History])[]>();
  for (const run of runs) {
    const name = run[0].replace(/-\d+$/, '');
    groups.set(name, [...(groups.get(name) ?? []), run]);
  }
  return [...groups].map(([name, each]) => [each.length === 1 ? (each[0]?.[0] ?? name) : name, each]);
}

/** One run, without a name, or several. */
function runsOf({ history }: ReportOptions): [name: string, history: History][] {
  if (history === undefined) return [];
  return isHistory(history) ? [['', history]] : Object.entries(history);
}

/** The numbers that people look for first. */
function headFigures(options: ReportOptions, evaluated: readonly Figure[]): Html | undefined {
  const { summary, onnx } = options;
  const runs = runsOf(options).map(([, history]) => history);
  const counts = modelsOf(summary).flatMap(([, each]) => (typeof each === 'string' ? [] : [each.parameters]));
  const counted = counts.length > 0 ? counts.reduce((sum, count) => sum + count) : undefined;
  const parameterCount = options.parameterCount ?? counted;
  const entries: Figure[] = [...evaluated];
  if (parameterCount !== undefined) entries.push({ name: 'Parameters', value: parameterCount, format: 'count' });
  if (runs.length > 0)
    entries.push({
      name: runs.some(({ interrupted }) => interrupted) ? 'Training (interrupted)' : 'Training',
      value: formatSeconds(runs.reduce((sum, { seconds }) => sum + seconds, 0)),
    });
  if (onnx !== undefined)
    entries.push({ name: 'ONNX file', value: ('ok' in onnx ? onnx.ok : onnx.passed) ? 'verified' : 'differs' });
  return entries.length === 0 ? undefined : figures(entries, evaluated.length > 0);
}

/** Rows up to which a model is shown without being asked for. */
const longModel = 30;

/** One model, or several by name. */
function modelsOf(summary: ReportOptions['summary']): [title: string, summary: Summary | string][] {
  if (summary === undefined) return [];
  if (isSummary(summary)) return [['Model', summary]];
  return Object.entries(summary).map(([name, each]) => [`Model: ${name}`, each]);
}

function modelCard(title: string, summary: Summary | string): Card {
  if (typeof summary === 'string') return { title, body: html`<pre>${summary}</pre>`, isWide: true };
  const shapesOf = (outputs: Summary['outputs']): string =>
    [...outputs].map(([place, shape]) => `${place === '' ? '' : `${place}: `}[${shape.join(', ')}]`).join(', ') || '–';
  const hasFrozen = summary.frozen > 0;
  const columns: TableSection['columns'] = [
    { title: 'layer' },
    { title: 'type' },
    { title: 'output' },
    { title: 'parameters', format: 'count' },
    ...(hasFrozen ? [{ title: 'frozen', format: 'count' as const }] : []),
  ];
  const rows = summary.rows.map(({ path, depth, description, outputs, parameters, frozen, tied }, i) => {
    // What stands in the rows below has its numbers there.
    const isAround = (summary.rows[i + 1]?.depth ?? 0) > depth;
    const count = parameters > 0 || !isAround ? parameters : undefined;
    const shared = tied > 0 && parameters === 0 ? `${formatCount(tied)} tied` : undefined;
    return [path === '' ? '(model)' : path, description, shapesOf(outputs), shared ?? count, count && frozen];
  });
  const footer = [['total', '', shapesOf(summary.outputs), summary.parameters, summary.frozen]];
  const section: TableSection = { kind: 'table', title, columns, rows, footer };
  return rows.length > longModel
    ? folded(section, `The ${formatCount(rows.length - 1)} layers`, 'model')
    : { title, body: table(section, 'model'), isWide: true };
}

function onnxCard(onnx: OnnxComparison | OnnxVerification): Card {
  const { passed, verdict, facts = {} } = 'ok' in onnx ? inWords(onnx) : onnx;
  const body = html`<p class="verdict ${passed ? 'good' : 'bad'}">${passed ? '✓' : '✗'} ${verdict}</p>
    ${factsTable('ONNX', facts)}`;
  return { title: 'ONNX', body, isWide: true };
}

function inWords({ ok, rows, maxAbsoluteDifference, agreement }: OnnxComparison): OnnxVerification {
  const differing = Math.round((1 - agreement) * rows);
  const verdict = ok
    ? `The file computes what the model does, for all ${formatCount(rows)} rows compared.`
    : 'The file computes something else than the model.';
  const facts = {
    'Rows compared': formatCount(rows),
    'Rows whose largest output is another': formatCount(differing),
    'Largest difference': maxAbsoluteDifference.toExponential(1),
  };
  return { passed: ok, verdict, facts };
}

function factsCard(title: string, facts: Facts): Card {
  return { title, body: factsTable(title, facts), isWide: true };
}

function factsTable(title: string, facts: Facts): Html {
  const rows = Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]);
  return table({ kind: 'table', title, columns: [{ title: '' }, { title: '' }], rows });
}
