/** How many turns of the generator the draws take. Apart from their formulas, which are loaded with a device. */
import type { Distribution } from './distributions.ts';

/** At most one in 20 is refused, all of them once in 60 million draws, which is less often than a uniform draw is 0. */
export const gammaProposals = 6;
/** Of uniform numbers, of which a turn gives two: a normal number is made of two, and another decides. */
export const wordsOfProposal = 3;
/** The last is for small concentrations. */
export const gammaTurns: number = (gammaProposals * wordsOfProposal) / 2 + 1;

const turns: Readonly<Partial<Record<Distribution, number>>> = { gamma: gammaTurns, beta: 2 * gammaTurns };

/** Of how many numbers of its generator a draw is made, two words each. */
export const turnsOf = (distribution: Distribution): number => turns[distribution] ?? 1;
