import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KIND } from "../../protocol/constants.ts";
import { REFUSAL_REASONS, REJECT_REASONS } from "../../protocol/reasons.ts";
import { decodePlain } from "../support/plain-datagram.ts";

const page = readFileSync(new URL("../../docs/protocol.md", import.meta.url), "utf8");

const examples = [...page.matchAll(/```hex\n(.*?)```\n\n```json\n(.*?)```/gs)].map(([, hex, json]) => ({
  bytes: Buffer.from(hex!.replaceAll(/#.*/g, "").replaceAll(/\s/g, ""), "hex"),
  expected: JSON.parse(json!),
}));
const senders = [...page.matchAll(/^echo '(.*?)'/gm)].map(([, line]) => line!);

test("the page has a worked example of every kind a device sends", () => {
  const kinds = Object.keys(KIND).filter((kind) => kind !== "NACK");
  expect(new Set(examples.map(({ expected }) => expected.kind))).toEqual(new Set(kinds));
});

test.each(examples)("the page's example of $expected.kind decodes to what stands below it", (example) => {
  expect(decodePlain(example.bytes)).toStrictEqual(example.expected);
});

test("the page has shell senders", () => {
  expect(senders.length).toBeGreaterThan(3);
});

test.each(senders)("the page's shell sender is sound: %s", (line) => {
  expect(decodePlain(Buffer.from(`${line}\n`))).not.toHaveProperty("reject");
  expect(decodePlain(Buffer.from(`${line}\n`))).not.toHaveProperty("refused");
});

test.each([...REJECT_REASONS.slice(1), ...REFUSAL_REASONS])("the page explains %s", (reason) => {
  expect(page).toContain(`| \`${reason}\``);
});
