import type { Registry, RegistryContentType } from 'prom-client'
import { typeError } from '../base/validate'
import { prom } from './peer'
import { register as globalRegister } from './registry'

/** What metrics of this package's own are made with. */
export interface OwnMetricOptions<L extends object> {
  readonly register?: Registry<RegistryContentType>
  readonly prefix?: string
  readonly labels?: L
}

/**
 * With what is left out.
 *
 * @param what whose options they are
 * @throws {TypeError} for one that is none
 */
export function checkedOptions<L extends object>(
  what: string,
  options: OwnMetricOptions<L>,
): Required<OwnMetricOptions<L>> {
  const {
    register = globalRegister as unknown as Registry<RegistryContentType>,
    prefix = '',
    labels = {} as L,
  } = options
  if (!(register instanceof prom.Registry))
    throw typeError(`${what} options.register`, 'a Registry', register)
  if (typeof prefix !== 'string') throw typeError(`${what} options.prefix`, 'a string', prefix)
  if (typeof labels !== 'object' || labels === null)
    throw typeError(`${what} options.labels`, 'an object', labels)
  return { register, prefix, labels }
}
