/** Imports the packages named on the command line and fails where one does not load or exports nothing. */
const names = process.argv.slice(2);
if (names.length === 0) throw new Error('Name the packages to import.');
for (const name of names) {
  const exported = Object.keys(await import(name));
  console.log(`${name}: ${exported.length} exports`);
  if (exported.length === 0) throw new Error(`${name} exports nothing.`);
}
