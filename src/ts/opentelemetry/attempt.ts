/*
 * For the ES module entry alone. Node 20 ends a process where a CommonJS module throws while it is imported, even if
 * the program catches that. So this one does not throw, and leaves it to the entry. By its file: Vite would take
 * index.mjs.
 */
type Entry = typeof import('./index')

function attempt(): { readonly entry: Entry | null; readonly error: unknown } {
  try {
    return { entry: require('./index.js') as Entry, error: null }
  } catch (error) {
    return { entry: null, error }
  }
}

export const { entry, error } = attempt()
