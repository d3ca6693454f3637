// Leak: every prediction is kept for a chart, as a tensor with all its data.
import "../lifetime.cjs";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";

await tf.setBackend("cpu");
const weights = tf.ones([64, 64]);
const chart = [];

function predict() {
  const input = tf.randomUniform([128, 64]);
  chart.push(tf.matMul(input, weights));
}

setInterval(predict, 50);
