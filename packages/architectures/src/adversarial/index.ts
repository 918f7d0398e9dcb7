/** Generative adversarial networks: what makes samples, and what tells them from the data. `adversarial` of `@hebb/training` trains them. */
export {
  DCGANDiscriminator,
  type DCGANDiscriminatorOptions,
  type DiscriminatorNormalization,
} from './dcgan-discriminator.ts';
export { DCGANGenerator, type DCGANGeneratorOptions } from './dcgan-generator.ts';
