/**
 * A place in the feed, as event ids give it. A flush is told in two parts: 0, what is in order when it is committed, and 1, what was held when
 * no flush followed in time. Inside a part events are ascending by run, then counted from 0. Ids write part 0 as 2 behind a rest that was told
 * early (`isAfterRest`): it counts other events than part 0 of the same flush that brings what was held.
 */
export interface Place {
  flush: number;
  part: 0 | 1;
  isAfterRest: boolean;
  /** null = the whole part was told */
  event: { run: number; index: number } | null;
}

const SHAPE = /^(\d{1,15})-([012])(?:-(\d{1,10})-(\d{1,10}))?$/;

/** The start of the ids of a part; `-RUN-INDEX` follows. Alone it says that the whole part was told. */
export const partId = ({ flush, part, isAfterRest }: Omit<Place, "event">): string =>
  `${flush}-${part === 0 && isAfterRest ? 2 : part}`;

/** @returns undefined for what is no id of ours */
export const parsePlace = (id: string): Place | undefined => {
  const [, flush, part, run, index] = SHAPE.exec(id) ?? [];
  if (flush === undefined) return undefined;
  return {
    flush: Number(flush),
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
