import type { DeviceRequest } from "../runtime/backend.ts";
import type { DataEnvironment, Task } from "../tasks/task.ts";
import type { TrainingProgram } from "./program.ts";
import type { ProgramRequest } from "./training-program.ts";

export interface DeviceProgramRequest extends ProgramRequest {
  readonly device: DeviceRequest;
  readonly threads: number;
}

/** What a run needs besides its folder. Tests put a small one in its place. */
export interface Engine {
  /** throws a `usage` error for an unknown name */
  findTask(name: string): Task;
  createTrainingProgram(request: DeviceProgramRequest): Promise<TrainingProgram>;
  /**
   * Reads files of data sets from `data`, or from where they are kept by default. Long work on them throws the reason of
   * `signal` when it is aborted.
   */
  dataEnvironment(data: string | undefined, signal?: AbortSignal): Omit<DataEnvironment, "seed">;
}
