export * from "../protocol/ranges.ts";
