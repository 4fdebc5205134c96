import type { Bin } from "../bins/bins.ts";

export const Legend = ({ bins }: { bins: readonly Bin[] }) => (
  <ul class="legend">
    {bins.map(({ key, token, label, meaning }) => (
      <li key={key} title={meaning}>
        <span class={`swatch ${token}`} />
        {label}
      </li>
    ))}
  </ul>
);
