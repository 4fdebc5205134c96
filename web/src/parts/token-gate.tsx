import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { giveToken, hasToken, useTokenWanted } from "../data/token.ts";

/** Asks for a token where the collector wants one, and shows the page only then. */
export const TokenGate = ({ children }: { children: ComponentChildren }) => {
  const isWanted = useTokenWanted();
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const note = useId();
  // there is nothing else to do on the page, also after one that was not valid
  useEffect(() => field.current?.focus(), [isWanted]);
  if (!isWanted) return <>{children}</>;
  const give = (event: Event): void => {
    event.preventDefault();
    if (typed.trim() === "") return;
    giveToken(typed.trim());
    setTyped("");
  };
  return (
    <section class="panel token-gate">
      <form onSubmit={give}>
        <h2>This collector asks for a token</h2>
        <p class="note" id={note}>
          {hasToken() ? "The one given is not valid. " : ""}
          Whoever runs the collector makes one with <code>lacuna token</code>. It stays in this browser and is
          sent to this collector only.
        </p>
        <p class="token-line">
          <input
            ref={field}
            class="field"
            type="password"
            aria-describedby={note}
            autocomplete="current-password"
            aria-label="Token"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
          <button type="submit" class="button">
            Use it
          </button>
        </p>
      </form>
    </section>
  );
};
