import type { Channel } from "../data/types.ts";

export interface ChannelChoiceProps {
  channels: readonly Channel[];
  /** of those that are shown */
  names: readonly string[];
  onChosen: (names: readonly string[]) => void;
}

/** A button for each channel: its chart is shown or not. */
export const ChannelChoice = ({ channels, names, onChosen }: ChannelChoiceProps) => {
  const toggle = (name: string): void =>
    onChosen(names.includes(name) ? names.filter((other) => other !== name) : [...names, name]);
  return (
    <fieldset class="channel-choice" aria-label="Channels shown">
      {channels.map(({ name }) => (
        <button
          key={name}
          type="button"
          class="button"
          title={name}
          aria-pressed={names.includes(name)}
          onClick={() => toggle(name)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
};
