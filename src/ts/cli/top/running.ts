import { NONE, plural } from '../kit/format'
import { shown as shownText } from '../kit/text'
import { services } from './find'
import { identityOf, identityText, leaderOf } from './identity'

/** The services of this user that are running: who leads each, and what it is and why. */
export function running(): [leader: string, text: string][] {
  return services().map(({ shown, pids }) => {
    const many = plural(pids.length, 'process', 'processes')
    const says = identityText(identityOf(shown, pids))
    const text = shownText(`${shown}: ${[many, says].filter(Boolean).join(', ')}`)
    return [`leader ${leaderOf(shown) ?? pids[0] ?? NONE}`, text]
  })
}
