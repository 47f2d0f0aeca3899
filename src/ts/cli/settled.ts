import { setTimeout as sleep } from 'node:timers/promises'
import { type Status, status } from '../index'

/** Twice as long as the abort check may take. */
const PATIENCE = 100

/** `status()`, once the abort check of a suspect kernel has answered, if there is one. */
export async function settled(): Promise<Status> {
  const end = performance.now() + PATIENCE
  while (status().reason === 'UNTRUSTED_KERNEL' && performance.now() < end) await sleep(5)
  return status()
}
