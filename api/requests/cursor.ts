import { type ApiError, parameterError } from "../problems.ts";
import type { Position } from "../sources.ts";

/**
 * A cursor is the scope it was made in and the position where the page ended, as base64url of JSON. Clients take it as opaque.
 * @param scope - list and order it belongs to; a cursor of another scope is refused
 */
export const encodeCursor = (scope: string, position: Position): string =>
  Buffer.from(JSON.stringify([scope, ...position])).toString("base64url");

/** `next` of an answer: null at the end. */
export const nextCursor = (scope: string, position: Position | null): string | null =>
  position === null ? null : encodeCursor(scope, position);

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // not JSON: as wrong as any other value
    return undefined;
  }
};

const isPosition = (items: unknown[]): items is Position & unknown[] =>
  items.every((item) => item === null || typeof item === "string" || Number.isFinite(item));

/** A cursor that does not belong to the query it came with. */
export const foreignCursor = (): ApiError =>
  parameterError([{ name: "cursor", detail: "accepted is the `next` of an answer to the same query" }]);

/** @throws ApiError 400 naming `cursor` when it is not one of ours or belongs to another list */
export const decodeCursor = (scope: string, cursor: string | undefined): Position | null => {
  if (cursor === undefined) return null;
  const decoded = parseJson(Buffer.from(cursor, "base64url").toString());
  if (Array.isArray(decoded) && decoded[0] === scope && decoded.length > 1) {
    const position: unknown[] = decoded.slice(1);
    if (isPosition(position)) return position;
  }
  throw foreignCursor();
};
