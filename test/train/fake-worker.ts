import { serve } from "../../src/train/serve.ts";
import { fakeEngine } from "./fake.ts";

/** Entry of a process that trains the fake task. */
serve(() => Promise.resolve(fakeEngine));
