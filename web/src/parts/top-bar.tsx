import { formatPlace, type Place } from "../routing.ts";
import { ConnectionState } from "./connection-state.tsx";
import { JumpField } from "./jump-field.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

const LINKS = [
  ["fleet", "Fleet"],
  ["raster", "Raster"],
  ["collector", "Collector"],
] as const;

/** Numbers in a row, one of them absent. */
const Mark = () => (
  <svg viewBox="0 0 30 22" aria-hidden="true">
    <path fill="currentColor" d="M1 2h5v18H1zM9 2h5v18H9zM25 2h5v18h-5z" />
    <path fill="none" stroke="var(--bin-network)" stroke-width="1.6" d="M17.8 2.8h3.4v16.4h-3.4z" />
  </svg>
);

export const TopBar = ({ view }: { view: Place["view"] }) => (
  <header class="top">
    <a class="brand" href={formatPlace("fleet")}>
      <Mark />
      Lacuna
    </a>
    <nav class="nav" aria-label="Views">
      {LINKS.map(([name, label]) => (
        <a
          key={name}
          href={formatPlace(name)}
          aria-current={view === name || (view === "device" && name === "fleet") ? "page" : undefined}
        >
          {label}
        </a>
      ))}
    </nav>
    <div class="top-end">
      <JumpField />
      <ConnectionState />
      <ThemeSwitch />
    </div>
  </header>
);
