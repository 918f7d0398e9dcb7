/** A report as a page: bars of every workload, and the tables. One file that loads nothing, in the look of Hebb's reports. */
import { html, Html } from '../../packages/report/src/html.ts';
import { style } from '../../packages/report/src/style.ts';
import { formatTime, ratiosOf, shareOfLimit, tablesOf, timeOf, type Report, type Table } from './results.ts';

/** Times that differ more than this are cut, so that the others can be told apart; the number stands beside the bar. */
const widest = 20;

const barStyle = `
.bars { display: grid; grid-template-columns: max-content minmax(0, 1fr) max-content; gap: 3px 10px; align-items: center; font-size: 0.88rem; font-variant-numeric: tabular-nums; margin: 0; }
.bars dt { color: var(--quiet); } .bars dd { margin: 0; } .bars dd:nth-of-type(2n) { text-align: right; }
.bar { height: 12px; border-radius: 2px; background: var(--color); min-width: 2px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.bar.cut { mask-image: linear-gradient(90deg, #000 85%, transparent); -webkit-mask-image: linear-gradient(90deg, #000 85%, transparent); }
.words td { white-space: normal; overflow-wrap: anywhere; }
section .sum { font-size: 0.9rem; margin-top: 12px; }
`;

const colors: Readonly<Record<string, number>> = { hebb: 1, pytorch: 2, onnxruntime: 3, tfjs: 4, 'jax-js': 5 };

type Row = Report['workloads'][number];

function bars(report: Report, row: Row): Html {
  const shown = report.contenders.flatMap(({ name, family }) => {
    const time = timeOf(row.entries.find((each) => each.contender === name), report.clock); // prettier-ignore
    return time === undefined ? [] : [{ name, color: colors[family] ?? 7, time }];
  });
  const least = Math.min(...shown.map(({ time }) => time));
  const most = Math.min(Math.max(...shown.map(({ time }) => time)), widest * Math.max(least, Number.MIN_VALUE));
  return html`<dl class="bars">
    ${shown.map(({ name, color, time }) => {
      const width = most > 0 ? Math.min(100, (100 * time) / most).toFixed(1) : '0';
      const kind = new Html(`class="bar s${color}${time > most ? ' cut' : ''}" style="width:${width}%"`);
      return html`<dt>${name}</dt>
        <dd><div ${kind}></div></dd>
        <dd>${formatTime(time)} ms</dd>`;
    })}
  </dl>`;
}

function sentence(report: Report, row: Row): string {
  const { pytorch, peers } = ratiosOf(report, row);
  const share = shareOfLimit(report, row);
  const faster = (ratio: number, other: string): string =>
    ratio < 1 ? `${formatTime(1 / ratio)} times as fast as ${other}` : `${formatTime(ratio)} times as long as ${other}`;
  const said = [
    ...(pytorch === undefined ? [] : [faster(pytorch, 'PyTorch')]),
    ...(peers === undefined ? [] : [faster(1 / peers, 'the faster JavaScript peer')]),
    ...(share === undefined ? [] : [`${Math.round(share * 100)} % of WebAssembly’s limit`]),
  ];
  return said.length === 0 ? '' : `Hebb, the fastest of each: ${said.join(', ')}.`;
}

function table({ title, text, columns, rows, isText }: Table): Html {
  const aligned = (i: number): Html => new Html(i === 0 || isText ? ' class="text"' : '');
  const cell = (text: string, i: number): Html =>
    i === 0 ? html`<th scope="row" class="text">${text}</th>` : html`<td${aligned(i)}>${text}</td>`;
  return html`<section class="wide">
    <h2>${title}</h2>
    <div class="scroll" tabindex="0" role="group" aria-label="${title}">
      <table${new Html(isText ? ' class="words"' : '')}>
        <thead><tr>${columns.map((column, i) => html`<th scope="col"${aligned(i)}>${column}</th>`)}</tr></thead>
        <tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
      </table>
    </div>
    <div class="note"><p>${text}</p></div>
  </section>`; // prettier-ignore
}

export function pageOf(report: Report): string {
  const measured = report.workloads.filter(({ group, entries }) => group !== 'scaling' && entries.some((entry) => timeOf(entry, report.clock) !== undefined)); // prettier-ignore
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Hebb’s benchmarks</title>
        <link rel="icon" href="data:," />
        <style>
          ${new Html(style + barStyle)}
        </style>
      </head>
      <body>
        <main>
          <header>
            <h1>Hebb’s benchmarks</h1>
            <p class="quiet">
              ${report.machine}; ${report.date.slice(0, 10)}, commit ${report.commit.slice(0, 12)}; load
              ${report.load.map((each) => each.toFixed(1)).join(' → ')}. Milliseconds a run, shorter is faster; medians
              of ${report.rounds} rounds in which all contenders took turns.
            </p>
          </header>
          <div class="cards">
            ${measured.map(
              (row) =>
                html`<section>
                  <h2>${row.title}</h2>
                  ${bars(report, row)}
                  <p class="sum">${sentence(report, row)}</p>
                  <div class="note"><p>${row.definition}</p></div>
                </section> `,
            )}
            ${tablesOf(report).map(table)}
          </div>
          <footer>${report.command}. This page is one file without scripts and loads nothing.</footer>
        </main>
      </body>
    </html> `.text;
}
