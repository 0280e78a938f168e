import { dropoutMask, flatten, input, mul, parameter, reshape, type Tensor } from "../graph/index.ts";
import { currentPath } from "../graph/path.ts";
import { at, elements, product } from "../graph/shape.ts";
import { KvtError } from "../errors.ts";
import type { Decoding } from "./decoding.ts";
import type { Initialiser } from "./initialise.ts";

export interface ParameterSpecification {
  /** module path and name joined by dots */
  readonly path: string;
  readonly shape: readonly number[];
  readonly initialise: Initialiser;
  readonly tensor: Tensor;
}

/** One place where dropout acts: its hash factors are fed at each step, under these names. */
export interface DropoutSite {
  readonly path: string;
  readonly rows: number;
  readonly columns: number;
}

/** Of a sequence to itself, to itself and what came before, or to another one. */
export type AttentionKind = "self" | "causal" | "cross";

/** What an attention module computes, for those who want to look at it. */
export interface ObservedAttention {
  readonly path: string;
  readonly kind: AttentionKind;
  readonly scores: Tensor;
  readonly weights: Tensor;
}

/** What a model collects while it is built: parameters in order, dropout sites, and tensors that someone may look at. */
export class Scope {
  readonly parameters: ParameterSpecification[] = [];
  readonly dropoutSites: DropoutSite[] = [];
  /** attention scores and weights of each attention module, in order of building */
  readonly observed: ObservedAttention[] = [];
  readonly training: boolean;
  /** the inputs of a graph that goes on from cached tokens; causal self-attention and positions then read them */
  readonly decoding: Decoding | undefined;
  readonly #tensors: ReadonlyMap<string, Tensor> | undefined;

  /** `tensors`: what each parameter's path stands for, where that is not an input of its own */
  constructor(options: {
    readonly training: boolean;
    readonly tensors?: ReadonlyMap<string, Tensor>;
    readonly decoding?: Decoding;
  }) {
    this.training = options.training;
    this.decoding = options.decoding;
    this.#tensors = options.tensors;
  }

  parameter(name: string, shape: readonly number[], initialise: Initialiser): Tensor {
    const path = [currentPath(), name].filter(Boolean).join(".");
    if (this.parameters.some((other) => other.path === path)) {
      throw new KvtError("shape", `parameter "${path}": expected a new path, got one that is taken`);
    }
    const tensor = this.#tensors?.get(path) ?? parameter(path, shape);
    this.parameters.push({ path, shape, initialise, tensor });
    return tensor;
  }

  /**
   * Inverted dropout: in training each element is 0 with probability `rate` and divided by 1 − rate otherwise; else x.
   * The mask is a function of two short random vectors that the host draws for (seed, step, site).
   */
  dropout(x: Tensor, rate: number): Tensor {
    if (!this.training || rate === 0) return x;
    const path = `${currentPath()}.dropout${this.dropoutSites.length}`;
    const rows = product(x.shape.slice(0, -1)) as number;
    const columns = at(x.shape, -1) as number;
    this.dropoutSites.push({ path, rows, columns });
    const mask = dropoutMask(
      input(`${path}.rows`, [rows], "int32"),
      input(`${path}.columns`, [columns], "int32"),
      rate,
    );
    return reshape(mul(flatten(x), mask), x.shape);
  }

  observe(seen: Omit<ObservedAttention, "path">): void {
    this.observed.push({ path: currentPath(), ...seen });
  }

  /** number of trainable numbers */
  get size(): number {
    return this.parameters.reduce((all, { shape }) => all + elements(shape), 0);
  }
}
