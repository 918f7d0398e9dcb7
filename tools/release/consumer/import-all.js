/** Imports the packages named on the command line and fails where one does not load or exports nothing. */
const names = process.argv.slice(2);
let failed = names.length === 0;
for (const name of names) {
  const exported = Object.keys(await import(name));
  console.log(`${name}: ${exported.length} exports`);
  if (exported.length === 0) failed = true;
}
if (failed) console.error('At least one package exports nothing.');
process.exit(failed ? 1 : 0);
