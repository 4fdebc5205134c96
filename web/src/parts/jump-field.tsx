import { useEffect, useId, useRef, useState } from "preact/hooks";
import { fetchJson, query } from "../data/fetch-json.ts";
import type { FleetList } from "../data/types.ts";
import { usePoll } from "../data/use-poll.ts";
import { deviceHref } from "../routing.ts";

const searchPath = (wanted: string, limit: number): string =>
  `fleet${query({ search: wanted.slice(0, 64), limit })}`;

/** seen while typing, and looked through for the very id that was typed */
const SUGGESTED = 8;
const LOOKED_THROUGH = 200;

/** Type a part of a device id, Enter goes there. The key `/` comes here from anywhere. */
export const JumpField = () => {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  const wanted = text.trim();
  const { data } = usePoll<FleetList>(wanted === "" ? null : searchPath(wanted, SUGGESTED), 5000);
  const latest = useRef(wanted);
  latest.current = wanted;

  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = /^(INPUT|SELECT|TEXTAREA)$/.test((event.target as HTMLElement).tagName);
      if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  const found = wanted === "" ? [] : (data?.devices ?? []);
  const go = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (wanted === "") return;
    // asked anew: what is suggested may still belong to fewer letters
    const asked = fetchJson<FleetList>(searchPath(wanted, LOOKED_THROUGH), new AbortController().signal);
    const answer = await asked.catch(() => undefined);
    // without an answer the page says why
    if (answer === undefined || latest.current !== wanted) return;
    const target = answer.devices.find(({ id }) => id === wanted) ?? answer.devices[0];
    if (target === undefined) {
      field.current?.setCustomValidity("No device matches.");
      field.current?.reportValidity();
      return;
    }
    location.hash = deviceHref(target.id);
    setText("");
    field.current?.blur();
  };

  return (
    <search class="top-search">
      <form noValidate onSubmit={go}>
        <input
          ref={field}
          class="field"
          type="search"
          placeholder="Go to device  /"
          aria-label="Go to device"
          list={list}
          value={text}
          onInput={(event) => {
            event.currentTarget.setCustomValidity("");
            setText(event.currentTarget.value);
          }}
        />
        <datalist id={list}>
          {found.map(({ id }) => (
            <option key={id} value={id} />
          ))}
        </datalist>
      </form>
    </search>
  );
};
