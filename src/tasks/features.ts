import type { LabelledImages } from "../data/images.ts";

/** A model that turns a picture into a vector. */
export type FeatureModel =
  /** a vision transformer that is trained for it, by so many updates */
  | { readonly kind: "own"; readonly steps: number }
  | {
      readonly kind: "onnx";
      /** file name, for errors */
      readonly name: string;
      readonly bytes: Uint8Array;
      /** what its pixels are: between 0 and 1, or with ImageNet's mean and deviation taken out */
      readonly normalise: "imagenet" | "unit";
    };

export interface FeatureRequest {
  readonly model: FeatureModel;
  readonly train: LabelledImages;
  readonly test: LabelledImages;
  /** pictures of `train` that a model may learn from */
  readonly learned: Int32Array;
}

/** A vector of `width` numbers for each picture, row-major. */
export interface Features {
  readonly width: number;
  readonly train: Float32Array;
  readonly test: Float32Array;
}

/** Runs image models. Both throw a `data` error for an ONNX model that cannot be read or has other inputs or outputs. */
export interface FeatureExtractor {
  /** numbers in a picture's vector */
  width(model: FeatureModel): Promise<number>;
  extract(request: FeatureRequest): Promise<Features>;
}
