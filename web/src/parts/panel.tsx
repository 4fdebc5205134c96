import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface PanelProps {
  title: string;
  /** beside the title, quieter */
  aside?: ComponentChildren;
  /** at the end of the title's line */
  end?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

export const Panel = ({ title, aside, end, class: extra = "", children }: PanelProps) => {
  const heading = useId();
  return (
    <section class={`panel ${extra}`} aria-labelledby={heading}>
      <div class="panel-head">
        <h2 id={heading}>{title}</h2>
        {aside !== undefined && <span class="aside">{aside}</span>}
        {end !== undefined && <div class="end">{end}</div>}
      </div>
      {children}
    </section>
  );
};
