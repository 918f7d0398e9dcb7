/** The parts of a run: what a checkpoint must hold, and which of it are modules, optimizers and averages. */
import { Module } from '@hebb/layers';
import { averagingOf, type Averaging, type TrainingOptimizer } from '@hebb/optimizers';
import type { Stateful } from '@hebb/tensor';
import { describe, isPlain } from '@hebb/tensor/arguments';
import { TrainingError } from './errors.ts';

/** Names that a run itself takes in a checkpoint. */
const reserved = ['run', 'data', 'schedule', 'callbacks'];

export function isStateful(value: unknown): value is Stateful {
  const { stateDict, loadStateDict } = Object(value) as Partial<Record<keyof Stateful, unknown>>;
  return typeof stateDict === 'function' && typeof loadStateDict === 'function';
}

function isOptimizer(value: unknown): value is TrainingOptimizer {
  const { step, parameters, learningRate } = Object(value) as Partial<Record<keyof TrainingOptimizer, unknown>>;
  return typeof step === 'function' && parameters instanceof Map && typeof learningRate === 'number';
}

/** Throws TrainingError unless these are parts by name. */
export function requireParts(where: string, parts: unknown): asserts parts is Readonly<Record<string, Stateful>> {
  const hint = 'Parts are what a checkpoint must hold, by name: { model, optimizer }.';
  if (!isPlain(parts) || Object.keys(parts).length === 0)
    throw new TrainingError(`[${where}] parts must be an object of modules, optimizers, …, not ${describe(parts)}.`, {
      hint,
    });
  for (const [name, part] of Object.entries(parts)) {
    if (reserved.includes(name) || name.includes('.')) {
      throw new TrainingError(
        `[${where}] a part cannot be named '${name}': ${name.includes('.') ? 'names have no dots' : 'that is a part of the run itself'}.`,
        { hint: `Names of parts are yours but for ${reserved.join(', ')}.` },
      );
    }
    if (isStateful(part) || isOptimizer(part)) continue;
    throw new TrainingError(
      `[${where}] the part ${name} must have stateDict() and loadStateDict(state), and ${describe(part)} has not.`,
      { hint },
    );
  }
}

export function modulesOf(parts: Readonly<Record<string, unknown>>): ReadonlyMap<string, Module> {
  return new Map(Object.entries(parts).filter((entry): entry is [string, Module] => entry[1] instanceof Module));
}

export function optimizersOf(parts: Readonly<Record<string, unknown>>): ReadonlyMap<string, TrainingOptimizer> {
  return new Map(Object.entries(parts).filter((entry): entry is [string, TrainingOptimizer] => isOptimizer(entry[1])));
}

export function averagesOf(parts: Readonly<Record<string, unknown>>): readonly Averaging[] {
  return [...optimizersOf(parts).values()].flatMap((optimizer) => averagingOf(optimizer) ?? []);
}
