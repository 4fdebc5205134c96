import type { ApiContext, App } from "../context.ts";
import { ERRORS, MapOf, NoQuery } from "../schemas/common.ts";
import { Type } from "../schemas/type.ts";

/** Pages, which are no part of the API's description. */
const PAGES = { dashboard: "/", docs: "/docs" };

/** Such as `deviceGaps` of `/api/v1/devices/{id}/gaps`. */
const linkName = (path: string): string =>
  path
    .replace("/api/v1/", "/")
    .replace("/devices/{id}", "/device")
    .replace(/\.\w+$/, "")
    .slice(1)
    .replace(/\/(.)/g, (_, letter: string) => letter.toUpperCase());

/** Every route the API describes; `{id}` stands for a device id. */
const linksOf = (app: App): Record<string, string> => {
  const paths = Object.keys(app.swagger().paths ?? {}).filter((path) => path !== "/api/v1");
  return { ...PAGES, ...Object.fromEntries(paths.map((path) => [linkName(path), path])) };
};

/** `/api/v1`: where to go from here. */
export const indexRoutes = (app: App, { version }: ApiContext): void => {
  let links: Record<string, string> | undefined;
  const Index = Type.Object(
    {
      name: Type.String(),
      version: Type.String(),
      links: MapOf(Type.String(), "paths of this server, by what is there"),
    },
    { description: "what this server is, and where to go from here" },
  );
  app.get(
    "",
    {
      schema: {
        operationId: "getIndex",
        summary: "Links to everything",
        tags: ["process"],
        querystring: NoQuery,
        response: { 200: Index, ...ERRORS },
      },
    },
    async () => {
      links ??= linksOf(app);
      return { name: "lacuna", version, links };
    },
  );
};
