import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { ConfigurationError, type ConfigurationMistake, messageOf } from "../../common/errors.ts";
import type { CollectSettings } from "./options.ts";

/** Certificate and key of the server, PEM. */
export interface TlsFiles {
  cert: Buffer;
  key: Buffer;
}

type TlsPaths = Pick<CollectSettings, "tlsCertPath" | "tlsKeyPath">;
type Mistaken = "tlsCert" | "tlsKey";

const wrong = (key: Mistaken, sentence: string, origin = key): ConfigurationMistake => ({
  key,
  origin,
  value: undefined,
  sentence,
});

/**
 * Read certificate and key; at the start and again at SIGHUP.
 * @returns null without TLS
 * @throws ConfigurationError when one of them is missing, or they are no pair
 */
export const readTls = (paths: TlsPaths): TlsFiles | null => {
  const found = findTls(paths);
  if ("mistakes" in found) throw new ConfigurationError(found.mistakes);
  return found.files;
};

/** Why there can be no TLS with them, none where there can. */
export const tlsMistakes = (paths: TlsPaths): readonly ConfigurationMistake[] => {
  const found = findTls(paths);
  return "mistakes" in found ? found.mistakes : [];
};

type Found = { files: TlsFiles | null } | { mistakes: ConfigurationMistake[] };

const findTls = ({ tlsCertPath, tlsKeyPath }: TlsPaths): Found => {
  if (tlsCertPath === null && tlsKeyPath === null) return { files: null };
  // who gave the one of them is to blame for the other
  if (tlsCertPath === null)
    return { mistakes: [wrong("tlsCert", "it is missing, tlsKey is given", "tlsKey")] };
  if (tlsKeyPath === null)
    return { mistakes: [wrong("tlsKey", "it is missing, tlsCert is given", "tlsCert")] };
  const cert = contentOf("tlsCert", tlsCertPath, certificateMistake);
  const key = contentOf("tlsKey", tlsKeyPath, keyMistake);
  if ("sentence" in cert || "sentence" in key)
    return { mistakes: [cert, key].filter((content) => "sentence" in content) };
  // OpenSSL takes a certificate and a key of two kinds, RSA and EC, whatever they are, and no client can connect then
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
    const sentence = `${tlsKeyPath} is not the key of the first certificate in ${tlsCertPath}`;
    return { mistakes: [wrong("tlsKey", sentence)] };
  }
  const files = { cert, key };
  try {
    createSecureContext(files);
  } catch (error) {
    const sentence = `${tlsCertPath} and ${tlsKeyPath} cannot be used: ${messageOf(error)}`;
    return { mistakes: [wrong("tlsCert", sentence)] };
  }
  return { files };
};

/** @param mistakeOf - what is wrong with what it holds */
const contentOf = (
  key: Mistaken,
  path: string,
  mistakeOf: (content: Buffer) => string | null,
): Buffer | ConfigurationMistake => {
  try {
    const content = readFileSync(path);
    const mistake = mistakeOf(content);
    return mistake === null ? content : wrong(key, `${path} ${mistake}`);
  } catch (error) {
    return wrong(key, `${path} cannot be read: ${messageOf(error)}`);
  }
};

const certificateMistake = (cert: Buffer): string | null => {
  if (!/^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----/m.test(cert.toString("latin1")))
    return "holds no certificate in PEM form";
  try {
    new X509Certificate(cert);
    return null;
  } catch (error) {
    return `holds a certificate that cannot be read: ${messageOf(error)}`;
  }
};

const keyMistake = (key: Buffer): string | null => {
  const text = key.toString("latin1");
  if (/^-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text))
    return "is encrypted, and there is nobody to ask for the passphrase: a key without one is needed (openssl pkey writes it)";
  if (!/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(text)) return "holds no private key in PEM form";
  try {
    createPrivateKey(key);
    return null;
  } catch (error) {
    return `holds a private key that cannot be read: ${messageOf(error)}`;
  }
};

/** What clients will refuse, though a server can be made of it: a sentence, or null when it is valid. @param nowMs - wall time */
export const outOfDate = ({ cert }: TlsFiles, nowMs: number): string | null => {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  if (nowMs > validToDate.getTime())
    return `the certificate was valid until ${validToDate.toISOString()}: clients refuse it`;
  if (nowMs < validFromDate.getTime())
    return `the certificate is valid from ${validFromDate.toISOString()} on: until then clients refuse it`;
  return null;
};
