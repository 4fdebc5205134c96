/**
 * A place in the feed, as event ids give it. A flush is told in two parts: 0, what is in order when it is committed, and 1, what was held when
 * no flush followed in time. Inside a part events are ascending by run, then counted from 0. Ids write part 0 as 2 behind a rest that was told
 * early (`isAfterRest`): it counts other events than part 0 of the same flush that brings what was held. The number of a flush says nothing of whose
 * it is: behind it is the mark of when the newest flush up to it that brought datagrams was committed, which no other database has.
 */
export interface Place {
  flush: number;
  mark: string;
  part: 0 | 1;
  isAfterRest: boolean;
  /** null = the whole part was told */
  event: { run: number; index: number } | null;
}

const MARK_CHARACTERS = 4;
const SHAPE = /^(\d{1,15})\.([\da-z]{4})-([012])(?:-(\d{1,10})-(\d{1,10}))?$/;

/** @param committedAtUs - of the newest flush with datagrams up to a place; 0 = there was none */
export const markOf = (committedAtUs: number): string =>
  (committedAtUs % 36 ** MARK_CHARACTERS).toString(36).padStart(MARK_CHARACTERS, "0");

/** The start of the ids of a part; `-RUN-INDEX` follows. Alone it says that the whole part was told. */
export const partId = ({
  flush,
  committedAtUs,
  part,
  isAfterRest,
}: Omit<Place, "event" | "mark"> & { committedAtUs: number }): string =>
  `${flush}.${markOf(committedAtUs)}-${part === 0 && isAfterRest ? 2 : part}`;

/** @returns undefined for what is no id of ours */
export const parsePlace = (id: string): Place | undefined => {
  const [, flush, mark, part, run, index] = SHAPE.exec(id) ?? [];
  if (flush === undefined || mark === undefined) return undefined;
  return {
    flush: Number(flush),
    mark,
    part: part === "1" ? 1 : 0,
    isAfterRest: part === "2",
    event: run === undefined ? null : { run: Number(run), index: Number(index) },
  };
};

/** Whether an event lies behind a place of the same flush and part, or of one before. */
export const isBehind = (
  place: Place,
  { flush, part }: Pick<Place, "flush" | "part">,
  run: number,
  index: number,
): boolean => {
  if (flush !== place.flush) return flush > place.flush;
  if (part !== place.part) return part > place.part;
  if (place.event === null) return false;
  return run !== place.event.run ? run > place.event.run : index > place.event.index;
};
