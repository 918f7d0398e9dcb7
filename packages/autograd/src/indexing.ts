/** Gradients of gather and scatter, which are each other's. */
import type { Tensor } from '@hebb/tensor';
import { makeNode, nodeOf, tensorOf, type Attributes, type Combination } from '@hebb/tensor/graph';
import type { Rule } from './rules.ts';

function gather(x: Tensor, index: Tensor, attributes: Attributes['gather']): Tensor {
  return tensorOf(makeNode('gather', [nodeOf(x), nodeOf(index)], attributes));
}

function scatter(base: Tensor, index: Tensor, updates: Tensor, attributes: Attributes['scatter']): Tensor {
  return tensorOf(makeNode('scatter', [nodeOf(base), nodeOf(index), nodeOf(updates)], attributes));
}

/** Every element of x gets what was made of it, wherever it went. */
export const ungather: Rule<'gather'> = (dy, { inputs: [x, index], attributes: { axis } }) =>
  x === undefined || index === undefined ? [] : [() => scatter(zerosLike(x), index, dy, { axis, combine: 'add' })];

/** What an update gets of something that every element of the base has; 0 where it was dropped. */
export const unscatter: Rule<'scatter'> = (dy, { inputs, attributes: { axis, combine } }) => {
  const [base, index, updates] = inputs;
  if (base === undefined || index === undefined || updates === undefined) return [];
  const into = (start: Tensor, values: Tensor, how: Combination): Tensor =>
    scatter(start, index, values, { axis, combine: how });
  const from = (x: Tensor): Tensor => gather(x, index, { axis, outside: 0 });
  const none = (): undefined => undefined;
  switch (combine) {
    case 'set': {
      // The last along the axis is the one that stayed.
      const order = tensorOf(makeNode('iota', [], { shape: index.shape, axis }));
      const stayed = tensorOf(makeNode('constant', [], { dtype: 'int32', shape: base.shape, value: -1 }));
      const last = (): Tensor => gather(into(stayed, order, 'set'), index, { axis, outside: -1 });
      return [() => into(dy, zerosLike(updates), 'set'), none, () => last().equal(order).where(from(dy), 0)];
    }
    case 'add':
      return [() => dy, none, () => from(dy)];
    case 'mul': {
      // The product of the others: a quotient, and where one factor is 0 the product without it.
      const isZero = updates.equal(0);
      const zeros = (): Tensor => into(zerosLike(base), isZero.where(1, 0), 'add');
      return [
        () => into(dy, updates, 'mul'),
        none,
        () => {
          const others = into(dy.mul(base), isZero.where(1, updates), 'mul');
          const count = from(zeros());
          const quotient = count.equal(0).where(from(others).div(isZero.where(1, updates)), 0);
          return isZero.where(count.equal(1).where(from(others), 0), quotient);
        },
      ];
    }
    case 'max':
    case 'min': {
      // Equal shares to all that attain the extremum, as PyTorch's scatter_reduce.
      // Not the output, which may be stored, and rounded otherwise than updates that are computed again.
      const extreme = (): Tensor => into(base, updates, combine);
      const attains = (): Tensor => base.equal(extreme());
      const attain = (): Tensor => updates.equal(from(extreme()));
      const share = (): Tensor => dy.div(into(attains().where(1, 0), attain().where(1, 0), 'add'));
      return [() => attains().where(share(), 0), none, () => attain().where(from(share()), 0)];
    }
  }
};

const zerosLike = (x: Tensor): Tensor =>
  tensorOf(makeNode('constant', [], { dtype: x.dtype, shape: x.shape, value: 0 }));
