/** TypeScript with comments gone and each string literal replaced by a numbered token, so that patterns see code and nothing else. */
export interface Scanned {
  /** strings stand as `"0"`, `"1"`, …; their texts are in `strings` */
  code: string;
  strings: string[];
}

/** A slash after one of these begins a regular expression, after anything else it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|of|in|throw|await))\s*$/;

/** End of the literal that begins at `start`: the index after the closing quote, or the end of the line (an apostrophe in the text of a page). */
const endOfQuoted = (text: string, start: number): number => {
  const quote = text[start]!;
  let at = start + 1;
  while (at < text.length && text[at] !== quote && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1;
  return at + 1;
};

const endOfRegex = (text: string, start: number): number => {
  let inClass = false;
  let at = start + 1;
  while (at < text.length && (inClass || text[at] !== "/") && text[at] !== "\n") {
    if (text[at] === "[") inClass = true;
    else if (text[at] === "]") inClass = false;
    at += text[at] === "\\" ? 2 : 1;
  }
  return at + 1;
};

const endOfComment = (text: string, start: number): number => {
  const [closing, length] = text[start + 1] === "/" ? ["\n", 0] : ["*/", 2];
  const end = text.indexOf(closing, start + 2);
  return end < 0 ? text.length : end + length;
};

/** Scan a whole file. Code inside `${}` of templates is scanned too. */
export const scan = (text: string): Scanned => {
  const strings: string[] = [];
  let code = "";
  let at = 0;
  /** for each template we are inside of: how many braces of its current `${` are open */
  const templates: number[] = [];

  const takeString = (end: number): void => {
    code += `"${strings.length}"`;
    strings.push(text.slice(at + 1, end - 1));
    at = end;
  };
  /** From a backtick, or the brace that closes a `${`, to the next `${` or the closing backtick. */
  const takeTemplatePart = (): void => {
    let end = at + 1;
    while (end < text.length && text[end] !== "`" && !(text[end] === "$" && text[end + 1] === "{")) {
      end += text[end] === "\\" ? 2 : 1;
    }
    const opensHole = text[end] === "$";
    takeString(end + 1);
    if (opensHole) {
      templates.push(0);
      at++;
    }
  };

  while (at < text.length) {
    const char = text[at]!;
    const isComment = char === "/" && (text[at + 1] === "/" || text[at + 1] === "*");
    if (isComment) at = endOfComment(text, at);
    else if (char === '"' || char === "'") takeString(endOfQuoted(text, at));
    else if (char === "`") takeTemplatePart();
    else if (char === "}" && templates.at(-1) === 0) {
      templates.pop();
      takeTemplatePart();
    } else if (char === "/" && BEFORE_REGEX.test(code.slice(-40))) {
      at = endOfRegex(text, at);
    } else {
      if (templates.length > 0 && char === "{") templates[templates.length - 1]!++;
      if (templates.length > 0 && char === "}") templates[templates.length - 1]!--;
      code += char;
      at++;
    }
  }
  return { code, strings };
};
