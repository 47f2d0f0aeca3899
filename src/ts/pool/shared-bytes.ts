/*
 * Arrays have a type parameter since TypeScript 5.7. Older ones would report an error here in the user's program; told to
 * ignore that, they take `any`.
 */
// biome-ignore lint/suspicious/noTsIgnore: there is an error with older compilers alone
/** @ts-ignore */
type Generic = Uint8Array<SharedArrayBuffer>

/** Bytes in memory that threads share: `Uint8Array<SharedArrayBuffer>`, or an intersection before TypeScript 5.7. */
// Only `any` is a number, too.
export type SharedBytes = [Generic] extends [number]
  ? Uint8Array & { readonly buffer: SharedArrayBuffer }
  : Generic
