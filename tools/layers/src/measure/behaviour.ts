/** What every layer does as a module: modes, its row in a summary, errors that say where they happened. */
import { summary } from '../../../../packages/layers/src/index.ts';
import { HebbError, realize, setDevice } from '../../../../packages/tensor/src/index.ts';
import { modelOf, tensorsIn } from '../prepare.ts';
import { extentsOf, inputsOf, sizesOf, type Sample } from '../sample.ts';
import { bitsOf } from './configuration.ts';

/** What is wrong, a line each. */
export async function behaviourFaults(samples: readonly Sample[]): Promise<string[]> {
  setDevice('reference');
  const faults: string[] = [];
  for (const sample of samples)
    faults.push(...(await modeFaults(sample)), ...summaryFaults(sample), ...sizeFaults(sample));
  return faults;
}

/** Modes reach every module; while evaluating, a layer draws nothing and changes nothing of its state. */
async function modeFaults(sample: Sample): Promise<string[]> {
  const model = modelOf(sample);
  const faults: string[] = [];
  const trains = (): Set<boolean> => new Set([...model.namedModules().values()].map(({ training }) => training));
  model.train();
  if (trains().has(false)) faults.push('train() leaves a module behind');
  const results = tensorsIn(model.forward(...inputsOf(sample)));
  // Together: the first one alone would move what the others are computed from.
  await realize(results.map(([, value]) => value));
  for (const [place, value] of results)
    if ([...(await value.data())].some((number) => Number.isNaN(number))) faults.push(`NaN in ${place} while training`);
  model.eval();
  if (trains().has(true)) faults.push('eval() leaves a module behind');
  const state = async (): Promise<string> => bitsOf(Object.fromEntries(model.stateDict()));
  const before = await state();
  const first = await bitsOf(model.forward(...inputsOf(sample)));
  const second = await bitsOf(model.forward(...inputsOf(sample)));
  if (first !== second) faults.push('two calls differ in evaluation mode');
  if ((await state()) !== before) faults.push('a call changes the state in evaluation mode');
  return faults;
}

/** The summary has the shapes that the layer gives, and all of its parameters. */
function summaryFaults(sample: Sample): string[] {
  const model = modelOf(sample);
  const found = summary(
    model,
    sample.inputs.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  const faults: string[] = [];
  if (found.parameters !== model.layer.parameterCount) faults.push(`the summary counts ${found.parameters} parameters`);
  if (found.rows.length === 0) faults.push('the summary has no rows');
  const results = tensorsIn(model.forward(...inputsOf(sample)));
  const sizes = sizesOf(sample, 0);
  const fixed = [...found.outputs.values()];
  results.forEach(([place, { shape }], i) => {
    const said = fixed[i];
    const fits =
      said?.length === shape.length &&
      said.every((extent, axis) =>
        typeof extent === 'string' && !(extent in sizes) ? true : extentsOf([extent], sizes)[0] === shape[axis],
      );
    if (!fits) faults.push(`the summary says [${said?.join(', ')}] of ${place}, which is [${shape.join(', ')}]`);
  });
  return faults;
}

/** One feature too many is an error of ours that names the layer by its path. */
function sizeFaults(sample: Sample): string[] {
  const { features } = sample;
  if (features === 'any') return [];
  const model = modelOf(sample);
  model.namedModules();
  const sizes = sizesOf(sample, 0);
  const given = inputsOf(sample);
  const [first] = sample.inputs;
  const shape = extentsOf(first?.shape ?? [], sizes);
  const axis = features < 0 ? shape.length + features : features;
  const wrong = first?.make(
    shape.map((extent, i) => (i === axis ? extent + 1 : extent)),
    1,
    sizes,
  );
  try {
    model.forward(...given.map((value, i) => (i === 0 ? (wrong ?? value) : value)));
    return [`takes ${shape[axis]} + 1 features`];
  } catch (error) {
    if (!(error instanceof HebbError)) return [`a wrong number of features is ${String(error)}`];
    return /^ {2}module: layer\b/m.test(error.message) ? [] : [`no path in: ${error.message}`];
  }
}
