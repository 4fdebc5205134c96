import { accessSync, constants, existsSync, type StatsFs, statfsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Finding } from "../../api/findings/finding.ts";
import { LacunaError, messageOf } from "../../common/errors.ts";
import { sizeInWords } from "../../common/size.ts";
import { examineDatabase } from "../../db/check/examine.ts";
import { otherNameOf } from "../../db/file/only-name.ts";
import { SCHEMA_VERSION } from "../../db/file/open.ts";

const finding = (severity: Finding["severity"], sentence: string, fix: string | null): Finding => ({
  code: "database",
  severity,
  sentence,
  fix,
  listener: null,
});

/** What keeps a collector from opening its database, or is better known before; changes nothing. @param nowUs - wall time */
export const databaseFindings = (path: string, nowUs: number): Finding[] => {
  const file = resolve(path);
  const directory = dirname(file);
  const obstacle = obstacleOf(file, directory);
  if (obstacle !== null) return [obstacle];
  try {
    const version = examineDatabase(file, nowUs);
    const disk = statfsSync(directory);
    return [
      ...fileSystemAdvice(disk.type, file),
      ...roomFindings(disk, directory),
      stateOf(file, disk, version),
    ];
  } catch (error) {
    if (!(error instanceof LacunaError)) throw error;
    return [finding("problem", error.message, null)];
  }
};

/** What needs no database to be seen. */
const obstacleOf = (file: string, directory: string): Finding | null => {
  if (!existsSync(directory)) {
    return finding(
      "problem",
      `the directory of the database, ${directory}, is not there`,
      `mkdir -p ${directory}`,
    );
  }
  if (!statSync(directory).isDirectory()) return finding("problem", `${directory} is no directory`, null);
  const { R_OK, W_OK, X_OK } = constants;
  return (
    refusal(directory, W_OK | X_OK) ??
    (existsSync(file) ? (noFile(file) ?? refusal(file, R_OK | W_OK) ?? otherName(file)) : null)
  );
};

const noFile = (file: string): Finding | null =>
  statSync(file).isFile() ? null : finding("problem", `${file} is no file`, null);

/** What the log beside its other name has would not be seen. */
const otherName = (file: string): Finding | null => {
  const why = otherNameOf(file);
  return why === null ? null : finding("problem", `no collector opens the database ${file}: ${why}`, null);
};

const refusal = (path: string, mode: number): Finding | null => {
  try {
    accessSync(path, mode);
    return null;
  } catch (error) {
    return finding("problem", `${path} cannot be written: ${messageOf(error)}`, `ls -ld ${path}; id`);
  }
};

/** statfs(2), f_type. */
const NETWORK: Readonly<Record<number, string>> = {
  26985: "NFS",
  20859: "SMB",
  4283649346: "CIFS",
  4266872130: "SMB",
  16914839: "9p",
  1397113167: "AFS",
  12805120: "Ceph",
};
const MEMORY: Readonly<Record<number, string>> = { 16914836: "tmpfs", 2240043254: "ramfs" };
const OVERLAY = 0x794c7630;

/** @param type - as statfs(2) numbers file systems on Linux; other systems have numbers of their own, which say nothing here */
export const fileSystemAdvice = (type: number, file: string): Finding[] => {
  const network = NETWORK[type];
  if (network !== undefined) {
    const why =
      "SQLite's log is shared memory of one host, and its locks are not safe on every such file system";
    return [
      finding(
        "advice",
        `${file} is on a network file system (${network}): ${why}`,
        "db: a file on a local disk",
      ),
    ];
  }
  const memory = MEMORY[type];
  if (memory !== undefined) {
    const sentence = `${file} is in memory (${memory}): it is gone when the host is started anew`;
    return [finding("advice", sentence, "db: a file on a disk")];
  }
  if (type !== OVERLAY) return [];
  const sentence = `${file} is on an overlay, as a rule a container's own layer: it goes with the container`;
  return [finding("advice", sentence, "db: a file on a volume")];
};

type Room = Pick<StatsFs, "blocks" | "bavail" | "bsize">;

/** A start writes some pages to the log and makes the file its readers share. */
const LEAST_ROOM_BYTES = 2 ** 20;

/** A full disk: a start fails there, unless the files have room themselves. @param disk - as statfs(2) tells it; without blocks it does not tell */
export const roomFindings = (disk: Room, directory: string): Finding[] => {
  if (disk.blocks === 0 || disk.bavail * disk.bsize >= LEAST_ROOM_BYTES) return [];
  const sentence = `the disk of ${directory} is full: a collector does not start, or stores only what its database has room for`;
  return [finding("problem", sentence, `df -h ${directory}`)];
};

const stateOf = (file: string, { bavail, bsize }: Room, version: number | null): Finding => {
  const free = `${sizeInWords(bavail * bsize)} are free`;
  if (version === null) return finding("note", `the database ${file} will be made; ${free}`, null);
  if (version === 0) {
    const sentence = `the database ${file} has nothing in it; ${free}. Of one that a collector had open when it was copied most is in its -wal, and both are copied together`;
    return finding("advice", sentence, null);
  }
  const update = version < SCHEMA_VERSION ? `, will be brought up to ${SCHEMA_VERSION}` : "";
  return finding("note", `the database ${file} has schema version ${version}${update}; ${free}`, null);
};
