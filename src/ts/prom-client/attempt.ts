import { attempt } from '../base/peer'

/** By its file: Vite would take index.mjs. */
export const { entry, error } = attempt(() => require('./index.js') as typeof import('./index'))
