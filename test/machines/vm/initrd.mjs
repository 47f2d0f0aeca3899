// What the kernel unpacks into its first file system: a cpio archive in the format "newc".

const FOLDER = 0o040755
const PROGRAM = 0o100755

const padded = (data) => Buffer.concat([data, Buffer.alloc(-data.length & 3)])

function entry(name, mode, data, inode) {
  const path = Buffer.from(`${name}\0`)
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, path.length, 0]
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), path])), padded(data)])
}

/**
 * @param {Record<string, string | Buffer | null>} files their contents by path, a folder (null) before what is
 *   in it; all can be run
 */
export function initrd(files) {
  const entries = Object.entries(files).map(([name, data], index) =>
    data === null
      ? entry(name, FOLDER, Buffer.alloc(0), index + 1)
      : entry(name, PROGRAM, Buffer.from(data), index + 1),
  )
  return Buffer.concat([...entries, entry('TRAILER!!!', 0, Buffer.alloc(0), 0)])
}
