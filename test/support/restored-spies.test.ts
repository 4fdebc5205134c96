import { expect, test, vi } from "vitest";

// vitest.config.ts, `restoreMocks`: a test that ends half way leaves its spies

test("a spy stays for the test that set it", () => {
  vi.spyOn(Map.prototype, "has");
  expect(vi.isMockFunction(Map.prototype.has)).toBe(true);
});

test("and is not there in the next one", () => {
  expect(vi.isMockFunction(Map.prototype.has)).toBe(false);
});
