/*
 * For the ES module entry alone. Node 20 ends a process where a CommonJS module throws while it is imported, even if
 * the program catches that. So this one does not throw, and leaves it to installed.mts.
 */
function attempt(): unknown {
  try {
    require('./peer')
    return null
  } catch (error) {
    return error
  }
}

export const error = attempt()
