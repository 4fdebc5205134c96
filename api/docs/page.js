// Shows /openapi.json. No library and no request but that one: it works offline.

/** An element with some text or elements inside. */
const element = (name, ...inside) => {
  const made = document.createElement(name);
  made.append(...inside);
  return made;
};

/** A text of the description: what it has in backticks is code. */
const prose = (text) =>
  text.split("`").map((part, index) => (index % 2 === 0 ? part : element("code", part)));

/** Lines that may be longer than the screen: by key, too, they can be scrolled. */
const lines = (text) => Object.assign(element("pre", text), { tabIndex: 0 });

const table = (head, rows) => {
  const cells = (kind, texts) => element("tr", ...texts.map((text) => element(kind, ...prose(text))));
  return element(
    "table",
    element("thead", cells("th", head)),
    element("tbody", ...rows.map((row) => cells("td", row))),
  );
};

const typeOf = ({ type, enum: choices, minimum, maximum, items }) => {
  if (choices !== undefined) return choices.join(" | ");
  if (type === "array") return `${typeOf(items)}, repeatable`;
  const range = minimum === undefined ? "" : ` ${minimum} to ${maximum}`;
  return `${type}${range}`;
};

const parameters = (list) =>
  table(
    ["parameter", "accepted", "meaning"],
    list.map(({ name, schema, description }) => [
      name,
      typeOf(schema),
      [
        description ?? schema.description,
        schema.default === undefined ? undefined : `default: ${schema.default}`,
      ]
        .filter((part) => part !== undefined)
        .join("; "),
    ]),
  );

const exampleText = (example) => (typeof example === "string" ? example : JSON.stringify(example, null, 2));

const answers = (responses) =>
  Object.entries(responses).flatMap(([status, { description, headers = {}, content = {} }]) => [
    element("p", element("strong", status), " ", ...prose(description ?? "")),
    ...(Object.keys(headers).length === 0
      ? []
      : [element("p", `Headers: ${Object.keys(headers).join(", ")}`)]),
    ...Object.entries(content)
      .filter(([, { example }]) => example !== undefined)
      .flatMap(([type, { example }]) => [element("p", type), lines(exampleText(example))]),
  ]);

const requests = (description = "") =>
  Array.from(description.matchAll(/`(curl[^`]*)`/g), ([, line]) =>
    lines(line.replace("$A", location.origin)),
  );

const operationElement = (path, operation) => {
  const details = element(
    "details",
    element("summary", element("code", `GET ${path}`), " – ", ...prose(operation.summary)),
    ...requests(operation.description),
    ...(operation.parameters?.length > 0 ? [parameters(operation.parameters)] : []),
    ...answers(operation.responses),
  );
  details.id = operation.operationId;
  return details;
};

const show = ({ info, paths }) => {
  document
    .getElementById("about")
    .replaceChildren(
      `Version ${info.version}. ${info.description} As a file: `,
      Object.assign(element("a", "openapi.json"), { href: "/openapi.json" }),
    );
  const operations = Object.entries(paths).map(([path, { get }]) => operationElement(path, get));
  document.getElementById("operations").replaceChildren(...operations);
  document.getElementById("search").addEventListener("input", ({ target }) => {
    const wanted = target.value.toLowerCase();
    for (const operation of operations)
      operation.hidden = !operation.textContent.toLowerCase().includes(wanted);
  });
  const linked = document.getElementById(location.hash.slice(1));
  if (linked !== null) linked.open = true;
};

try {
  show(await (await fetch("/openapi.json")).json());
} catch (error) {
  document.getElementById("about").textContent =
    `The description of the API could not be read: ${error.message}`;
}
