/** What `fromConfig` can build of this family; nothing else imports it. */
import type { ModuleTypes } from '../module/build.ts';
import {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from './adaptive-pooling.ts';
import { AvgPool1d, AvgPool2d, AvgPool3d } from './average-pooling.ts';
import { FractionalMaxPool2d, FractionalMaxPool3d } from './fractional-pooling.ts';
import { LPPool1d, LPPool2d, LPPool3d } from './lp-pooling.ts';
import { MaxPool1d, MaxPool2d, MaxPool3d } from './max-pooling.ts';
import { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d } from './unpooling.ts';

export const poolingTypes = (): ModuleTypes => ({
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  MaxUnpool1d,
  MaxUnpool2d,
  MaxUnpool3d,
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  LPPool1d,
  LPPool2d,
  LPPool3d,
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
  FractionalMaxPool2d,
  FractionalMaxPool3d,
});
