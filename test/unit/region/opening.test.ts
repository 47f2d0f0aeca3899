import { deepEqual, deepStrictEqual, notDeepStrictEqual } from 'node:assert'
import { inspect } from 'node:util'
import { MessageChannel, Worker } from 'node:worker_threads'
import { PerCpuCounter, PerCpuHistogram, PerCpuSum, Region } from 'rseq'
import { describe, expect, test } from 'vitest'
import { world } from '../../support/world'

class Counter extends PerCpuCounter {
  readonly #twice = 2
  incTwice(): void {
    this.add(this.#twice)
  }
}
class Sum extends PerCpuSum {
  readonly extra = 'sum'
}
class Histogram extends PerCpuHistogram {
  readonly extra = 'histogram'
}

/** All as if they were counters: to the compiler, what the three take differs. */
const kinds = [
  { Class: PerCpuCounter, Mine: Counter },
  { Class: PerCpuSum, Mine: Sum },
  { Class: PerCpuHistogram, Mine: Histogram },
] as unknown as { Class: typeof PerCpuCounter; Mine: typeof PerCpuCounter }[]

describe(`factories, world ${world}`, () => {
  test.each(kinds)('named() and from() of a subclass of $Class.name make its objects', ({ Class, Mine }) => {
    const name = `opening.test ${Mine.name}`
    const one = Mine.named(name, { help: 'what' })
    const two = Mine.from(one.handle)
    for (const made of [one, two]) {
      expect(made).toBeInstanceOf(Mine)
      expect(made).toMatchObject({ name, help: 'what' })
    }
    const base = Class.named(name)
    expect(base).not.toBeInstanceOf(Mine)
    expect(base.handle).toEqual(one.handle)
    for (const made of [one, two, base]) made.close()
  })

  test('a subclass has its fields, and counts', () => {
    const counter = Counter.named('opening.test fields')
    counter.incTwice()
    expect(PerCpuCounter.named('opening.test fields').value).toBe(2)
  })

  test('its constructor gets the options, and may make others of its class', () => {
    const seen: unknown[] = []
    class Nested extends PerCpuCounter {
      constructor(options?: object) {
        seen.push(options)
        if (seen.length === 1) Nested.named('opening.test inner').add(5)
        super(options)
      }
    }
    const options = { unit: 'requests' }
    const outer = Nested.named('opening.test outer', options)
    expect(seen).toEqual([options, undefined])
    expect([outer.name, outer.unit, outer.value]).toEqual(['opening.test outer', 'requests', 0])
    expect(PerCpuCounter.named('opening.test inner').value).toBe(5)
  })

  test('a factory that was taken off its class makes objects of that class', () => {
    const { named } = PerCpuCounter
    expect(named('opening.test off')).toBeInstanceOf(PerCpuCounter)
  })

  test.each([
    ['an object', {}],
    ['an Array', Array],
    ['a number', 5],
    ['another kind', PerCpuSum],
    ['what makes something else', new Proxy(PerCpuCounter, { construct: () => ({}) })],
  ])('called on %s, it throws and leaves nothing', (_, Class) => {
    const make = (): unknown => Reflect.apply(PerCpuCounter.named, Class, ['opening.test nowhere'])
    expect(make).toThrow(TypeError)
    expect(make).toThrow('expected PerCpuCounter or a class that extends it')
    expect(Region.process.list().filter(({ name }) => name === 'opening.test nowhere')).toEqual([])
  })
})

describe(`identity, world ${world}`, () => {
  test.each(kinds)('$Class.name: equal are objects of one entry, and no others', ({ Class }) => {
    const one = new Class()
    const two = new Class()
    const again = Class.from(one.handle)
    deepStrictEqual(one, one)
    deepStrictEqual(again, one)
    notDeepStrictEqual(two, one)
    expect(() => deepEqual(two, one)).toThrow()
    expect(two).not.toEqual(one)
    expect(again).toEqual(one)
    // The next owner of a cell is another one.
    one.close()
    again.close()
    notDeepStrictEqual(new Class(), one)
  })

  test.each(kinds)('$Class.name: cloning throws, and says what to send', ({ Class }) => {
    const one = new Class()
    const { port1, port2 } = new MessageChannel()
    const clones = [
      () => structuredClone(one),
      () => port1.postMessage({ deep: [one] }),
      () => new Worker('', { eval: true, workerData: one }),
    ]
    for (const clone of clones) {
      expect(clone).toThrow(expect.objectContaining({ name: 'DataCloneError' }))
      expect(clone).toThrow(`${Class.name}: send its .handle`)
    }
    port1.postMessage({ ...one.handle })
    port1.close()
    port2.close()
  })

  test('JSON and util.inspect do not show it', () => {
    expect(JSON.stringify(new PerCpuCounter())).toBe('{"name":null,"value":0}')
    expect(inspect(new PerCpuSum())).toBe('PerCpuSum { name: null, value: 0 }')
  })

  test.each(kinds)('$Class.name: members of another receiver say what they expected', ({ Class }) => {
    const members = Object.entries(Object.getOwnPropertyDescriptors(Class.prototype))
    const called = members.filter(
      ([name]) => !['constructor', 'shown', 'read', 'reset', 'snapshot'].includes(name),
    )
    expect(called.length).toBeGreaterThan(5)
    for (const [name, { get, value }] of called) {
      if ((Class as unknown) === PerCpuSum && name === 'inc') continue // it adds by the object's own add()
      for (const receiver of [{}, undefined, null, 5, Object.create(Class.prototype)]) {
        const call = (): unknown => Reflect.apply(get ?? value, receiver, [1])
        expect(call).toThrow(TypeError)
        if (name !== 'timer' && name !== 'merge') expect(call).toThrow(`expected a ${Class.name}, received`)
      }
    }
    const close = (): void => Reflect.apply(Class.prototype.close, {}, [])
    expect(close).toThrow(`this of ${Class.name}.close: expected a ${Class.name}, received an object`)
  })
})
