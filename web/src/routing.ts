/** Where the page is: the hash of its URL holds the whole view, `#/device/hall%2F3?from=…`. */
export interface Place {
  view: "fleet" | "device" | "raster" | "collector";
  /** of the device's page, else empty */
  device: string;
  parameters: URLSearchParams;
}

const VIEWS: readonly Place["view"][] = ["fleet", "device", "raster", "collector"];

/** A part of a URL; one that is no percent-encoding stands for itself. */
export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    // a hand-written URL with a stray percent sign
    return text;
  }
};

/** @param hash - with or without `#`; anything unknown is the fleet */
export const parsePlace = (hash: string): Place => {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  const [name = "", ...rest] = path.split("/");
  const view = VIEWS.find((known) => known === name) ?? "fleet";
  const device = view === "device" ? decoded(rest.join("/")) : "";
  return {
    view: view === "device" && device === "" ? "fleet" : view,
    device,
    parameters: new URLSearchParams(search),
  };
};

/** Null, empty and undefined values are left out, so that a default view has a short URL. */
export const formatPlace = (
  view: Place["view"],
  device = "",
  parameters: Record<string, string | number | null | undefined> = {},
): string => {
  const given = Object.entries(parameters).filter(
    ([, value]) => value !== null && value !== undefined && value !== "",
  );
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  const path = view === "device" ? `device/${encodeURIComponent(device)}` : view === "fleet" ? "" : view;
  return `#/${path}${given.length === 0 ? "" : `?${search}`}`;
};

export const deviceHref = (device: string): string => formatPlace("device", device);
