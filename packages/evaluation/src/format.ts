/** Numbers as people read them. */

/** `0.1234`, `2.289`, `12.35`, `1.20e-5`: four digits or so. */
export function formatLoss(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 1e-4)) return value.toExponential(2);
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4);
}

/** `98.61 %`; up to `digits` decimals, the same number for every value. */
export function formatPercent(fraction: number, digits = 2): string {
  return Number.isNaN(fraction) ? '–' : `${(fraction * 100).toFixed(digits)} %`;
}

/** `5,431`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `0:04`, `12:30`, `1:02:09`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/** `0.80 s`, `12.3 s`, `3 min 20 s`, `2 h 5 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A metric's value: a percentage where its name says that it is a fraction, else like a loss. */
export function formatMetric(name: string, value: number): string {
  // Average precision is an area, as that under a ROC curve is.
  return /accuracy|(?<!average)precision|recall|f1|exactMatch/i.test(name) && value >= 0 && value <= 1
    ? formatPercent(value)
    : formatLoss(value);
}

/** Names that have a spelling of their own. */
const spellings: readonly (readonly [RegExp, string])[] = [
  [/\br2 score\b|\br2\b/, 'R²'],
  [/\bf1( score)?\b/, 'F1'],
  [/\broc auc\b/, 'ROC AUC'],
];

/** `camelCase` as words, names of the field as the field writes them: `macroF1` is `macro F1`, `r2Score` is `R²`. */
export function words(name: string): string {
  const parted = name.replace(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase();
  return spellings.reduce((text, [pattern, spelling]) => text.replace(pattern, spelling), parted);
}
