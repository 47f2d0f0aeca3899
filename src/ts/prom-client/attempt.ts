import { attempt } from '../base/peer'

export const { error } = attempt(() => require('./peer'))
