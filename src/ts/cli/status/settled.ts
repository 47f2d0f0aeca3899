import { setTimeout as sleep } from 'node:timers/promises'
import { loaded } from '../../backend/addon'
import { type Status, status } from '../../index'

/** Milliseconds. The abort check takes 50 at most; where the machine is too busy for it, it is tried again later. */
const PATIENCE = 2000

/** `status()`, once the abort check of a suspect kernel has answered, if there is one. */
export async function settled(): Promise<Status> {
  const end = performance.now() + PATIENCE
  while (loaded.addon?.status().awaited && performance.now() < end) await sleep(5)
  return status()
}
