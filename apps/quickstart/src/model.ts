/** The two networks that the quickstart can train. */
import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential, type Module } from 'hebb';

/** Images larger than this are halved after the first convolution already. */
const smallImage = 16;

/** A convolutional network: two 3×3 convolutions and two linear layers. */
function convolutional(height: number, width: number, classes: number): Module {
  const isSmall = Math.max(height, width) <= smallImage;
  const reduction = isSmall ? 2 : 4;
  const features = 32 * Math.floor(height / reduction) * Math.floor(width / reduction);
  return new Sequential(
    new Conv2d(1, 16, 3, { padding: 1 }),
    new ReLU(),
    ...(isSmall ? [] : [new MaxPool2d(2)]),
    new Conv2d(16, 32, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout(0.25),
    new Linear(features, 64),
    new ReLU(),
    new Dropout(0.25),
    new Linear(64, classes),
  );
}

/** A multilayer perceptron with two hidden layers. */
function perceptron(height: number, width: number, classes: number): Module {
  return new Sequential(
    new Flatten(),
    new Linear(height * width, 128),
    new ReLU(),
    new Dropout(0.25),
    new Linear(128, 64),
    new ReLU(),
    new Linear(64, classes),
  );
}

export function makeModel(name: 'mlp' | 'cnn', image: { height: number; width: number }, classes: number): Module {
  return (name === 'cnn' ? convolutional : perceptron)(image.height, image.width, classes);
}
