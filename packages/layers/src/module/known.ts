/** What is known of modules below their class, which stands above those who ask and introduces itself: so no import goes in a circle. */
import type { AnyModule } from './module.ts';

interface Modules {
  isModule(value: unknown): value is AnyModule;
  /** Whether the class names its members itself, instead of having them found in its fields. */
  namesItself(module: AnyModule): boolean;
  /** Tells a module under which path it was found. */
  foundAt(module: AnyModule, path: string): void;
  /** See {@link placeOf}. */
  placeOf(module: AnyModule): string;
  /** Lets a module share the hooks of another one, in whose place it comes. */
  takeHooks(module: AnyModule, from: AnyModule): void;
}

let modules: Modules | undefined;

/** Called by the class Module, which stands above this file. */
export function introduceModules(methods: Modules): void {
  modules = methods;
}

/** The methods that the class has introduced. */
export function known(): Modules {
  if (modules === undefined) throw new Error('No module was made yet.');
  return modules;
}

/** `classifier.1 (Linear 9216 → 128)`, for errors: the path is known once a model that holds the module was walked, by an optimizer or by an error in its `forward`. */
export function placeOf(module: AnyModule): string {
  return known().placeOf(module);
}

/** Lets a module share the hooks of another one, in whose place it comes. */
export function takeHooks(module: AnyModule, from: AnyModule): void {
  known().takeHooks(module, from);
}

export function isModule(value: unknown): value is AnyModule {
  return modules?.isModule(value) === true;
}
