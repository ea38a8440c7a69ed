/** Names of the channels between Electron's main process and the preload script. */
export const bridge = {
  request: 'tandem:request',
  event: 'tandem:event',
  connection: 'tandem:connection',
} as const
