import type { ComponentChildren } from "preact";

export interface FactProps {
  name: string;
  /** of the name, told when it is pointed at */
  meaning?: string;
  /** the same of the value, in full */
  title?: string | undefined;
  children: ComponentChildren;
}

/** A name and its value, in a list of such. */
export const Fact = ({ name, meaning, title, children }: FactProps) => (
  <div>
    <dt title={meaning}>{name}</dt>
    <dd title={title}>{children}</dd>
  </div>
);
