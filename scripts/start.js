// npm start: sets the project up, then answers "does this task need queries?" for a synthetic task and for digits.
// npm start -- COMMAND …: sets the project up, then runs that command of kvt.
import { setup } from "./setup.js";

setup();

const { main } = await import("../dist/cli/main.js");
const { processIo } = await import("../dist/cli/io.js");
const io = processIo();
const words = process.argv.slice(2);
process.exitCode = words.length > 0 ? await main(words, io) : await firstAnswers();

async function firstAnswers() {
  console.log(
    "Does a task need queries? Attention with queries (qkv) and without (kv, kv+pos), trained on this machine.",
  );
  console.log("\n1 of 2: reverse, to write 16 digits backwards");
  const code = await main(["compare", "reverse"], io);
  if (code !== 0) return code;
  console.log("2 of 2: mnist, to recognise handwritten digits");
  if (await hasDigits()) return main(["compare", "mnist"], io);
  return io.interruptible().aborted ? 130 : 0;
}

/** Whether MNIST is here, after an attempt to download it. Says in one line how to get it when it is not. */
async function hasDigits() {
  const [{ findDataSet }, { fetchDataSet }, { locateFile }, { cacheFolder, dataFolders }] = await Promise.all([
    import("../dist/data/catalogue.js"),
    import("../dist/data/fetch.js"),
    import("../dist/data/files.js"),
    import("../dist/data/folders.js"),
  ]);
  const set = findDataSet("mnist");
  const places = await Promise.all(set.files.map((file) => locateFile(dataFolders(), set.name, file.name)));
  if (places.every((place) => place !== undefined)) return true;
  const folder = cacheFolder();
  console.error(`downloading MNIST, 11 MiB, to ${folder}`);
  try {
    await fetchDataSet(set, folder, { signal: io.interruptible() });
    return true;
  } catch {
    if (io.interruptible().aborted) return false;
    console.error(
      'skipped: MNIST could not be downloaded; put its four files into a folder and run "npx kvt compare mnist --data FOLDER".',
    );
    return false;
  }
}
