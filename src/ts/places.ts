/*
 * Where the package keeps its addon: beside lib/, which this file lies in directly. In a bundle: beside the bundle's
 * folder, and nowhere above. Both throw in an ES module that a bundler made, which has no `__dirname`.
 */
const { join }: typeof import('node:path') = process.getBuiltinModule?.('node:path') ?? require('node:path')

/**
 * What the package ships. Tools that copy a program's files (nft, Next.js, ncc) take the whole folder along where they
 * see this very expression: a `join` that this file has loaded, of `__dirname` and constants.
 */
export const prebuilds = (): string => join(`${__dirname}/../prebuilds`)

/** What a checkout has built. */
export const ownBuild = (): string => `${__dirname}/../build/Release/rseq.node`
