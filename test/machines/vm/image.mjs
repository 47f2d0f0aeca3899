// x64 kernels unpack themselves when they start, which takes an emulated machine a second or two. QEMU can
// start what is inside as well. (arm64 kernels are not compressed, or QEMU does it.)
import { gunzipSync } from 'node:zlib'
import { tool } from './tools.mjs'

// The kernel's Documentation/arch/x86/boot.rst.
const SETUP_SECTORS = 0x1f1
const MAGIC = 0x202
const PAYLOAD = 0x248
const LENGTH = 0x24c

const through = (path) => (input) => tool(path, ['-dc'], { input, encoding: 'buffer' })
const FORMATS = {
  '28b52ffd': through('usr/bin/zstd'),
  '02214c18': through('usr/bin/lz4'),
  fd377a58: through('usr/bin/xz'),
  '1f8b0800': gunzipSync,
}

/**
 * What is inside an x64 kernel image; any other one as it is.
 * @param {Buffer} image
 */
export function uncompressed(image) {
  if (image.toString('latin1', MAGIC, MAGIC + 4) !== 'HdrS') return image
  const start = (image[SETUP_SECTORS] + 1) * 512 + image.readUInt32LE(PAYLOAD)
  // Its last four bytes are the size of what it becomes.
  const payload = image.subarray(start, start + image.readUInt32LE(LENGTH) - 4)
  const unpack = FORMATS[payload.toString('hex', 0, 4)]
  return unpack ? unpack(payload) : image
}
