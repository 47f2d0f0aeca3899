import { util } from './builtins'

/*
 * What an array really is. A caller's own properties, a swapped prototype, a subclass or another realm can make
 * `length`, `instanceof` and every method lie; the intrinsic getters read internal slots.
 */
const TypedArray = Object.getPrototypeOf(Int8Array) as { prototype: Int8Array }
const nameGetter = getter(TypedArray.prototype, Symbol.toStringTag)
const lengthGetter = getter(TypedArray.prototype, 'length')

const bufferGetter = getter(TypedArray.prototype, 'buffer')
const viewGetters = ['buffer', 'byteOffset', 'byteLength'].map((key) => getter(DataView.prototype, key))

function getter(object: object, key: PropertyKey): () => unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.get as () => unknown
}

/** The constructor's name of a typed array; undefined for anything else. */
export function typedArrayName(value: unknown): string | undefined {
  return Reflect.apply(nameGetter, value, []) as string | undefined
}

/** The number of elements of a typed array. */
export function typedArrayLength(value: unknown): number {
  return Reflect.apply(lengthGetter, value, []) as number
}

/** The number of elements of a typed array of that name, or of the other; −1 for anything else. */
export function lengthAs(value: unknown, one: string, other = one): number {
  const name = typedArrayName(value)
  return name === one || name === other ? typedArrayLength(value) : -1
}

/** Whether the memory of a typed array was transferred away. */
export function isDetached(array: unknown): boolean {
  try {
    new Uint8Array(Reflect.apply(bufferGetter, array, []) as ArrayBuffer)
    return false
  } catch {
    return true
  }
}

/**
 * The bytes of a DataView, not copied; undefined for anything else.
 *
 * @throws {TypeError} where its memory was transferred away, or is shorter than it
 */
export function bytesOfView(value: unknown): Uint8Array | undefined {
  if (!util.types.isDataView(value)) return undefined
  const [buffer, offset, length] = viewGetters.map((get) => Reflect.apply(get, value, []))
  return new Uint8Array(buffer as ArrayBuffer, offset as number, length as number)
}
