/** A run as one HTML page that needs nothing else: no network, no scripts, no other files. */
import { checkOptions, requireOptions } from '@hebb/tensor/arguments';
import { ClassificationEvaluation } from '@hebb/training';
import { formatCount, formatPercent, formatSeconds } from '@hebb/evaluation/format';
import { confusionPicture } from './confusion-picture.ts';
import { html, Html } from './html.ts';
import { reportOptions, type Facts, type OnnxVerification, type ReportOptions } from './options.ts';
import { trainingCharts } from './training-charts.ts';
import { examplePictures } from './example-pictures.ts';
import { style } from './style.ts';

/**
 * A report as the text of one HTML page: curves, scores, the confusion matrix, the worst mistakes as pictures, and the tables given. It adapts
 * to light and dark displays.
 *
 * ```ts
 * const page = reportHtml(evaluation, { title: 'Digits', history });
 * ```
 *
 * @param what an evaluation, or all options where there is none
 * @throws ReportError for what makes no report
 */
export function reportHtml(what: ClassificationEvaluation | ReportOptions, options: ReportOptions = {}): string {
  return page(merged('reportHtml', what, options));
}

function merged(where: string, what: ClassificationEvaluation | ReportOptions, options: ReportOptions): ReportOptions {
  if (!(what instanceof ClassificationEvaluation)) {
    requireOptions(where, what, reportOptions);
    checkOptions(where, options, reportOptions);
    return { ...what, ...options };
  }
  checkOptions(where, options, reportOptions);
  return { ...options, evaluation: what };
}

function page(options: ReportOptions): string {
  const { title = 'Training report', subtitle, history, evaluation, images, summary } = options;
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
            ${subtitle === undefined ? undefined : html`<p class="quiet">${subtitle}</p>`} ${figures(options)}
          </header>
          ${history === undefined || history.losses.length === 0 ? undefined : section('Training', trainingCharts(history, options.validationName ?? 'validation'))}
          ${evaluation === undefined ? undefined : classificationSections(evaluation)}
          ${evaluation === undefined || images === undefined ? undefined : examplePictures(evaluation, images).map(({ heading, body }) => section(heading, body))}
          ${summary === undefined ? undefined : section('Model', html`<pre>${summary}</pre>`)}
          ${options.onnx === undefined ? undefined : section('ONNX', onnxBody(options.onnx))}
          ${options.data === undefined ? undefined : section('Data', factsTable(options.data))}
          ${options.environment === undefined ? undefined : section('Environment', factsTable(options.environment))}
          <footer>Made with Hebb. This page is one file without scripts and loads nothing.</footer>
        </main>
      </body>
    </html> `.text;
}

function section(heading: string, body: Html): Html {
  return html`<section>
    <h2>${heading}</h2>
    ${body}
  </section>`;
}

/** The numbers that people look for first. */
function figures({ evaluation, history, parameterCount, onnx }: ReportOptions): Html | undefined {
  const entries: [string, string][] = [];
  if (evaluation !== undefined) {
    entries.push(['Test accuracy', formatPercent(evaluation.accuracy)]);
    entries.push([`Mistakes in ${formatCount(evaluation.count)}`, formatCount(evaluation.count - evaluation.correct)]);
  }
  if (parameterCount !== undefined) entries.push(['Parameters', formatCount(parameterCount)]);
  if (history !== undefined)
    entries.push([history.interrupted ? 'Training (interrupted)' : 'Training', formatSeconds(history.seconds)]);
  if (evaluation !== undefined) entries.push(['Tested per second', formatCount(evaluation.examplesPerSecond)]);
  if (onnx !== undefined) entries.push(['ONNX file', onnx.passed ? 'verified' : 'differs']);
  if (entries.length === 0) return undefined;
  return html`<dl class="figures">
    ${entries.map(([name, value], i) => html`<div${i === 0 && evaluation !== undefined ? new Html(' class="headline"') : undefined}><dt>${name}</dt><dd>${value}</dd></div>`)}
  </dl>`;
}

function classificationSections(evaluation: ClassificationEvaluation): Html {
  const { confusionMatrix, classes, macroAverage, weightedAverage } = evaluation;
  const cells = ({ precision, recall, f1, support }: (typeof classes)[number] | typeof macroAverage): Html[] => [
    ...[precision, recall, f1].map((score) => html`<td>${formatPercent(score, 1)}</td>`),
    html`<td>${formatCount(support)}</td>`,
  ];
  const matrix = section(
    'Confusion matrix',
    html`<p class="note">
        A row for each true class, a column for each prediction. Blue is right, orange is mistaken; the fuller the
        colour, the larger the share of its row.
      </p>
      <div class="scroll">${confusionPicture(confusionMatrix.counts, confusionMatrix.classNames)}</div>`,
  );
  const table = section(
    'Classes',
    html`<div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">class</th>
              <th scope="col">precision</th>
              <th scope="col">recall</th>
              <th scope="col">F1</th>
              <th scope="col">count</th>
            </tr>
          </thead>
          <tbody>
            ${classes.map(
              (scores) =>
                html`<tr>
                  <th scope="row">${scores.name}</th>
                  ${cells(scores)}
                </tr> `,
            )}
          </tbody>
          <tbody class="averages">
            <tr>
              <th scope="row">average</th>
              ${cells(macroAverage)}
            </tr>
            <tr>
              <th scope="row">weighted</th>
              ${cells(weightedAverage)}
            </tr>
          </tbody>
        </table>
      </div>
      <p class="note" style="margin:12px 0 0">
        Precision: how often a prediction of the class is right. Recall: how much of the class is found. F1: their
        harmonic mean. The weighted average counts every example alike, the other every class.
      </p>`,
  );
  return html`<div class="columns">${matrix}${table}</div>`;
}

function onnxBody({ passed, verdict, facts = {} }: OnnxVerification): Html {
  return html`<p class="verdict ${passed ? 'good' : 'bad'}">${passed ? '✓' : '✗'} ${verdict}</p>
    ${factsTable(facts)}`;
}

function factsTable(facts: Facts): Html {
  const rows = Object.entries(facts).filter(([, value]) => value !== undefined);
  return html`<table class="facts">
    <tbody>
      ${rows.map(
        ([name, value]) =>
          html`<tr>
            <th scope="row">${name}</th>
            <td>${value}</td>
          </tr> `,
      )}
    </tbody>
  </table>`;
}
