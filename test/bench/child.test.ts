import { expect, test } from "vitest";
import { startSubject } from "../../bench/child.js";
import { launchFake } from "./fakes.ts";

test("a subject says its version, answers each request with that many times, and ends when told", async () => {
  const subject = await startSubject(launchFake(0.25));
  expect(subject.version).toBe("fake 1.0");
  expect(subject.parameters).toBe(7);
  const timing = await subject.run(3);
  expect(timing.seconds).toEqual([0.25, 0.25, 0.25]);
  expect(timing.peakBytes).toBeGreaterThan(10e6);
  expect((await subject.run(1)).seconds).toEqual([0.25]);
  await subject.stop();
});

test("a subject that cannot start, that dies, or that does not exist fails in its own words", async () => {
  await expect(startSubject(launchFake(1, "--cannot-start"))).rejects.toThrow("no such backend");
  const mortal = await startSubject(launchFake(1, "--dies-after", "1"));
  await mortal.run(1);
  await expect(mortal.run(1)).rejects.toThrow("a library that prints");
  await expect(startSubject({ command: "no-such-program", args: [] })).rejects.toThrow("ENOENT");
});
