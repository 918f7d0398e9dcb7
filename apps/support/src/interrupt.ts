/** Ctrl-C: gently at first, at once the second time. */

export interface Interrupt {
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

/** @param quit called for the second signal, before the process ends with exit code 130 */
export function listenForInterrupt(quit: () => void): Interrupt {
  const controller = new AbortController();
  const listener = (): void => {
    if (controller.signal.aborted) {
      quit();
      process.exit(130);
    }
    controller.abort();
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, listener);
  return {
    signal: controller.signal,
    dispose: () => {
      for (const signal of signals) process.off(signal, listener);
    },
  };
}
