/**
 * The bundles of test/bundles, installed when they are first asked for, and a program for each that
 * says what it computed.
 */
import { join } from "node:path";
import { installPackages } from "../../../../test/support/install-packages.ts";

const FOLDER = join(import.meta.dirname, "..", "bundles");

/** A bundle and what is done with it. */
export interface Bundle {
  readonly name: string;
  readonly path: string;
  /** Statements that use `library` and leave what they found in `result`; they may await. */
  readonly program: string;
}

const BABYLON = `
const { NullEngine, Scene, MeshBuilder, Vector3, SceneSerializer, CSG, StandardMaterial, ArcRotateCamera } = library;
const engine = new NullEngine();
const scene = new Scene(engine);
const camera = new ArcRotateCamera("camera", 1, 1, 5, Vector3.Zero(), scene);
const box = MeshBuilder.CreateBox("box", { size: 2 }, scene);
const ball = MeshBuilder.CreateSphere("ball", { diameter: 2.5, segments: 8 }, scene);
const cut = CSG.FromMesh(box).subtract(CSG.FromMesh(ball)).toMesh("cut", new StandardMaterial("material", scene), scene);
scene.render();
const written = SceneSerializer.Serialize(scene);
result = [cut.getTotalVertices(), cut.getBoundingInfo().boundingBox.maximum.asArray(), camera.position.asArray(), written.meshes.map(({ name }) => name), Object.keys(library).length];
`;

/** The bundles that the work is developed against. */
export const BUNDLES: readonly Bundle[] = [
  {
    name: "TensorFlow.js 4.22.0",
    path: join(FOLDER, "node_modules/@tensorflow/tfjs/dist/tf.min.js"),
    program: `
const tf = library;
await tf.setBackend("cpu");
const x = tf.tensor2d([[1, 2], [3, 4], [5, 6]]), y = tf.tensor2d([[1], [2], [3]]);
const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [2], kernelInitializer: "ones" })] });
model.compile({ optimizer: tf.train.sgd(0.01), loss: "meanSquaredError" });
const fitted = await model.fit(x, y, { epochs: 3, shuffle: false });
const image = tf.range(0, 75).reshape([1, 5, 5, 3]);
const gradient = tf.grad((a) => a.square().sum())(tf.tensor1d([1, 2, 3]));
result = [x.matMul(x.transpose()).arraySync(), tf.conv2d(image, tf.ones([3, 3, 3, 2]), 1, "same").sum().arraySync(), gradient.arraySync(), fitted.history.loss, Object.keys(tf).length];`,
  },
  { name: "Babylon.js 8.34.0", path: join(FOLDER, "node_modules/babylonjs8/babylon.js"), program: BABYLON },
  { name: "Babylon.js 9.34.0", path: join(FOLDER, "node_modules/babylonjs9/babylon.es5.js"), program: BABYLON },
  {
    name: "TypeScript 5.9.3",
    path: join(FOLDER, "node_modules/typescript5/lib/typescript.js"),
    program: `
const ts = library;
const source = "enum A { B = 1, C } const f = async <T,>(x: T): Promise<T> => x; class D { #p = A.C; get v() { return this.#p } } const n: string = 1;";
const out = ts.transpileModule(source, { compilerOptions: { target: "ES5", module: "CommonJS" } }).outputText;
const host = { ...ts.createCompilerHost({}), getSourceFile: (name, version) => ts.createSourceFile(name, name === "a.ts" ? source : "", version), writeFile() {} };
const program = ts.createProgram(["a.ts"], { noLib: true, target: 2 }, host);
result = [out, program.getSemanticDiagnostics().map(({ code, start }) => [code, start]).slice(0, 20), Object.keys(ts).length];`,
  },
];

/** Installs the bundles, once. */
export async function installBundles(): Promise<void> {
  await installPackages(FOLDER);
}
