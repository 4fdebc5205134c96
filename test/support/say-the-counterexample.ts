import fc from "fast-check";

// a report of tests keeps what an error says and not its cause: without this a failed property tells the counterexample and not what failed
fc.configureGlobal({ includeErrorInReport: true });
