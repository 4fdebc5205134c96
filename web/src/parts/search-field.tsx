import { useEffect, useRef, useState } from "preact/hooks";
import type { SetParameters } from "../use-place.ts";

/** What is typed into it is in the URL a moment later, as `search`. */
export const SearchField = ({ search, setParameters }: { search: string; setParameters: SetParameters }) => {
  const [typed, setTyped] = useState(search);
  /** what the URL has of it, or will have in a moment */
  const told = useRef(search);
  useEffect(() => {
    // the URL changed from outside: a link, the way back. What it has from here may be older than what is typed by now
    if (search !== told.current) setTyped(search);
    told.current = search;
  }, [search]);
  useEffect(() => {
    if (typed === search) return;
    const timer = setTimeout(() => {
      told.current = typed;
      setParameters({ search: typed });
    }, 200);
    return () => clearTimeout(timer);
  }, [typed, search, setParameters]);
  return (
    <input
      class="field"
      type="search"
      placeholder="Search devices"
      aria-label="Search devices"
      maxLength={64}
      value={typed}
      onInput={(event) => setTyped(event.currentTarget.value)}
    />
  );
};
