import { expect, it } from "vitest";
import {
  add,
  constant,
  gather,
  gradient,
  inModule,
  input,
  logSoftmax,
  matmul,
  mean,
  oneHot,
  parameter,
  print,
  relu,
  mul,
  sum,
} from "../../src/graph/index.ts";

it("prints one line a node: op, inputs, attributes, type, shape and module path", () => {
  const ids = input("ids", ["B", "T"], "int32");
  const h = inModule("token", () => gather(parameter("token.weight", [65, 8]), ids));
  const logits = inModule("head", () => add(relu(matmul(h, parameter("head.weight", [8, 65]))), constant([1], [1])));
  expect(print([logSoftmax(logits), oneHot(ids, 65)])).toMatchInlineSnapshot(`
    "%0 = input() {name: ids} : int32 (B,T)
    %1 = parameter() {name: token.weight} : float32 (65,8)  # token
    %2 = gather(%1, %0) : float32 (B,T,8)  # token
    %3 = parameter() {name: head.weight} : float32 (8,65)  # head
    %4 = matmul(%2, %3) {transposeA: false, transposeB: false, scale: 1} : float32 (B,T,65)  # head
    %5 = relu(%4) : float32 (B,T,65)  # head
    %6 = constant() {values: [1]} : float32 (1)  # head
    %7 = add(%5, %6) : float32 (B,T,65)  # head
    %8 = logSoftmax(%7) {axis: 2} : float32 (B,T,65)
    %9 = oneHot(%0) {depth: 65} : float32 (B,T,65)
    return %8, %9"
  `);
});

it("prints a gradient with the paths of the nodes that it belongs to", () => {
  const x = input("x", [4, 3]);
  const w = parameter("w", [3, 2]);
  const loss = mean(inModule("layer", () => mul(matmul(x, w), 2)));
  expect(print(gradient(sum(loss), [w]))).toMatchInlineSnapshot(`
    "%0 = input() {name: x} : float32 (4,3)
    %1 = constant() {values: [2]} : float32 ()  # layer
    %2 = constant() {values: [1]} : float32 ()
    %3 = reshape(%2) : float32 (1,1)
    %4 = constant() {values: [0.125]} : float32 ()
    %5 = mul(%3, %4) : float32 (1,1)
    %6 = expand(%5) : float32 (4,2)
    %7 = mul(%6, %1) : float32 (4,2)  # layer
    %8 = matmul(%0, %7) {transposeA: true, transposeB: false, scale: 1} : float32 (3,2)  # layer
    return %8"
  `);
});
