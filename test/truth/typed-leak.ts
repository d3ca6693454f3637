// Leak in TypeScript, translated on loading: the verdict must point at this file and its lines.
import "./lifetime.cjs";

interface Measurement {
  readonly sensor: string;
  readonly values: readonly number[];
}

const measurements: Measurement[] = [];

function storeMeasurement(sensor: number): void {
  const values = Array.from({ length: 30 }, (_, i) => sensor + i / 3);
  measurements.push({ sensor: `sensor-${sensor}`, values });
}

let count = 0;
setInterval(() => {
  for (let i = 0; i < 250; i += 1) storeMeasurement((count += 1));
}, 100);
