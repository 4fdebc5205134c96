import { createPrivateKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { outOfDate, readTls } from "../../../cli/options/tls-files.ts";

const TLS = join(import.meta.dirname, "../../fixtures/tls");
const FIRST_CERT = join(TLS, "first-cert.pem");
const FIRST_KEY = join(TLS, "first-key.pem");

const directory = mkdtempSync(join(tmpdir(), "lacuna-tls-"));
afterAll(() => rmSync(directory, { recursive: true }));

const made = (name: string, content: string | Buffer): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

const ENCRYPTED = { format: "pem", cipher: "aes-256-cbc", passphrase: "secret" } as const;
const encrypted = made(
  "encrypted.pem",
  createPrivateKey(readFileSync(FIRST_KEY)).export({ type: "pkcs8", ...ENCRYPTED }),
);
const encryptedFormerly = made(
  "encrypted-formerly.pem",
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs1", ...ENCRYPTED }),
);
const rsa = made(
  "rsa.pem",
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }),
);
const text = made("text.pem", "no PEM at all\n");
const binary = made("certificate.der", new X509Certificate(readFileSync(FIRST_CERT)).raw);
const cut = made("cut.pem", `${readFileSync(FIRST_KEY, "utf8").slice(0, 200)}\n-----END PRIVATE KEY-----\n`);

test("certificate and key are read together, or there is no TLS", () => {
  const read = readTls({ tlsCertPath: FIRST_CERT, tlsKeyPath: FIRST_KEY });
  expect(read?.cert.toString()).toContain("BEGIN CERTIFICATE");
  expect(readTls({ tlsCertPath: null, tlsKeyPath: null })).toBeNull();
});

test.each([
  [FIRST_CERT, null, /tlsKey: it is missing/],
  [null, FIRST_KEY, /tlsCert: it is missing/],
  ["/nowhere.pem", FIRST_KEY, /tlsCert: \/nowhere\.pem cannot be read/],
  [
    "/nowhere.pem",
    text,
    /tlsCert: \/nowhere\.pem cannot be read.*\n.*tlsKey: .*text\.pem holds no private key/,
  ],
  [text, "/nowhere.pem", /tlsCert: .*text\.pem holds no cert.*\n.*tlsKey: \/nowhere\.pem cannot be read/],
  [FIRST_CERT, join(TLS, "second-key.pem"), /tlsKey: .*second-key\.pem is not the key of .*first-cert\.pem$/],
  [FIRST_CERT, rsa, /tlsKey: .*rsa\.pem is not the key of .*first-cert\.pem$/],
  [FIRST_CERT, encrypted, /tlsKey: .*encrypted\.pem is encrypted/],
  [FIRST_CERT, encryptedFormerly, /tlsKey: .*formerly\.pem is encrypted/],
  [FIRST_CERT, text, /tlsKey: .*text\.pem holds no private key in PEM form$/],
  [FIRST_CERT, cut, /tlsKey: .*cut\.pem holds a private key that cannot be read/],
  [binary, FIRST_KEY, /tlsCert: .*certificate\.der holds no certificate in PEM form$/],
  [
    FIRST_KEY,
    FIRST_CERT,
    /tlsCert: .*first-key\.pem holds no certificate.*\n.*tlsKey: .*first-cert\.pem holds no/,
  ],
])("certificate %s with key %s: the one that is wrong is named, and what it is", (cert, key, message) => {
  expect(() => readTls({ tlsCertPath: cert, tlsKeyPath: key })).toThrow(message);
});

test("a certificate that clients refuse for its dates is used all the same, and told", () => {
  const files = { cert: readFileSync(FIRST_CERT), key: readFileSync(FIRST_KEY) };
  const { validFromDate, validToDate } = new X509Certificate(files.cert);
  expect(outOfDate(files, validFromDate.getTime())).toBeNull();
  expect(outOfDate(files, validFromDate.getTime() - 1)).toMatch(/is valid from 2026-.*Z on: /);
  expect(outOfDate(files, validToDate.getTime() + 1)).toMatch(/was valid until 2126-.*Z: /);
});
