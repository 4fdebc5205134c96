export interface Part {
  stop(): Promise<void> | void;
}

/** Stop one part after the other, all of them: one that fails, because it is what died, must not leave the others running. @throws the first failure */
export const stopParts = async (parts: readonly Part[]): Promise<void> => {
  const failures: unknown[] = [];
  for (const part of parts) {
    try {
      await part.stop();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
};
