/** onnxruntime for real, in WebAssembly: a session that adds, what its runs give, what is released when. */
import * as ort from "onnxruntime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adopt, ledger, onnxTensors, scope } from "../../../src/scope/index.ts";
import { doublingModel } from "./onnx-model.ts";

let adoption: Disposable;
beforeAll(() => {
  ort.env.wasm.numThreads = 1;
  adoption = adopt(onnxTensors(ort));
});
afterAll(() => adoption[Symbol.dispose]());

describe("onnxruntime in scopes", () => {
  it("releases sessions and the outputs of their runs", async () => {
    const output = await scope(async () => {
      const session = await ort.InferenceSession.create(doublingModel);
      const x = new ort.Tensor("float32", [1, 2], [2]);
      await session.run({ x });
      expect(ledger.live("onnxruntime")).toBe(2);
      return (await session.run({ x }))["y"];
    });
    expect(output?.data).toEqual(new Float32Array([2, 4]));
    expect(ledger.live("onnxruntime")).toBe(1);
    output?.dispose();
    expect(ledger.live("onnxruntime")).toBe(0);
  });

  it("leaves a tensor that was handed in to be filled with its owner", async () => {
    await scope(async () => {
      const session = await ort.InferenceSession.create(doublingModel);
      const y = new ort.Tensor("float32", new Float32Array(2), [2]);
      await scope(async () => void (await session.run({ x: new ort.Tensor("float32", [1, 2], [2]) }, { y })));
      expect(y.location).toBe("cpu");
    });
  });

  it("shows both places when a session is run or released again", async () => {
    const lost: ort.InferenceSession[] = [];
    await scope(async () => void lost.push(await ort.InferenceSession.create(doublingModel)));
    const both = { code: "ERR_PLIMSOLL_RELEASED", message: expect.stringMatching(/Released:[^]*Now:/) as string };
    await expect(lost[0]?.run({})).rejects.toMatchObject(both);
    await expect(lost[0]?.release()).rejects.toMatchObject(both);
  });

  it("leaves the library as it was", () => {
    const observed = ort.InferenceSession.create;
    adoption[Symbol.dispose]();
    expect(ort.InferenceSession.create).not.toBe(observed);
    adoption = adopt(onnxTensors(ort));
  });
});
