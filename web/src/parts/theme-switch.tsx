import { type ThemeChoice, useThemeChoice } from "../theme.ts";

const NEXT: Record<ThemeChoice, ThemeChoice> = { auto: "light", light: "dark", dark: "auto" };
const LABEL: Record<ThemeChoice, string> = { auto: "as the system", light: "light", dark: "dark" };

/** One button through the three choices. */
export const ThemeSwitch = () => {
  const [choice, choose] = useThemeChoice();
  return (
    <button
      type="button"
      class="button-plain theme-switch"
      onClick={() => choose(NEXT[choice])}
      aria-label={`Colours: ${LABEL[choice]}. Change to ${LABEL[NEXT[choice]]}`}
      title={`Colours: ${LABEL[choice]}`}
    >
      <svg viewBox="0 0 20 20" width="18" height="18" aria-hidden="true">
        <circle cx="10" cy="10" r="7.2" fill="none" stroke="currentColor" stroke-width="1.5" />
        {choice !== "light" && (
          <path
            d={
              choice === "dark"
                ? "M10 2.8a7.2 7.2 0 100 14.4 7.2 7.2 0 000-14.4"
                : "M10 2.8a7.2 7.2 0 010 14.4z"
            }
            fill="currentColor"
          />
        )}
      </svg>
    </button>
  );
};
