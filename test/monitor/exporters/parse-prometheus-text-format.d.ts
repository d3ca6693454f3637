/** Types of the parser used in tests, which brings none. */
declare module "parse-prometheus-text-format" {
  interface ParsedMetric {
    readonly name: string;
    readonly help: string;
    readonly type: string;
    readonly metrics: readonly { readonly value?: string; readonly labels?: Record<string, string> }[];
  }
  function parsePrometheusTextFormat(text: string): ParsedMetric[];
  export default parsePrometheusTextFormat;
}
