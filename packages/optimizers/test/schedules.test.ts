/** Schedules against PyTorch's `lr_scheduler`. */
import { SGD, PlateauSchedule, type PlateauState, type Schedule } from '../src/index.ts';
import * as optimizers from '../src/index.ts';
import { ArgumentError, ones, variable } from '@hebb/tensor';
import { describe, expect, it } from 'vitest';
import { golden } from '../../tensor/test/support/golden.ts';
import { plateauOptions, schedules as made } from './support/schedules.ts';

const { steps, factors, momenta, plateaus } = golden(new URL('golden/schedules.json', import.meta.url)) as {
  readonly steps: number;
  readonly factors: Readonly<Record<string, readonly number[]>>;
  readonly momenta: Readonly<Record<string, readonly number[]>>;
  readonly plateaus: Readonly<Record<string, { readonly values: number[]; readonly factors: number[] }>>;
};

describe('schedules', () => {
  it('are all compared', () => expect(Object.keys(made).sort()).toEqual(Object.keys(factors).sort()));

  it.each(Object.entries(factors))("%s is PyTorch's", (name, expected) => {
    expected.forEach((factor, step) => expect(made[name]?.(step, steps), `step ${step}`).toBeCloseTo(factor, 12));
  });

  it.each(Object.entries(momenta))("the momentum of %s is PyTorch's, in every group that has one", (name, expected) => {
    const parameters = { a: variable(ones([1])), b: variable(ones([1])) };
    const options = { momentum: 0.9, groups: [{ match: /b/, momentum: 0 }] };
    const [sgd, adam] = [new SGD(parameters, options), new optimizers.AdamW(parameters)];
    const restore = optimizers.keepSettings(sgd);
    expected.forEach((momentum, step) => {
      for (const optimizer of [sgd, adam]) optimizers.applySchedule(optimizer, made[name] as Schedule, step, steps);
      expect(sgd.groups[0]?.options.momentum, `step ${step}`).toBeCloseTo(momentum, 12);
      expect(adam.groups[0]?.options.betas, `step ${step}`).toEqual([sgd.groups[0]?.options.momentum, 0.999]);
      expect(sgd.groups[1]?.options.momentum).toBe(0);
      expect(sgd.factor).toBeCloseTo(factors[name]?.[step] ?? NaN, 12);
    });
    restore();
    expect([sgd.factor, sgd.groups[0]?.options.momentum]).toEqual([1, 0.9]);
  });

  it('follow one another with their momenta, and refuse milestones that do not fit', () => {
    const cycle = optimizers.cyclicSchedule({ up: 2, momentum: [0.5, 0.75] });
    const sequence = optimizers.sequentialSchedule([optimizers.constantSchedule(), cycle], [4]);
    expect([0, 3, 4, 5, 6].map((step) => sequence.momentum?.(step, 8))).toEqual([
      undefined,
      undefined,
      0.75,
      0.625,
      0.5,
    ]);
    expect(optimizers.chainedSchedule(cycle, optimizers.constantSchedule()).momentum?.(1, 8)).toBe(0.625);
    expect(() => optimizers.sequentialSchedule([cycle], [4])).toThrow('1 schedules need 0 milestones, not 1');
    expect(() => optimizers.sequentialSchedule([cycle, cycle, cycle], [5, 4])(0, 8)).toThrow('ascending order');
    expect(() => optimizers.cyclicSchedule({ up: 2, momentum: [0.5, 1] })).toThrow('momentum must be two numbers < 1');
    expect(() => optimizers.cyclicSchedule({ up: 2, minimum: 2 })).toThrow('minimum must be ≤ 1');
  });

  it('rises, falls as 1/√step and meets 1 between', () => {
    const schedule = optimizers.inverseSquareRootSchedule({ warmup: 4 });
    expect([0, 1, 3, 15, 63].map((step) => schedule(step, 100))).toEqual([0.25, 0.5, 1, 0.5, 0.25]);
  });

  it('say their length where the loop does not know it', () => {
    const schedule = optimizers.linearSchedule({ steps: 10 });
    expect([0, 5, 10, 20].map((step) => schedule(step, Infinity))).toEqual([1, 0.5, 0, 0]);
    expect(() => optimizers.stepSchedule({ every: 0.5 })(0, NaN)).toThrow(ArgumentError);
    expect(optimizers.stepSchedule({ every: 2 })(5, NaN)).toBeCloseTo(0.01, 12);
  });

  it('multiply the rate of every group', () => {
    const parameters = { a: variable(ones([1])), b: variable(ones([1])) };
    const optimizer = new SGD(parameters, { learningRate: 0.1, groups: [{ match: /b/, learningRate: 1 }] });
    optimizer.factor = optimizers.cosineSchedule()(50, 100);
    expect(optimizer.factor).toBeCloseTo(0.5, 12);
    expect(() => (optimizer.factor = NaN)).toThrow('[SGD] factor must be a number ≥ 0, not NaN');
    expect(() => (optimizer.factor = undefined as never)).toThrow(
      'hint: Does the schedule return a number on every path?',
    );
  });
});

describe('PlateauSchedule', () => {
  it.each(Object.entries(plateaus))(
    "%s is PyTorch's, also where it goes on from a saved state",
    (name, { values, factors: expected }) => {
      let schedule = new PlateauSchedule(plateauOptions[name]);
      values.forEach((value, i) => {
        const next = new PlateauSchedule(plateauOptions[name]);
        next.loadStateDict(JSON.parse(JSON.stringify(schedule.stateDict())) as PlateauState);
        schedule = next;
        expect(schedule.observe(value), `value ${i}`).toBeCloseTo(expected[i] ?? NaN, 12);
      });
    },
  );

  it('takes NaN for no improvement', () => {
    const schedule = new PlateauSchedule({ patience: 1, factor: 0.5 });
    expect([NaN, 1, NaN, NaN, 0.5].map((value) => schedule.observe(value))).toEqual([1, 1, 1, 0.5, 0.5]);
    const never = new PlateauSchedule({ patience: 1, factor: 0.5 });
    expect([NaN, NaN, NaN].map((value) => never.observe(value))).toEqual([1, 0.5, 0.5]);
  });

  it('refuses states and options that are none', () => {
    expect(() => new PlateauSchedule({ factor: 1 })).toThrow('factor must be < 1, not 1');
    const fresh = new PlateauSchedule().stateDict();
    const states: readonly (readonly [unknown, string])[] = [
      [undefined, 'the state is that of something else, not of a PlateauSchedule'],
      [{ ...fresh, type: 'EarlyStopping' }, 'the state is that of something else, not of a PlateauSchedule'],
      [{ ...fresh, factor: -0.5 }, 'factor must be a number from 0 to 1, not -0.5'],
      [{ ...fresh, factor: 2 }, 'factor must be a number from 0 to 1, not 2'],
      [{ ...fresh, best: Number.NaN }, 'best must be a number that is not NaN, or undefined, not NaN'],
      [{ ...fresh, waited: -5 }, 'waited must be an integer ≥ 0, not -5'],
      [{ ...fresh, cooling: 'x' }, "cooling must be an integer ≥ 0, not 'x'"],
    ];
    for (const [state, reason] of states) {
      const plateau = new PlateauSchedule();
      expect(plateau.differences(state)).toEqual([reason]);
      expect(() => plateau.loadStateDict(state as PlateauState)).toThrow(
        `[PlateauSchedule.loadStateDict] the state does not fit: ${reason}.`,
      );
      expect(plateau.stateDict()).toEqual(fresh);
    }
  });
});
