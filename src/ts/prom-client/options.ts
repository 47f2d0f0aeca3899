import type { Registry, RegistryContentType } from 'prom-client'
import { checkObject, stringOf, typeError } from '../base/validate'
import { prom } from './peer'
import { register as globalRegister } from './registry'

/** What metrics of this package's own are made with. */
export interface OwnMetricOptions<L extends object> {
  /** Where they are registered: the global registry by default. */
  readonly register?: Registry<RegistryContentType>
  /** What their names begin with; nothing by default. */
  readonly prefix?: string
  /** Labels that all of them have beside their own. */
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
  checkObject(`${what} options`, options)
  const {
    register = globalRegister as unknown as Registry<RegistryContentType>,
    prefix = '',
    labels = {} as L,
  } = options
  if (!(register instanceof prom.Registry))
    throw typeError(`${what} options.register`, 'a Registry', register)
  stringOf(`${what} options.prefix`, prefix)
  checkObject(`${what} options.labels`, labels)
  return { register, prefix, labels }
}
