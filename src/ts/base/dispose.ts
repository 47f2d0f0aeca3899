declare global {
  /** As the library `esnext.disposable` has it, for programs that are compiled without that. */
  interface SymbolConstructor {
    readonly dispose: unique symbol
  }
}

/** Older Nodes have no such symbol; whatever compiles `using` for them takes this one. */
export const DISPOSE: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose')
