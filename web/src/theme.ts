import { options } from "preact";
import { useEffect, useState } from "preact/hooks";

export type ThemeChoice = "auto" | "light" | "dark";
const KEY = "lacuna-theme";
const CHOICES: readonly ThemeChoice[] = ["auto", "light", "dark"];

const stored = (): ThemeChoice => {
  try {
    return CHOICES.find((choice) => choice === localStorage.getItem(KEY)) ?? "auto";
  } catch {
    // storage may be forbidden; the choice then lasts as long as the page
    return "auto";
  }
};

const store = (choice: ThemeChoice): void => {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // as above
  }
};

const shown = (): ThemeChoice =>
  (document.documentElement.dataset.theme as ThemeChoice | undefined) ?? "auto";

const apply = (choice: ThemeChoice): void => {
  if (choice === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = choice;
  document.dispatchEvent(new Event("themechange"));
};

/** Before the event is over: a browser that prints waits for no later rendering. */
const applyAtOnce = (choice: ThemeChoice): void => {
  options.debounceRendering = (render) => render();
  apply(choice);
  delete options.debounceRendering;
};

/** Before the first paint. */
export const startTheme = (): void => {
  apply(stored());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    document.dispatchEvent(new Event("themechange")),
  );
  // paper is light, and what is drawn does not follow the stylesheet by itself
  let onScreen: ThemeChoice = "auto";
  addEventListener("beforeprint", () => {
    onScreen = shown();
    applyAtOnce("light");
  });
  addEventListener("afterprint", () => apply(onScreen));
};

export const useThemeChoice = (): [ThemeChoice, (choice: ThemeChoice) => void] => {
  const [choice, setChoice] = useState(stored);
  const choose = (next: ThemeChoice): void => {
    store(next);
    apply(next);
    setChoice(next);
  };
  return [choice, choose];
};

/** of the theme shown: the style of a page is dear to ask, and pictures ask for each of their thousand bars */
const colours = new Map<string, string>();
document.addEventListener("themechange", () => colours.clear());

/** Value of a CSS variable now, for canvases. @param token - without the dashes before it */
export const tokenColour = (token: string): string => {
  const known = colours.get(token);
  if (known !== undefined) return known;
  const colour = getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
  // before the stylesheet there is none
  if (colour !== "") colours.set(token, colour);
  return colour;
};

/** A number that changes with the theme: canvases draw again when it does, in a layout effect, since paper waits for no other. */
export const useThemeVersion = (): number => {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    const bump = (): void => setVersion((before) => before + 1);
    document.addEventListener("themechange", bump);
    return () => document.removeEventListener("themechange", bump);
  }, []);
  return version;
};
