/** Every operation, alone and composed, against central differences. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  abs,
  add,
  atan,
  BayesError,
  cholesky,
  concat,
  cos,
  cumulativeSum,
  diagonal,
  diagonalMatrix,
  div,
  dot,
  erf,
  exp,
  expm1,
  less,
  log,
  log1p,
  logAddExp,
  logGamma,
  logistic,
  logNormalCdf,
  logSumExp,
  logSumExpRows,
  matmul,
  maximum,
  minimum,
  mul,
  neg,
  pow,
  scan,
  sin,
  softplus,
  solveLower,
  solveLowerTransposed,
  sqrt,
  square,
  stack,
  sub,
  sum,
  sumRows,
  tanh,
  toValue,
  transpose,
  type Value,
  where,
} from "../src/index.ts";
import { expectGradient, parameter } from "./support/check-gradient.ts";

const positions = (length: number): fc.Arbitrary<number[]> =>
  fc.array(fc.double({ min: 0.2, max: 1.7, noNaN: true }), { minLength: length, maxLength: length });

const ELEMENTWISE: Readonly<Record<string, (x: Value) => Value>> = {
  abs,
  atan,
  cos,
  erf,
  exp,
  expm1,
  log,
  log1p,
  logGamma,
  logistic,
  logNormalCdf,
  neg,
  sin,
  softplus,
  sqrt,
  square,
  tanh,
};

describe("the gradient of", () => {
  it.each(Object.keys(ELEMENTWISE))("%s is right, on numbers and on vectors", (name) => {
    const f = ELEMENTWISE[name] ?? neg;
    fc.assert(
      fc.property(positions(3), (position) => {
        expectGradient(
          f(parameter(0, 3))
            .mul([1, -2, 3])
            .sum()
            .add(f(parameter(1)).mul(0.5)),
          position,
        );
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    ["sums, products and quotients", (x: Value) => add(x.at(0), mul(sub(x, x.at(1)), div(x, x.at(2).add(1)))).sum()],
    ["powers", (x: Value) => pow(x, x.at(1)).sum().add(pow(2, x).sum()).add(x.pow(3).sum())],
    ["greatest and least", (x: Value) => maximum(x, x.at(0).mul(1.01)).sum().sub(minimum(x, 0.9).sum())],
    [
      "log-sum-exp",
      (x: Value) =>
        logAddExp(x, x.at(2))
          .sum()
          .add(logSumExp(x))
          .add(logSumExpRows(x.reshape(2, 3)).sum()),
    ],
    ["a choice", (x: Value) => where(less(x, [0, 3, 0, 3, 0, 3]), square(x), exp(x)).sum()],
    [
      "parts and their order",
      (x: Value) =>
        concat(x.slice(1, 3), x.at(-1), x.gather([5, 5, 0, 2, 1]))
          .mul([1, 2, 3, 4, 5, 6, 7, 8])
          .square()
          .sum(),
    ],
    ["running sums", (x: Value) => cumulativeSum(x).square().sum().add(x.mean())],
    [
      "broadcasting",
      (x: Value) =>
        mul(x.reshape(2, 3), [[1], [2]])
          .add(x.slice(0, 3))
          .square()
          .sum()
          .add(sumRows(x.reshape(3, 2)).mul(sum(x)).sum()),
    ],
    ["an inner product", (x: Value) => dot(x, x.gather([5, 4, 3, 2, 1, 0]))],
    [
      "a product of matrices",
      (x: Value) =>
        matmul(x.reshape(2, 3), transpose(x.reshape(2, 3)))
          .square()
          .sum()
          .add(matmul(x.reshape(3, 2), x.slice(0, 2)).sum()),
    ],
    [
      "rows that are stacked",
      (x: Value) =>
        stack([x.slice(0, 2), x.slice(2, 4), x.slice(4)])
          .at(1)
          .square()
          .sum(),
    ],
  ] as const)("%s is right", (_name, f) => {
    fc.assert(
      fc.property(positions(6), (position) => expectGradient(f(parameter(0, 6)), position)),
      { numRuns: 25 },
    );
  });

  it("a Cholesky factor and what it solves is right", () => {
    const density = (x: Value): Value => {
      const m = x.reshape(3, 3);
      const factor = cholesky(add(matmul(m, transpose(m)), diagonalMatrix([1, 2, 3])));
      const z = solveLower(factor, [1, 2, 3]);
      const w = solveLowerTransposed(factor, m);
      return z
        .square()
        .sum()
        .add(log(diagonal(factor)).sum())
        .add(w.square().sum());
    };
    fc.assert(
      fc.property(positions(9), (position) => expectGradient(density(parameter(0, 9)), position)),
      { numRuns: 25 },
    );
  });

  it("a loop over time is right, state, sequences and surroundings alike", () => {
    const waves = Array.from({ length: 40 }, (_, i) => Math.sin(i));
    const density = (x: Value): Value => {
      const { state, outputs } = scan(
        [x.at(0), x.slice(1, 3)] as const,
        [waves, concat(x, new Array<number>(36).fill(1))],
        ([level, pair], [wave, other]) => {
          const next = level
            .mul(0.5)
            .add(wave)
            .add(tanh(x.at(3).mul(pair.at(0))))
            .add(other.mul(0.1));
          return { state: [next, concat(pair.at(1), next.mul(0.1))], output: next };
        },
      );
      return square(outputs).sum().add(state[0]).add(state[1].sum());
    };
    fc.assert(
      fc.property(positions(4), (position) => expectGradient(density(parameter(0, 4)), position)),
      { numRuns: 25 },
    );
  });

  it("what there is none of counts as 0", () => {
    const density = (x: Value): Value =>
      x
        .gather([])
        .square()
        .sum()
        .add(x.slice(0, 0).mul(x.at(0)).sum())
        .add(concat(x, x.slice(2, 2)).square().sum());
    expectGradient(density(parameter(0, 2)), [0.3, 0.7]);
  });

  it("a loop of no steps leaves its state, and one without outputs is right", () => {
    const density = (x: Value): Value => {
      const none = scan([x.at(0)], [x.slice(0, 0)], ([level], [each]) => ({ state: [level.mul(each)] }));
      const three = scan([x.at(1), 2], [x.gather([1, 0, 1])], ([level, other], [each]) => ({
        state: [level.mul(each).add(other), level],
      }));
      return none.state[0].add(three.state[0].mul(three.state[1]));
    };
    expectGradient(density(parameter(0, 2)), [0.3, 0.7]);
  });

  it("a loop within a loop is right", () => {
    const density = (x: Value): Value => {
      const outer = scan([x.at(0)], [[1, 2, 3]], ([level], [factor]) => {
        const inner = scan([level.mul(factor)], [x], ([now], [each]) => ({
          state: [sin(now.mul(each).add(0.3))],
          output: now,
        }));
        return { state: [inner.state[0]], output: inner.outputs };
      });
      return square(outer.outputs).sum().add(outer.state[0]);
    };
    fc.assert(
      fc.property(positions(3), (position) => expectGradient(density(parameter(0, 3)), position)),
      { numRuns: 25 },
    );
  });

  it("straight code of thousands of steps is right", () => {
    let value = parameter(0);
    for (let i = 0; i < 3000; i += 1) value = sin(value.mul(0.9).add(parameter(1).mul(i % 7)));
    expectGradient(value, [0.3, 0.7]);
  });
});

describe("what does not fit together", () => {
  it.each([
    ["vectors of two lengths", () => add([1, 2], [1, 2, 3]), /add cannot combine vector\[2\] with vector\[3\]/],
    [
      "matrices with other inner lengths",
      () => matmul([[1, 2]], [[1, 2]]),
      /matmul cannot multiply matrix\[1,2\] by matrix\[1,2\]/,
    ],
    ["an index beyond the end", () => toValue([1, 2]).at(2), /vector\[2\] has no element 2/],
    ["a factor of what is not square", () => cholesky([[1, 2]]), /cholesky needs a square matrix, not matrix\[1,2\]/],
    ["rows of two lengths", () => toValue([[1], [1, 2]]), /the rows of a matrix differ in length/],
    ["sequences of two lengths", () => scan([0], [[1], [1, 2]], ([s]) => ({ state: [s] })), /sequences of one length/],
    [
      "a state that changes its shape",
      () => scan([0], [[1, 2]], () => ({ state: [[1, 2]] })),
      /turns number into vector\[2\]/,
    ],
  ] as const)("%s is an error that names the shapes", (_name, f, message) => {
    expect(f).toThrow(BayesError);
    expect(f).toThrow(message);
  });
});
