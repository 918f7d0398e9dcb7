import type { Tensor } from '@hebb/tensor';
import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, Module, ReLU, Sequential } from '../../src/index.ts';

/** The network of the manual. */
export class Net extends Module {
  features: Sequential = new Sequential(
    new Conv2d(1, 32, 3),
    new ReLU(),
    new Conv2d(32, 64, 3),
    new ReLU(),
    new MaxPool2d(2),
    new Dropout(0.25),
  );
  classifier: Sequential = new Sequential(
    new Flatten(),
    new Linear(9216, 128),
    new ReLU(),
    new Dropout(0.5),
    new Linear(128, 10),
  );
  forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}
