import { useEffect, useState } from "preact/hooks";
import { hasToken } from "../data/token.ts";

/** The command that asks what is shown, quoted for a shell; a token is left to the shell, so that none gets into its history. */
const commandOf = (path: string): string => {
  const url = new URL(`api/v1/${path}`, location.href).href.split("#")[0]!;
  const header = hasToken() ? '-H "Authorization: Bearer $LACUNA_TOKEN" ' : "";
  return `curl ${header}'${url.replaceAll("'", "%27")}'`;
};

/** Copies the curl line of what is shown; where the page may not copy, it shows the line to be copied by hand. */
export const CopyCurl = ({ path }: { path: string }) => {
  const [state, setState] = useState<"idle" | "copied" | "shown">("idle");
  useEffect(() => {
    if (state !== "copied") return;
    const timer = setTimeout(() => setState("idle"), 1500);
    return () => clearTimeout(timer);
  }, [state]);

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(commandOf(path));
      setState("copied");
    } catch {
      // not allowed, or no secure context: the reader does it
      setState("shown");
    }
  };

  if (state === "shown") {
    return (
      <input
        class="field mono curl-line"
        readOnly
        aria-label="curl command"
        value={commandOf(path)}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={() => setState("idle")}
      />
    );
  }
  return (
    <button type="button" class="button-plain copy-curl" onClick={copy} title={commandOf(path)}>
      {state === "copied" ? "copied" : "copy as curl"}
    </button>
  );
};
