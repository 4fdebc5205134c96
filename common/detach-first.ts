/**
 * Until the first ArrayBuffer of a thread is detached (handed over to another thread, or its memory given back) V8 compiles accesses to typed
 * arrays without looking whether theirs is; then everything compiled until then is thrown out, and compiling it again takes about a second. A
 * thread with much to compile in which one will be detached calls this before.
 */
export const detachFirst = (): void => {
  new ArrayBuffer(1).transfer();
};
