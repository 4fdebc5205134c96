import fc from "fast-check";
import { expect, test } from "vitest";
import { EventStreamParser } from "../../../cli/tail/event-stream.ts";

const STREAM =
  'retry: 2000\n\nid: 7-0-1-0\nevent: reading\ndata: {"a":1}\n\n: nothing new\nid: 8-1\n\nevent: gap\r\ndata: x\r\ndata:y\r\n\r\nid: 9-0-1-0\ndata: cut';
const EVENTS = [
  { event: "reading", data: '{"a":1}' },
  { event: "gap", data: "x\ny" },
];

test("events are the same in whatever pieces the stream comes", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 20 }), (cuts) => {
      const parser = new EventStreamParser();
      const places = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
      const pieces = places.map((from, index) => STREAM.slice(from, places[index + 1] ?? from));
      expect(pieces.flatMap((piece) => parser.feed(piece))).toEqual(EVENTS);
      // of the event that was cut off only the beginning came. A comment with an id moves the place
      // to go on from, as the feed's sign of life does
      expect(parser.lastEventId).toBe("8-1");
    }),
  );
});
