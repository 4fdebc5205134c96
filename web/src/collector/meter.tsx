/** A share in [0, 1] as a bar; another colour from where it is worth a look. */
export const Meter = ({ share, label, high = 0.8 }: { share: number; label: string; high?: number }) => (
  <meter class="meter" min={0} max={1} high={high} optimum={0} value={share} aria-label={label} />
);
