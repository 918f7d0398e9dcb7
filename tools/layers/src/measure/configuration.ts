/** A layer rebuilt from its configuration, with its state taken over, gives the same bits. */
import { fromConfig, type ModuleConfig, type ModuleTypes } from '../../../../packages/layers/src/index.ts';
import { setDevice, type Tensor } from '../../../../packages/tensor/src/index.ts';
import { failure, sayError, yes, type Cell } from '../../../operations/src/cell.ts';
import { modelOf, tensorsIn } from '../prepare.ts';
import { inputsOf, type Sample } from '../sample.ts';
import { knownTypes } from '../samples/containers.ts';

export const bitsOf = async (result: unknown): Promise<string> => {
  const parts: string[] = [];
  for (const [place, value] of tensorsIn(result)) parts.push(`${place} ${value}: ${(await value.data()).join()}`);
  return parts.join('\n');
};

async function requireSame(sample: Sample, types: ModuleTypes): Promise<void> {
  const model = modelOf(sample).eval();
  const text = JSON.stringify(model.layer.config());
  const again = fromConfig(JSON.parse(text) as ModuleConfig, types);
  if (JSON.stringify(again.config()) !== text) throw new Error(`${text} became ${JSON.stringify(again.config())}`);
  again.loadStateDict(model.layer.stateDict());
  const call = (inputs: Tensor[]): unknown => model.forward(...inputs);
  const expected = await bitsOf(call(inputsOf(sample)));
  model.layer = again.eval();
  const actual = await bitsOf(call(inputsOf(sample)));
  if (actual !== expected) throw new Error(`it gives ${actual.slice(0, 60)}, not ${expected.slice(0, 60)}`);
}

/** `types` are the classes that configurations name, beside those of `@hebb/layers`. */
export async function configurationCell(samples: readonly Sample[], types: ModuleTypes = knownTypes): Promise<Cell> {
  setDevice('reference');
  try {
    for (const sample of samples) await requireSame(sample, types);
    return yes;
  } catch (error) {
    return failure(sayError(error));
  }
}
