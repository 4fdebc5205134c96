/** CPU time this thread has used since it began, in user and kernel mode, microseconds. */
export const threadCpuUs = (): number => {
  const { user, system } = process.threadCpuUsage();
  return user + system;
};
