/** The report's style sheet. Colours after Okabe and Ito's palette, which people with any colour vision can tell apart. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --text: #1b1f24; --quiet: #5c6670; --rule: #dfe3e8; --empty: #f1f3f6;
  --one: #0072b2; --two: #d55e00; --right: #0b6aa8; --wrong: #d55e00; --good: #00795b; --on: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #111418; --card: #1a1f25; --text: #e6e9ed; --quiet: #9aa5b1; --rule: #313942; --empty: #222830;
    --one: #56b4e9; --two: #f0933a; --right: #2a7fc1; --wrong: #c4600f; --good: #3fc79a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 1.15rem; margin: 0 0 12px; }
h3 { font-size: 0.98rem; margin: 20px 0 8px; }
p { margin: 0 0 12px; }
.quiet { color: var(--quiet); }
.note { color: var(--quiet); font-size: 0.9rem; }
section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 20px 22px; margin-top: 20px; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 14px; margin: 22px 0 0; padding: 0; }
.figures div { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; }
.figures dt { color: var(--quiet); font-size: 0.85rem; }
.figures dd { margin: 2px 0 0; font-size: 1.4rem; font-weight: 600; white-space: nowrap; font-variant-numeric: tabular-nums; line-height: 1.25; }
.figures .headline dd { color: var(--good); }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); column-gap: 24px; align-items: start; }
section .columns { row-gap: 24px; }
svg { display: block; width: 100%; height: auto; font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', Arial, sans-serif; }
svg text { fill: var(--text); }
.chart-title { font-size: 14px; font-weight: 600; }
.axis text, .legend, .axis-label { fill: var(--quiet); font-variant-numeric: tabular-nums; }
.axis path { stroke: var(--quiet); fill: none; }
.grid path { stroke: var(--rule); fill: none; }
.series { fill: none; stroke-width: 2; stroke-linejoin: round; }
.series.faint { stroke-width: 1; opacity: 0.45; }
.series-1 { stroke: var(--one); } .series-2 { stroke: var(--two); }
.dot-1 { fill: var(--one); } .dot-2 { fill: var(--two); }
.confusion { margin: 0 auto; }
.confusion .back { fill: var(--empty); } .confusion .right { fill: var(--right); } .confusion .wrong { fill: var(--wrong); }
.confusion text { font-variant-numeric: tabular-nums; }
.confusion .none { fill: var(--quiet); opacity: 0.45; } .confusion .strong { fill: var(--on); font-weight: 600; } .confusion .some { font-weight: 600; }
.confusion .labels text { font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 0.92rem; }
th, td { text-align: right; padding: 5px 7px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th { font-weight: 600; } thead th { color: var(--quiet); font-weight: 500; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
tbody.averages { border-top: 2px solid var(--rule); }
table.facts td { text-align: left; overflow-wrap: anywhere; white-space: normal; } table.facts th { width: 34%; white-space: normal; vertical-align: top; font-weight: 500; color: var(--quiet); }
pre { margin: 0; overflow-x: auto; font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 16px; margin: 0; padding: 0; list-style: none; }
.pictures img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; image-rendering: pixelated; border-radius: 6px; background: #000; border: 1px solid var(--rule); }
.pictures p { margin: 6px 0 0; font-size: 0.85rem; line-height: 1.35; }
.pictures b.wrong { color: var(--two); } .pictures b.right { color: var(--one); }
.verdict { font-weight: 600; } .verdict.good { color: var(--good); } .verdict.bad { color: var(--two); }
footer { color: var(--quiet); font-size: 0.85rem; margin-top: 24px; }
@media print { section { break-inside: avoid; } body { background: none; } }
`;
