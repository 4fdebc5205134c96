/**
 * Give the memory of a blob back at once: garbage of whole segments piles up to 64 MiB in each thread before V8 collects it. The bytes must not
 * be used any more; a view of a part of a buffer keeps it.
 */
export const releaseBytes = (bytes: Uint8Array): void => {
  const { buffer } = bytes;
  if (buffer instanceof ArrayBuffer && bytes.length === buffer.byteLength) buffer.transfer(0);
};
