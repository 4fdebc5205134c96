import { useEffect, useId, useRef, useState } from "preact/hooks";
import { query } from "../data/fetch-json.ts";
import type { FleetList } from "../data/types.ts";
import { usePoll } from "../data/use-poll.ts";
import { deviceHref } from "../routing.ts";

/** Type a part of a device id, Enter goes there. The key `/` comes here from anywhere. */
export const JumpField = () => {
  const [text, setText] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const list = useId();
  const wanted = text.trim();
  const { data } = usePoll<FleetList>(
    wanted === "" ? null : `fleet${query({ search: wanted.slice(0, 64), limit: 8 })}`,
    5000,
  );

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
  const go = (event: Event): void => {
    event.preventDefault();
    const target = found.find(({ id }) => id === wanted) ?? found[0];
    if (target === undefined) return;
    location.hash = deviceHref(target.id);
    setText("");
    field.current?.blur();
  };

  return (
    <search class="top-search">
      <form onSubmit={go}>
        <input
          ref={field}
          class="field"
          type="search"
          placeholder="Go to device  /"
          aria-label="Go to device"
          list={list}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
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
