/** The same request with another cursor, as the `Link` of a page names the next one. */
export const urlWithCursor = (url: string, cursor: string): string => {
  // the first "?" ends the path; in the query it is a character like others
  const end = url.indexOf("?");
  const parameters = new URLSearchParams(url.slice(end));
  parameters.set("cursor", cursor);
  return `${url.slice(0, end)}?${parameters}`;
};

export const CONTENT_TYPES = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson; charset=utf-8",
} as const;
