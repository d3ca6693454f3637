/** The public door. */
export {};
