import { useCallback, useEffect, useState } from "preact/hooks";
import { formatPlace, type Place, parsePlace } from "./routing.ts";

export type SetParameters = (
  changes: Record<string, string | number | null>,
  history?: "push" | "replace",
) => void;

/** Of each entry of the browser's history that was shown: one that a link has just made has none. */
const SHOWN = "shown";

/** The place of the page, and a way to change what its URL says of the view; `replace` leaves no step to go back to. */
export const usePlace = (): { place: Place; setParameters: SetParameters } => {
  const [place, setPlace] = useState(() => parsePlace(location.hash));
  useEffect(() => {
    let { view, device } = parsePlace(location.hash);
    history.replaceState(SHOWN, "");
    const follow = (): void => {
      const next = parsePlace(location.hash);
      const isAnotherPage = next.view !== view || next.device !== device;
      // the browser would leave it as far down as the page before was; only on the way back it knows how far
      if (isAnotherPage && history.state === null) scrollTo(0, 0);
      history.replaceState(SHOWN, "");
      ({ view, device } = next);
      setPlace(next);
    };
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
    if (how === "push") history.pushState(SHOWN, "", hash);
    else history.replaceState(SHOWN, "", hash);
    setPlace(parsePlace(hash));
  }, []);
  return { place, setParameters };
};
