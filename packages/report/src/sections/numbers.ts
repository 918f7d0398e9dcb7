/** Numbers of sections as text. */
import type { NumberFormat } from '@hebb/evaluation';
import { formatCount, formatLoss, formatPercent } from '@hebb/evaluation/format';

/** @param digits decimals of a percentage */
export function formatNumber(value: number, format: NumberFormat = 'number', digits = 2): string {
  if (format === 'percent') return formatPercent(value, digits);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '–' : value > 0 ? '∞' : '−∞';
  const isCount = format === 'count' || (Number.isInteger(value) && Math.abs(value) < 1e9);
  return (isCount ? formatCount(value) : formatLoss(value)).replace('-', '−');
}

/** Numbers under one another: with as many decimals each where they are about as large. */
export function formatColumn(values: readonly number[]): (value: number) => string {
  const sizes = values.filter((value) => Number.isFinite(value) && !Number.isInteger(value)).map(Math.abs);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const decimals = /\.(\d+)$/.exec(formatLoss(most))?.[1]?.length;
  if (sizes.length < 2 || most > 10 * least || decimals === undefined) return (value) => formatNumber(value);
  return (value) =>
    Number.isInteger(value) || !Number.isFinite(value)
      ? formatNumber(value)
      : value.toFixed(decimals).replace('-', '−');
}

export type Ticks = readonly { readonly value: number; readonly text: string }[];

/** Ticks of one axis; those of a linear one all with the decimals that the finest needs. */
export function formatTicks(ticks: readonly number[], format: NumberFormat = 'number', logarithmic = false): Ticks {
  const shown = ticks.map((tick) => Number((format === 'percent' ? tick * 100 : tick).toPrecision(6)));
  const isExtreme = shown.some((tick) => Math.abs(tick) >= 1e6 || (tick !== 0 && Math.abs(tick) < 1e-4));
  const decimals = Math.max(0, ...shown.map((tick) => /\.(\d+)$/.exec(String(tick))?.[1]?.length ?? 0));
  const digits = {
    ...(logarithmic ? { maximumFractionDigits: 6 } : { minimumFractionDigits: decimals }),
    // Four digits are read without a comma, and may be years.
    useGrouping: shown.some((tick) => Math.abs(tick) >= 10_000),
  };
  return ticks.map((value, i) => {
    const tick = shown[i] ?? value;
    const text =
      isExtreme && tick !== 0 ? tick.toExponential().replace('e+', 'e') : tick.toLocaleString('en-US', digits);
    return { value, text: `${text.replaceAll('-', '−')}${format === 'percent' ? ' %' : ''}` };
  });
}
