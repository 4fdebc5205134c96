/**
 * Version 9: the runs of one epoch of a device are found by themselves. A device may have tens of thousands of epochs, and the thread that receives reads
 * one of them back while its datagram waits (`Archive.loadEpoch`).
 */
export const RUNS_OF_EPOCH = `
DROP INDEX epochs_by_device;
CREATE INDEX epochs_by_device ON epochs (device_no, epoch);
`;
