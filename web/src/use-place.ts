import { useCallback, useEffect, useState } from "preact/hooks";
import { formatPlace, type Place, parsePlace } from "./routing.ts";

export type SetParameters = (
  changes: Record<string, string | number | null>,
  history?: "push" | "replace",
) => void;

/** The place of the page, and a way to change what its URL says of the view; `replace` leaves no step to go back to. */
export const usePlace = (): { place: Place; setParameters: SetParameters } => {
  const [place, setPlace] = useState(() => parsePlace(location.hash));
  useEffect(() => {
    const follow = (): void => setPlace(parsePlace(location.hash));
    addEventListener("hashchange", follow);
    addEventListener("popstate", follow);
    return () => {
      removeEventListener("hashchange", follow);
      removeEventListener("popstate", follow);
    };
  }, []);
  const setParameters = useCallback<SetParameters>((changes, how = "replace") => {
    const current = parsePlace(location.hash);
    const parameters = { ...Object.fromEntries(current.parameters), ...changes };
    const hash = formatPlace(current.view, current.device, parameters);
    if (hash === location.hash) return;
    if (how === "push") history.pushState(null, "", hash);
    else history.replaceState(null, "", hash);
    setPlace(parsePlace(hash));
  }, []);
  return { place, setParameters };
};
