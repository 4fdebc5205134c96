import type { ComponentChildren, Ref } from "preact";
import { useId } from "preact/hooks";

export interface PanelProps {
  title: string;
  /** beside the title, quieter */
  aside?: ComponentChildren;
  /** at the end of the title's line */
  end?: ComponentChildren;
  class?: string;
  /** of a panel that a link on its page leads to */
  section?: Ref<HTMLElement>;
  children: ComponentChildren;
}

export const Panel = ({ title, aside, end, class: extra = "", section, children }: PanelProps) => {
  const heading = useId();
  return (
    <section
      class={`panel ${extra}`}
      aria-labelledby={heading}
      ref={section ?? null}
      tabIndex={section === undefined ? undefined : -1}
    >
      <div class="panel-head">
        <h2 id={heading}>{title}</h2>
        {aside !== undefined && <span class="aside">{aside}</span>}
        {end !== undefined && <div class="end">{end}</div>}
      </div>
      {children}
    </section>
  );
};
