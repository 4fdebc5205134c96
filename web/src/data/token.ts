import { useEffect, useState } from "preact/hooks";

/** The token the reader gave, for collectors that ask for one; kept by the browser until it is refused. */
const KEY = "lacuna-token";

let token: string | null = (() => {
  try {
    return localStorage.getItem(KEY);
  } catch {
    // storage may be forbidden; the token then lasts as long as the page
    return null;
  }
})();
let isWanted = false;
const listeners = new Set<() => void>();

const tell = (): void => {
  for (const listener of listeners) listener();
};

/** What a header can hold of a token. Anything else the browser refuses to send, as if the collector were silent. */
const SENDABLE = /^[\x21-\x7e]+$/;

export const authorization = (): Record<string, string> =>
  token === null || !SENDABLE.test(token) ? {} : { authorization: `Bearer ${token}` };

export const hasToken = (): boolean => token !== null;

/** The collector refused a question for want of a valid token. */
export const noteTokenWanted = (): void => {
  if (isWanted) return;
  isWanted = true;
  tell();
};

export const giveToken = (given: string): void => {
  token = given;
  isWanted = false;
  try {
    localStorage.setItem(KEY, given);
  } catch {
    // as above
  }
  tell();
};

/** Whether the reader must be asked for a token. */
export const useTokenWanted = (): boolean => {
  const [wanted, setWanted] = useState(isWanted);
  useEffect(() => {
    const listen = (): void => setWanted(isWanted);
    listeners.add(listen);
    listen();
    return () => {
      listeners.delete(listen);
    };
  }, []);
  return wanted;
};
