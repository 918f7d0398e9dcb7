/** The most memory that this process has had, MiB: on Linux since it was last reset, elsewhere since its start. */
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export function peakMemory(): number {
  const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readOr('/proc/self/status', '')) ?? [];
  return (kilobytes === undefined ? process.resourceUsage().maxRSS : Number(kilobytes)) / 1024;
}

/** What this process has now, MiB. */
export function residentMemory(): number {
  return process.memoryUsage().rss / 2 ** 20;
}

/** Forgets what preparing has taken, so that what follows is told of training alone. */
export function resetPeakMemory(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Linux alone can, and not in every container.
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}
