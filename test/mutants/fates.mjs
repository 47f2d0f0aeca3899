// What became of the mutants of a file, kept beside what is built: a run of two hours may be broken off, or wait for reasons.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const folder = join(import.meta.dirname, '..', 'native', 'structures', 'build', 'mutants')

export class Fates {
  #path
  #fates = {}

  /** @param anew whether what is known already is to be forgotten */
  constructor(file, text, anew) {
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
    this.#path = join(folder, `${file.replaceAll('/', '-')}-${hash}.json`)
    mkdirSync(folder, { recursive: true })
    if (!anew && existsSync(this.#path)) this.#fates = JSON.parse(readFileSync(this.#path, 'utf8'))
  }

  /** @returns undefined where it was not tried yet */
  of(change) {
    return this.#fates[change]
  }

  set(change, fate) {
    this.#fates[change] = fate
    writeFileSync(this.#path, JSON.stringify(this.#fates, null, 2))
  }
}
