import {
  findTask,
  openTrainingProgram,
  resolveOptions,
  type Backend,
  type TrainingProgram,
  type TaskData,
} from "../../../src/index.ts";

/** As small as a KV+Pos encoder gets that still has every part, dropout too. */
const SETTINGS = [
  "model.width=16",
  "model.layers=1",
  "model.dropout=0.1",
  "data.length=8",
  "data.trainSize=64",
  "data.validationSize=8",
  "data.testSize=8",
  "train.batch=8",
];

const SEED = 7;
const RATE = 2e-3;

export interface Lesson {
  readonly program: TrainingProgram;
  readonly data: TaskData;
  /** one update on the batch that belongs to step `i` */
  step(i: number): Promise<Numbers>;
}

export interface Numbers {
  readonly loss: number;
  readonly gradientNorm: number;
}

/** A small KV+Pos encoder on `reverse`, ready to be trained on a backend. */
export async function openLesson(backend: Backend): Promise<Lesson> {
  const task = findTask("reverse");
  const options = resolveOptions(task, "quick", SETTINGS);
  const program = await openTrainingProgram({ task, options, attention: "kv+pos", seed: SEED }, backend);
  const data = await task.load(options, {
    seed: SEED,
    read: () => Promise.reject(new Error("internal: reverse reads no file")),
  });
  const { batch } = options.train;
  const indices = (i: number) => Int32Array.from({ length: batch }, (_, k) => (i * batch + k) % data.sizes.train);
  return { program, data, step: (i) => program.step(data.batch("train", indices(i), 0), RATE) };
}

export interface Course {
  readonly steps: readonly Numbers[];
  /** the steps from `resumeAt` on, by a program that had trained on something else and was given the first one's state */
  readonly resumed: readonly Numbers[];
  readonly evaluation: { readonly lossSum: number; readonly correct: number; readonly count: number };
  /** evaluation of the same state after more training, and after it was written back */
  readonly evaluationAgain: { readonly lossSum: number; readonly correct: number; readonly count: number };
}

/** Trains, resumes the state after `resumeAt` steps in a second program, evaluates, and releases both. */
export async function takeCourse(backend: Backend, steps: number, resumeAt: number): Promise<Course> {
  const first = await openLesson(backend);
  const validation = () =>
    first.program.evaluate(
      first.data.batch(
        "validation",
        Int32Array.from({ length: 8 }, (_, i) => i),
        0,
      ),
    );
  const made: Numbers[] = [];
  for (let i = 0; i < resumeAt; i++) made.push(await first.step(i));
  const state = await first.program.read();
  const evaluation = await validation();
  for (let i = resumeAt; i < steps; i++) made.push(await first.step(i));
  first.program.write(state);
  const evaluationAgain = await validation();
  await first.program.release();

  const second = await openLesson(backend);
  await second.step(steps);
  second.program.write(state);
  const resumed: Numbers[] = [];
  for (let i = resumeAt; i < steps; i++) resumed.push(await second.step(i));
  await second.program.release();
  return { steps: made, resumed, evaluation, evaluationAgain };
}
