import { Stopwatch } from './stopwatch.ts';

/** The clocks of a run, in seconds, those of the runs that it goes on from included. */
export class RunClock {
  /** From start to end, everything included. */
  readonly whole: Stopwatch = new Stopwatch();
  /** Of the epoch that is going on, without validation. */
  readonly epoch: Stopwatch = new Stopwatch();
  /** Of validations in the epoch that is going on. */
  validationSeconds = 0;

  endEpoch(): void {
    this.epoch.reset();
    this.validationSeconds = 0;
  }

  get times(): RunTimes {
    return {
      seconds: this.whole.seconds,
      epochSeconds: this.epoch.seconds,
      epochValidationSeconds: this.validationSeconds,
    };
  }
  set times({ seconds, epochSeconds, epochValidationSeconds }: RunTimes) {
    this.whole.reset(seconds);
    this.epoch.reset(epochSeconds);
    this.validationSeconds = epochValidationSeconds;
  }
}

/** As they are saved. */
export type RunTimes = {
  readonly seconds: number;
  readonly epochSeconds: number;
  readonly epochValidationSeconds: number;
};
