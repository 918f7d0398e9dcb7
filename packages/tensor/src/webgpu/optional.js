/**
 * Imports a package that may not be installed. In JavaScript, because TypeScript would wrap the specifier in a helper that rewrites
 * extensions and reads `this`, of which Rollup warns. Bundlers do not look for the package: the specifier is no literal to them.
 */
export const importOptional = (specifier) =>
  import(/* @vite-ignore */ /* webpackIgnore: true */ /* turbopackIgnore: true */ specifier);
