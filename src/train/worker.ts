import { serve } from "./serve.ts";

/** Entry of a process that trains, started by `runInProcess`. */
serve(async () => (await import("./product-engine.ts")).productEngine);
