import type { DeviceRequest } from "../runtime/backend.ts";
import { openNode } from "../runtime/node.ts";
import type { Options } from "../tasks/task.ts";
import type { TrainingProgram } from "./program.ts";
import { openTrainingProgram, type ProgramRequest } from "./training-program.ts";

/** A training program on ONNX Runtime for Node. */
export async function createTrainingProgram<O extends Options>(
  request: ProgramRequest<O> & { readonly device: DeviceRequest; readonly threads: number },
): Promise<TrainingProgram> {
  return openTrainingProgram(request, await openNode(request.device, request.threads));
}
