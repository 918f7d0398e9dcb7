/** What the page has rows for: every public layer, loss, optimizer and schedule, by chapter. */
import * as layers from '../../../packages/layers/src/index.ts';
import * as losses from '../../../packages/losses/src/index.ts';
import * as optimizers from '../../../packages/optimizers/src/index.ts';
import { chapters as layerChapters, samples, type LayerName } from './catalogue.ts';
import type { Case } from './golden/comparison.ts';
import { layerCases } from './golden/layers.ts';
import { lossCases } from './golden/losses.ts';
import { optimizerCases } from './golden/optimizers.ts';
import { scheduleCases, wrapperCases } from './golden/schedules.ts';
import type { Sample } from './sample.ts';

export interface Subject {
  readonly cases: readonly Case[];
  /** Of layers. */
  readonly samples?: readonly Sample[];
}

const publicClasses = (api: object, isMeant: (value: { readonly prototype: unknown }) => boolean): string[] =>
  Object.entries(api)
    .filter(([, value]) => typeof value === 'function' && isClass(value) && isMeant(value as { prototype: unknown }))
    .map(([name]) => name);

const isClass = (value: unknown): boolean => /^class\b/.test(Function.prototype.toString.call(value));
const publicFunctions = (api: object): string[] =>
  Object.entries(api)
    .filter(([, value]) => typeof value === 'function' && !isClass(value))
    .map(([name]) => name);

/** Bases of others, of which nothing is made; those of layers say no type of their own. */
const abstract = ['AveragingWrapper', 'Optimizer', 'OptimizerWrapper'];

/** Every public name that has to have a row, found in the packages themselves. */
export const expectedNames: Readonly<Record<'layers' | 'losses' | 'optimizers' | 'schedules', readonly string[]>> = {
  layers: publicClasses(layers, (value) => value.prototype instanceof layers.Module && Object.hasOwn(value, 'type')),
  losses: publicFunctions(losses),
  optimizers: publicClasses(
    optimizers,
    ({ prototype }) => prototype instanceof optimizers.Optimizer || prototype instanceof optimizers.OptimizerWrapper,
  )
    .concat('LBFGS')
    .filter((name, i, all) => !abstract.includes(name) && all.indexOf(name) === i),
  schedules: [...publicFunctions(optimizers), ...publicClasses(optimizers, () => true)].filter(
    (name) => name.endsWith('Schedule') && name !== 'applySchedule',
  ),
};

const casesOf = (cases: readonly Case[], name: string): readonly Case[] => cases.filter(({ of }) => of === name);
const withCases = (names: readonly string[], cases: readonly Case[]): Map<string, Subject> =>
  new Map([...names].sort().map((name) => [name, { cases: casesOf(cases, name) }]));

export const chapters: ReadonlyMap<string, ReadonlyMap<string, Subject>> = new Map([
  ...Object.entries(layerChapters).map(([title, chapter]): [string, Map<string, Subject>] => [
    title,
    new Map(
      Object.keys(chapter)
        .sort()
        .map((name) => [name, { cases: casesOf(layerCases, name), samples: samples[name as LayerName] }]),
    ),
  ]),
  ['Losses', withCases(expectedNames.losses, lossCases)],
  ['Optimizers', withCases(expectedNames.optimizers, [...optimizerCases, ...wrapperCases])],
  ['Schedules', withCases(expectedNames.schedules, scheduleCases)],
]);
