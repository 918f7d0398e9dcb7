/** Special functions against numbers of forty digits: the interpreter's, by which the devices are measured in accuracy.test.ts, and the devices' own. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  digamma as exactDigamma,
  erf,
  erfc,
  erfinv as exactErfinv,
  lgamma as exactLgamma,
} from '../src/reference/special.ts';
import { digamma, erfinv, lgamma, setDevice, tensor, type Tensor } from '../src/index.ts';
import { devices, flushesDenormals } from './support/devices.ts';
import { golden } from './support/golden.ts';
import { ulpError } from './support/ulp.ts';

type Name = 'lgamma' | 'digamma' | 'erfinv' | 'erf' | 'erfc';

const cases = golden(new URL('golden/special.json', import.meta.url)) as Readonly<Record<Name, [number, number][]>>;
const exact: Readonly<Record<Name, (x: number) => number>> = {
  lgamma: exactLgamma,
  digamma: exactDigamma,
  erfinv: exactErfinv,
  erf,
  erfc,
};
const operations: Readonly<Record<Name, (x: Tensor) => Tensor>> = {
  lgamma,
  digamma,
  erfinv,
  erf: (x) => x.erf(),
  erfc: (x) => x.erfc(),
};
const names = Object.keys(cases) as Name[];

it.each(names)('the interpreter has %s to 12 digits', (name) => {
  const wrong = cases[name].flatMap(([x, want]) => {
    const got = exact[name](x);
    // Beside a zero the digits that are lost are those of the terms.
    const error = Math.abs(got - want) / Math.max(Math.abs(want), 1e-3);
    return error <= 1e-12 ? [] : [`${name}(${x}) is ${got}, not ${want}: ${error}`];
  });
  expect(wrong).toEqual([]);
});

describe.each(devices)('on %s', (device) => {
  beforeAll(() => setDevice(device));

  it.each(names)('%s', async (name) => {
    const x = cases[name].map(([at]) => at);
    const y = await operations[name](tensor(Float32Array.from(x))).data();
    const flushes = await flushesDenormals();
    const wrong = cases[name].flatMap(([at, want], i) => {
      const got = y[i] ?? NaN;
      if (flushes && Math.abs(at) < 2 ** -126)
        return got === exact[name](0) ? [] : [`${name}(${at}) is ${got}, not that of 0`];
      // Where ln Γ and ψ are reflected, what they are the difference of.
      const size = name === 'lgamma' ? at * Math.log(-at) : Math.PI / Math.tan(Math.PI * at);
      const scale = at < 0 && name.endsWith('gamma') ? 1e-6 * Math.max(1, Math.abs(size)) : 0;
      const fine = Math.abs(got - want) <= scale || ulpError(got, want, 2 ** -126) <= 4;
      return fine ? [] : [`${name}(${at}) is ${got}, not ${want}`];
    });
    expect(wrong, wrong.join('; ')).toEqual([]);
  });
});
