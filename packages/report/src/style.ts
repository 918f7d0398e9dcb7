/** The report's style sheet. Colours after Okabe and Ito's palette, which people with any colour vision can tell apart. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b1f24; --quiet: #59636d; --rule: #dfe3e8; --empty: #f1f3f6;
  --s1: #0072b2; --s2: #d55e00; --s3: #00795b; --s4: #b0568c; --s5: #8a6d00; --s6: #2f9fdb; --s7: #5b5f66;
  --right: #0b6aa8; --wrong: #d55e00; --good: #00795b; --on: #000000; --mark: #f2b466;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --page: #111418; --card: #1a1f25; --text: #e6e9ed; --quiet: #9aa5b1; --rule: #313942; --empty: #222830;
    --s1: #56b4e9; --s2: #f0933a; --s3: #3fc79a; --s4: #e39ac6; --s5: #e0c64a; --s6: #7c9dff; --s7: #a9b0b8;
    --right: #2473b3; --wrong: #b8590d; --good: #3fc79a; --on: #ffffff; --mark: #8a4b08;
  }
}
*, ::before { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif; }
main { max-width: 1060px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; text-wrap: balance; }
h2 { font-size: 1.15rem; line-height: 1.3; margin: 0 0 12px; }
h3 { font-size: 0.98rem; margin: 20px 0 8px; }
p { margin: 0 0 12px; }
h1, h2, h3, p, summary { overflow-wrap: anywhere; }
.quiet { color: var(--quiet); } .prose { white-space: pre-line; max-width: 80ch; }
.note { color: var(--quiet); font-size: 0.9rem; max-width: 72ch; margin-top: 14px; }
.cards { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 20px; margin-top: 20px; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 20px 22px; min-width: 0; container-type: inline-size; }
section > :last-child, section > :last-child > :last-child { margin-bottom: 0; }
.wide { grid-column: 1 / -1; }
.figures { display: grid; grid-template-columns: repeat(var(--across), minmax(0, 1fr)); gap: 14px; margin: 22px 0 0; }
.figures div { display: flex; flex-direction: column; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; min-width: 0; }
section .figures { margin: 0; }
.figures dt { margin-bottom: auto; color: var(--quiet); font-size: 0.85rem; line-height: 1.35; overflow-wrap: anywhere; }
.figures dt::first-letter { text-transform: uppercase; }
.figures dd { margin: 2px 0 0; font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; line-height: 1.25; overflow-wrap: anywhere; }
.figures dd.long { font-size: 1.05rem; line-height: 1.67; } .figures .headline dd, .figures .met dd { color: var(--good); } .figures .missed dd { color: var(--s2); } .figures dd.target.target { margin: 0; font-size: 0.82rem; font-weight: 400; line-height: 1.35; }

figure { margin: 0; display: flow-root; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 16px; margin: 0 0 10px; padding: 0; list-style: none; color: var(--quiet); font-size: 0.85rem; }
.legend li::before { content: ''; display: inline-block; width: 18px; margin-right: 6px; vertical-align: 0.28em; border-top: 2px solid var(--color); }
.legend .faint::before { border-top-width: 1px; opacity: 0.6; } .legend .reference::before { border-top-style: dashed; }
.legend .dots::before { width: 8px; border: 4px solid var(--color); border-radius: 50%; vertical-align: 0; } .legend .bars::before { width: 10px; border-top-width: 10px; vertical-align: -0.05em; }
.y-label, .x-label { color: var(--quiet); font-size: 0.8rem; line-height: 1.3; margin: 0; }
.x-label { text-align: center; margin: 24px 0 0; padding-left: 40px; }
.plot { position: relative; height: 240px; margin: 10px 8px 0 calc(var(--gutter) * 0.82 + 10px); }
.plot svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; border-bottom: 1px solid var(--quiet); }
.plot path { fill: none; vector-effect: non-scaling-stroke; stroke: var(--color); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.plot .grid { stroke: var(--rule); stroke-width: 1; stroke-linecap: butt; }
.plot .faint { stroke-width: 1; opacity: 0.5; } .plot .reference { stroke-dasharray: 5 5; stroke-width: 1.5; stroke-linecap: butt; }
.plot .marks { stroke-width: 6.5; } .plot .dots { stroke-width: 5; opacity: 0.45; } .plot .bars { fill: var(--color); stroke: none; }
.ticks span { position: absolute; color: var(--quiet); font-size: 0.78rem; line-height: 1; font-variant-numeric: tabular-nums; white-space: nowrap; }
.ticks .y { right: calc(100% + 8px); transform: translateY(50%); }
.ticks .x { top: calc(100% + 9px); transform: translateX(-50%); } .ticks .x::before { content: ''; position: absolute; left: 50%; bottom: calc(100% + 3px); height: 5px; border-left: 1px solid var(--quiet); }
.s0 { --color: var(--quiet); } .s1 { --color: var(--s1); } .s2 { --color: var(--s2); } .s3 { --color: var(--s3); } .s4 { --color: var(--s4); } .s5 { --color: var(--s5); } .s6 { --color: var(--s6); } .s7 { --color: var(--s7); }
@container (min-width: 700px) { .plot { height: 300px; } }

summary { cursor: pointer; color: var(--quiet); font-size: 0.92rem; } details[open] summary { margin-bottom: 8px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
th, td { text-align: right; padding: 5px 7px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 600; } thead th { color: var(--quiet); font-weight: 500; }
.text { text-align: left; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tbody:last-child tr:last-child > * { border-bottom: 0; }
tbody.footer { border-top: 2px solid var(--rule); }
th.long, td.long { white-space: normal; overflow-wrap: anywhere; min-width: 7.5em; } tbody th.long { font-weight: 500; } tr:has(.long) > * { vertical-align: top; } .whole { white-space: nowrap; }
table.facts td, table.facts th { white-space: normal; vertical-align: top; } table.facts td { overflow-wrap: anywhere; } table.facts th { width: 13em; font-weight: 500; color: var(--quiet); }

table.matrix { width: auto; margin: 0 auto; border-collapse: separate; border-spacing: 2px; font-size: 0.82rem; line-height: 1.1; }
.matrix th, .matrix td { border: 0; padding: 0; text-align: center; }
.matrix tbody td { --size: clamp(25px, calc((100cqi - var(--names) - 16px) / var(--columns) - 2px), 44px); min-width: max(var(--size), var(--letters)); height: var(--size); padding: 0 1px; font-size: clamp(0.7rem, calc(var(--size) * 0.31), 0.82rem); border-radius: 3px; --fill: var(--empty); background: color-mix(in srgb, var(--fill) var(--full), var(--empty)); font-weight: 600; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.matrix td.none { color: color-mix(in srgb, var(--quiet) 60%, var(--empty)); font-weight: 400; } .matrix tbody td.right { --fill: var(--right); color: var(--on); } .matrix tbody td.wrong { --fill: var(--wrong); color: var(--on); } .matrix tbody td.strong { color: #ffffff; }
.matrix tbody th { text-align: right; padding-right: 6px; font-weight: 400; } .matrix thead th { color: var(--text); font-weight: 400; padding-bottom: 3px; } .matrix thead .axis { color: var(--quiet); }
.matrix thead th:first-child { text-align: right; padding-right: 6px; vertical-align: bottom; }
.matrix .turned { vertical-align: bottom; } .matrix .turned span { writing-mode: vertical-rl; transform: rotate(180deg); }
figure.matrix img { width: 100%; max-width: 620px; image-rendering: pixelated; background: var(--empty); border-radius: 4px; }

table.matrix.heatmap { border-spacing: 1px; } .matrix.heatmap tbody td { padding: 0; min-width: var(--size); --size: clamp(7px, calc((100cqi - 1.3 * var(--names) - 20px) / var(--columns) - 1px), 32px); border-radius: 2px; }
.passage + .passage { margin-top: 16px; } .passage figcaption { font-size: 0.88rem; margin-bottom: 4px; } .passage .line { display: inline; } .passage .line + .line::before { content: '· '; } .passage p { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.7; margin: 0; }
.passage mark { color: inherit; border-radius: 3px; padding: 2px 0; background: color-mix(in srgb, var(--mark) var(--full), transparent); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.melody + .melody { margin-top: 20px; } .melody figcaption { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 12px; margin-bottom: 8px; } .melody b { overflow-wrap: anywhere; min-width: 0; } .melody details { margin-top: 6px; } .melody pre { white-space: pre-wrap; overflow-wrap: anywhere; }
button { font: inherit; font-size: 0.92rem; min-width: 4.6rem; padding: 5px 14px; border: 1px solid var(--s1); border-radius: 999px; background: none; color: var(--s1); cursor: pointer; } button:hover { background: var(--empty); } button:focus-visible { outline: 3px solid var(--s1); outline-offset: 2px; } button[hidden] { display: none; }
.roll { position: relative; height: 130px; background: var(--empty); border-radius: 6px; padding: 8px 0; print-color-adjust: exact; -webkit-print-color-adjust: exact; } .roll svg { width: 100%; height: 100%; display: block; overflow: visible; }
.roll path { fill: none; vector-effect: non-scaling-stroke; stroke: var(--s1); stroke-width: 5; } .roll .grid { stroke: var(--rule); stroke-width: 1; } .roll .soft { stroke: var(--s7); opacity: 0.35; stroke-width: 3; }
.roll i { position: absolute; top: 0; bottom: 0; left: 0; border-left: 2px solid var(--s2); visibility: hidden; } .playing i { visibility: visible; }
@container (max-width: 480px) { table:not(.matrix) thead th, table:not(.matrix) .text { white-space: normal; } table .long.long { min-width: 5em; max-width: 9em; overflow-wrap: break-word; } table.facts th { width: 34%; } }
@container (max-width: 480px) {
  table.model, .model thead, .model tbody { display: block; } .model tr { display: grid; grid-template-columns: minmax(0, 1fr) fit-content(64%); gap: 1px 12px; padding: 6px 0; border-bottom: 1px solid var(--rule); } .model tbody:last-child tr:last-child { border-bottom: 0; }
  .model.model tr > * { display: block; border: 0; padding: 0; min-width: 0; max-width: none; white-space: normal; } .model tr > :nth-child(n + 3) { grid-column: 2; text-align: right; } .model tr > :nth-child(4) { grid-row: 1; } .model tr > :nth-child(2) { color: var(--quiet); }
}
@container (max-width: 400px) { .matrix:not(.heatmap) tbody td { padding: 0; letter-spacing: -0.05em; } }

pre { margin: 0; overflow-x: auto; font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(96px, 1fr)); gap: 16px 14px; margin: 0; padding: 0; list-style: none; }
.pictures.large { grid-template-columns: repeat(auto-fill, minmax(144px, 1fr)); }
.pictures.pictures.rows { grid-template-columns: repeat(var(--across), minmax(0, 1fr)); gap: 14px clamp(3px, 1.4cqi, 14px); } .rows p { font-size: clamp(0.7rem, 1.6cqi, 0.85rem); }
.pictures img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; image-rendering: pixelated; border-radius: 6px; background: #000; border: 1px solid var(--rule); }
.pictures p, .examples p { margin: 6px 0 0; font-size: 0.85rem; line-height: 1.35; overflow-wrap: anywhere; }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px; margin: 0; padding: 0; list-style: none; font-size: 0.85rem; }
.examples li { background: var(--empty); border-radius: 6px; padding: 8px 10px; } .examples p { margin-top: 2px; }
.line { display: block; } b.wrong { color: var(--s2); } b.right { color: var(--s1); } b.quiet { font-weight: 400; }
.verdict { font-weight: 600; } .verdict.good { color: var(--good); } .verdict.bad { color: var(--s2); }
footer { color: var(--quiet); font-size: 0.85rem; margin-top: 24px; }
@media screen and (max-width: 900px) { .figures { grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); } }
@media screen and (max-width: 760px) {
  main { padding: 20px 12px 32px; } section { padding: 16px; }
  .cards { grid-template-columns: minmax(0, 1fr); gap: 14px; margin-top: 14px; }
  .figures { grid-template-columns: repeat(auto-fit, minmax(136px, 1fr)); gap: 10px; }
  table { font-size: 0.84rem; } th, td { padding: 5px 4px; }
  .pictures { grid-template-columns: repeat(auto-fill, minmax(84px, 1fr)); gap: 14px 10px; } .pictures.large { grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); }
}
@media print {
  html { font-size: 12px; } body { background: none; font-size: 12px; } main { padding: 0; max-width: none; }
  .cards { gap: 12px; margin-top: 12px; } section { padding: 12px 14px; } .plot { height: 190px; }
  .figures { gap: 8px; } .figures div { padding: 8px 10px; }
  section, .figures div, tr, li { break-inside: avoid; } h2 { break-after: avoid; } .scroll, pre { overflow: visible; } pre { font-size: 9px; white-space: pre-wrap; }
}
`;
