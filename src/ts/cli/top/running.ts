import { NONE, plural } from '../kit/format'
import { shown as shownText } from '../kit/text'
import { services } from './find'
import { identityOf, identityText, leaderOf } from './identity'

/** The services of this user that are running, and why each is one: who leads it, and what there is to say. */
export function running(): { readonly leader: string; readonly text: string }[] {
  return services().map(({ shown, pids }) => {
    const many = plural(pids.length, 'process', 'processes')
    const says = identityText(identityOf(shown, pids))
    return {
      leader: `leader ${leaderOf(shown) ?? pids[0] ?? NONE}`,
      text: shownText(`${shown}: ${[many, says].filter(Boolean).join(', ')}`),
    }
  })
}
