import type { ApiFailure } from "../data/fetch-json.ts";

export interface FailureNoteProps {
  /** such as "The cells could not be read" */
  what: string;
  failure: ApiFailure | undefined;
}

/** Why a question was answered with no; that there is no answer at all is said at the top of the page. */
export const FailureNote = ({ what, failure }: FailureNoteProps) =>
  failure === undefined || failure.status === 0 ? null : (
    <p class="failure-note" role="status">
      {what}: {failure.message}.
    </p>
  );
