import { BinaryWriter } from "@bufbuild/protobuf/wire";

/*
 * The part of TensorBoard's protocol-buffer schema that runs use, written field by field. The field numbers are those of
 * tensorboard/compat/proto/{event,summary,tensor}.proto and tensorboard/plugins/hparams/{plugin_data,api}.proto
 * (https://github.com/tensorflow/tensorboard), version 2.
 */

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

export interface EventPlace {
  /** seconds since 1970 */
  readonly wallTime: number;
  readonly step: number;
}

export type Hyperparameter = string | number | boolean;

/** The first record of every file. */
export const versionEvent = (wallTime: number): Uint8Array =>
  event({ wallTime, step: 0 }, (w) => w.tag(3, BYTES).string("brain.Event:2"));

/** A process begins at `step`: what an earlier file of the run says of this step and later ones is no longer so. */
export const startEvent = (place: EventPlace): Uint8Array =>
  event(place, (w) => message(w, 7, (log) => log.tag(1, VARINT).int32(1)));

/** Values of a step by their tags. */
export const scalarsEvent = (place: EventPlace, scalars: Readonly<Record<string, number>>): Uint8Array =>
  event(place, (w) =>
    message(w, 5, (summary) => {
      for (const [tag, value] of Object.entries(scalars)) {
        message(summary, 1, (entry) => entry.tag(1, BYTES).string(tag).tag(2, FIXED32).float(value));
      }
    }),
  );

/**
 * The hyper-parameters of a run, for the plugin "hparams". A description of the whole experiment is left out on purpose:
 * TensorBoard would take the first one that it finds for all runs, where otherwise it collects the options and metrics of
 * all of them.
 */
export const sessionStartEvent = (
  place: EventPlace,
  hyperparameters: Readonly<Record<string, Hyperparameter>>,
): Uint8Array =>
  pluginEvent(place, "_hparams_/session_start_info", (data) =>
    message(data, 3, (info) => {
      for (const [name, value] of Object.entries(hyperparameters)) {
        message(info, 1, (entry) => {
          entry.tag(1, BYTES).string(name);
          message(entry, 2, (inner) => writeValue(inner, value));
        });
      }
      info.tag(5, FIXED64).double(place.wallTime);
    }),
  );

/**
 * That a run is finished. TensorBoard keeps the first of these that it finds, so a run that failed gets none: it may yet
 * be resumed and finish.
 */
export const sessionEndEvent = (place: EventPlace): Uint8Array =>
  pluginEvent(place, "_hparams_/session_end_info", (data) =>
    message(data, 4, (info) => info.tag(1, VARINT).int32(1).tag(2, FIXED64).double(place.wallTime)),
  );

function event({ wallTime, step }: EventPlace, write: (writer: BinaryWriter) => unknown): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, FIXED64).double(wallTime);
  writer.tag(2, VARINT).int64(step);
  write(writer);
  return writer.finish();
}

/** A value whose meaning lies in the data of a plugin; the tensor that it must have is an empty scalar. */
function pluginEvent(place: EventPlace, tag: string, writeData: (data: BinaryWriter) => unknown): Uint8Array {
  const data = new BinaryWriter();
  writeData(data);
  return event(place, (w) =>
    message(w, 5, (summary) =>
      message(summary, 1, (value) => {
        value.tag(1, BYTES).string(tag);
        message(value, 8, (tensor) => {
          tensor.tag(1, VARINT).int32(1);
          message(tensor, 2, () => undefined);
          tensor.tag(5, BYTES).bytes(new Uint8Array(4));
        });
        message(value, 9, (metadata) =>
          message(metadata, 1, (plugin) => plugin.tag(1, BYTES).string("hparams").tag(2, BYTES).bytes(data.finish())),
        );
      }),
    ),
  );
}

/** google.protobuf.Value */
function writeValue(writer: BinaryWriter, value: Hyperparameter): void {
  if (typeof value === "number") writer.tag(2, FIXED64).double(value);
  else if (typeof value === "string") writer.tag(3, BYTES).string(value);
  else writer.tag(4, VARINT).bool(value);
}

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => unknown): void {
  writer.tag(field, BYTES).fork();
  write(writer);
  writer.join();
}
