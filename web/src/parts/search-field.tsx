import { useEffect, useState } from "preact/hooks";
import type { SetParameters } from "../use-place.ts";

/** What is typed into it is in the URL a moment later, as `search`. */
export const SearchField = ({ search, setParameters }: { search: string; setParameters: SetParameters }) => {
  const [typed, setTyped] = useState(search);
  // the URL changed from outside: a link, the way back
  useEffect(() => setTyped(search), [search]);
  useEffect(() => {
    if (typed === search) return;
    const timer = setTimeout(() => setParameters({ search: typed.slice(0, 64) }), 200);
    return () => clearTimeout(timer);
  }, [typed, search, setParameters]);
  return (
    <input
      class="field"
      type="search"
      placeholder="Search devices"
      aria-label="Search devices"
      value={typed}
      onInput={(event) => setTyped(event.currentTarget.value)}
    />
  );
};
