/** Which number of an epoch decides whether it was a better one. */
import { requireOneOf, requireString, type OptionNames } from '@hebb/tensor/arguments';
import type { EpochRecord, Run } from './callback.ts';
import { TrainingError } from './errors.ts';

export interface MonitorOptions {
  /** 'loss', 'validationLoss' or the name of a metric. Default: validation loss where there is validation data, else training loss. */
  monitor?: string;
  /** Whether smaller or larger is better. Default: smaller for losses and names with 'error', larger for other metrics. */
  mode?: 'min' | 'max';
}

export const monitorOptions: OptionNames<MonitorOptions> = { monitor: true, mode: true };

/** Throws {@link ArgumentError} where the options cannot name a number. */
export function requireMonitor(where: string, { monitor, mode }: MonitorOptions): void {
  if (monitor !== undefined) requireString(where, 'monitor', monitor);
  if (mode !== undefined) requireOneOf(where, 'mode', mode, ['min', 'max']);
}

/** The monitored number, so that larger is better. */
export function monitored(
  where: string,
  record: EpochRecord,
  run: Run,
  options: MonitorOptions,
): { name: string; value: number; score: number } {
  const name = options.monitor ?? (run.hasValidation ? 'validationLoss' : 'loss');
  const value =
    name === 'loss' ? record.loss : name === 'validationLoss' ? record.validationLoss : record.metrics[name];
  if (value === undefined) {
    const known = ['loss', ...(run.hasValidation ? ['validationLoss'] : []), ...run.metricNames];
    throw new TrainingError(`[${where}] there is no '${name}' to monitor; there is ${known.join(', ')}.`, {
      hint: 'Give fit { validation } and the metric, or monitor another.',
    });
  }
  if (Number.isNaN(value)) {
    throw new TrainingError(
      `[${where}] ${name} is not a number (NaN) in epoch ${record.epoch}: no epoch is better than it.`,
      {
        hint: 'Monitor another number, or let the metric give one in every epoch.',
      },
    );
  }
  const mode = options.mode ?? (/loss|error/i.test(name) ? 'min' : 'max');
  return { name, value, score: mode === 'min' ? -value : value };
}
