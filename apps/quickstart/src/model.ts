/** The two networks that the quickstart can train. */
import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential, type Module } from 'hebb';

/** A convolutional network: two 3×3 convolutions, each halving the image, and two linear layers. */
function convolutional(height: number, width: number, classes: number): Module {
  const features = 32 * Math.floor(height / 4) * Math.floor(width / 4);
  return new Sequential(
    new Conv2d(1, 16, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(16, 32, 3, { padding: 1 }),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Dropout(0.2),
    new Linear(features, 64),
    new ReLU(),
    new Linear(64, classes),
  );
}

/** A multilayer perceptron with two hidden layers. */
function perceptron(height: number, width: number, classes: number): Module {
  return new Sequential(
    new Flatten(),
    new Linear(height * width, 128),
    new ReLU(),
    new Dropout(0.2),
    new Linear(128, 64),
    new ReLU(),
    new Linear(64, classes),
  );
}

export function makeModel(name: 'mlp' | 'cnn', image: { height: number; width: number }, classes: number): Module {
  return (name === 'cnn' ? convolutional : perceptron)(image.height, image.width, classes);
}
