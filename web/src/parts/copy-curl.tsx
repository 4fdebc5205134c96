import { useEffect, useRef, useState } from "preact/hooks";
import { hasToken } from "../data/token.ts";

/** The command that asks what is shown, quoted for a shell; a token is left to the shell, so that none gets into its history. */
const commandOf = (path: string): string => {
  const url = new URL(`api/v1/${path}`, location.href).href.split("#")[0]!;
  const header = hasToken() ? '-H "Authorization: Bearer $LACUNA_API_TOKEN" ' : "";
  return `curl ${header}'${url.replaceAll("'", "%27")}'`;
};

/** Copies the curl line of what is shown; where the page may not copy, it shows the line, selected, to be copied by hand. */
export const CopyCurl = ({ path }: { path: string }) => {
  const [didCopy, setDidCopy] = useState(false);
  // as it was when it was asked for: that of a chart which follows the time changes while it is being copied
  const [shown, setShown] = useState<string | null>(null);
  const line = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (!didCopy) return;
    const timer = setTimeout(() => setDidCopy(false), 1500);
    return () => clearTimeout(timer);
  }, [didCopy]);
  useEffect(() => line.current?.focus(), [shown]);

  const copy = async (): Promise<void> => {
    const command = commandOf(path);
    try {
      await navigator.clipboard.writeText(command);
      setDidCopy(true);
    } catch {
      // not allowed, or no secure context: the reader does it
      setShown(command);
    }
  };

  if (shown !== null) {
    return (
      <input
        ref={line}
        class="field mono curl-line"
        readOnly
        aria-label="curl command"
        value={shown}
        onFocus={(event) => event.currentTarget.select()}
        onBlur={() => setShown(null)}
      />
    );
  }
  return (
    <button type="button" class="button-plain copy-curl" onClick={copy} title={commandOf(path)}>
      {didCopy ? "copied" : "copy as curl"}
    </button>
  );
};
