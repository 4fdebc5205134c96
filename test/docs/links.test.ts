import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const FOLDERS = ["", "docs", "docs/decisions", "deploy", "examples"];
const PAGES = FOLDERS.flatMap((folder) => globSync(join(folder, "*.md"), { cwd: ROOT }));
const SOURCES = globSync("{api,cli,collector,common,db,protocol,simulator,test,web/src}/**/*.{ts,tsx,js}", {
  cwd: ROOT,
});

const textOf = (file: string): string => readFileSync(join(ROOT, file), "utf8");
const proseOf = (page: string): string => textOf(page).replaceAll(/^```.*?^```/gms, "");
const headingsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\p{M}_\- ]/gu, "")
    .replaceAll(" ", "-");

const leadsNowhere = (page: string, link: string): boolean => {
  const [path, anchor] = link.split("#");
  const target = path === "" ? page : normalize(join(dirname(page), path!));
  if (!existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && !headingsOf(target).map(anchorOf).includes(anchor);
};

test.each(PAGES)("every link of %s leads to a file, and to a heading of it", (page) => {
  const links = [...proseOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const ours = links.filter((link) => !/^\w+:/.test(link));
  expect(ours.filter((link) => leadsNowhere(page, link))).toEqual([]);
});

test("every page the sources name is there, and the heading they name beside it", () => {
  const named = SOURCES.flatMap((file) =>
    [...textOf(file).matchAll(/\b(docs\/[\w/-]+\.md)(?:, "([A-Z][^"]+)")?/g)].map(([, page, heading]) => ({
      file,
      page: page!,
      heading,
    })),
  );
  expect(named.length).toBeGreaterThan(50);
  const isMissing = ({ page, heading }: (typeof named)[number]): boolean =>
    !existsSync(join(ROOT, page)) || (heading !== undefined && !headingsOf(page).includes(heading));
  expect(named.filter(isMissing)).toEqual([]);
});
