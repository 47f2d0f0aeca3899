// Preloaded into a program and its workers: makes them see another system.
const [platform, arch] = process.env.PRETEND.split(' ')
Object.defineProperty(process, 'platform', { value: platform })
Object.defineProperty(process, 'arch', { value: arch })
